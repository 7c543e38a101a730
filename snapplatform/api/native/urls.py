"""Addresses of the native API. Ids are taken as text: one that can't be an id is simply absent."""

from django.urls import path

from snapplatform.api.native.views import access, buckets, job_actions, jobs, snapshots, streams, templates

urlpatterns = [
    path("tokens", access.TokensView.as_view()),
    path("whoami", access.WhoamiView.as_view()),
    path("streams", streams.StreamsView.as_view()),
    path("streams/<str:stream_id>", streams.StreamView.as_view()),
    path("stream-keys", streams.StreamKeysView.as_view()),
    path("stream-keys/<str:stream_key_id>", streams.StreamKeyView.as_view()),
    path("templates", templates.TemplatesView.as_view()),
    path("templates/<str:template_id>", templates.TemplateView.as_view()),
    path("buckets", buckets.BucketsView.as_view()),
    path("buckets/<str:bucket_id>", buckets.BucketView.as_view()),
    path("jobs", jobs.JobsView.as_view()),
    path("jobs/<str:job_id>", jobs.JobView.as_view()),
    path("jobs/<str:job_id>/start", job_actions.JobStartView.as_view()),
    path("jobs/<str:job_id>/stop", job_actions.JobStopView.as_view()),
    path("jobs/<str:job_id>/restart", job_actions.JobRestartView.as_view()),
    path("jobs/<str:job_id>/snapshots", snapshots.JobSnapshotsView.as_view()),
    path("jobs/<str:job_id>/snapshots/latest", snapshots.LatestSnapshotView.as_view()),
    path("snapshots", snapshots.SnapshotsView.as_view()),
    path("snapshots/delete", snapshots.SnapshotsDeleteView.as_view()),
    path("snapshots/<str:snapshot_id>", snapshots.SnapshotView.as_view()),
    path("snapshots/<str:snapshot_id>/image", snapshots.SnapshotImageView.as_view()),
]
