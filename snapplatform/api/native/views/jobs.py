"""Jobs: submitting, looking, changing, deleting. Starting and stopping is in job_actions.py."""

from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import selectors, services
from jobs.models import Job
from snapplatform.access.principal import Principal
from snapplatform.api.native.base import NativeView, many
from snapplatform.api.native.pagination import Order
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.common import page_of
from snapplatform.api.native.serializers.jobs import JobChange, JobIn, JobOut, JobQuery
from snapplatform.storage.models import Bucket
from snapplatform.storage.selectors import find_bucket, get_bucket
from snapplatform.streams.addresses import without_secrets
from snapplatform.streams.models import Stream
from snapplatform.streams.selectors import find_stream, get_stream, stream_named
from snapplatform.streams.services import stream_of_url
from templates.selectors import get_template

JOBS = Order("jobs")


class JobsView(NativeView):
    queries = {"get": JobQuery}

    @operation("listJobs", "List jobs, newest first", answer=page_of(JobOut))
    def get(self, request: Request) -> Response:
        rows, query = selectors.list_jobs(principal=self.principal), self.query
        if "status" in query:
            rows = rows.filter(status=query["status"])
        if "stream_id" in query:
            rows = rows.filter(stream=query["stream_id"])
        if "stream_name" in query:
            rows = rows.filter(stream=stream_named(principal=self.principal, name=query["stream_name"]))
        if "template_id" in query:
            rows = rows.filter(template=query["template_id"])
        if "since" in query:
            rows = rows.filter(created_at__gte=query["since"])
        if "until" in query:
            rows = rows.filter(created_at__lt=query["until"])
        if "search" in query:
            rows = rows.filter(name__icontains=query["search"])
        return self.page(rows.prefetch_related("skips"), JOBS, write)

    @operation(
        "submitJob",
        "Submit a job; it starts if its stream is live now, with autostart it waits for the stream",
        description="It starts by itself when its stream is live at that moment; with `autostart` it starts "
        "in any case and waits for the stream. Else it stays `init` until it is started.",
        request=JobIn,
        answer=JobOut,
        status=201,
        problems=("template-not-found", "stream-not-found", "bucket-not-found"),
    )
    def post(self, request: Request) -> Response:
        given = self.body(JobIn)
        template = get_template(principal=self.principal, template_id=given.pop("template_id"))
        bucket = _bucket(self.principal, given)
        with transaction.atomic():  # a refused job must not leave the stream that its URL registered
            stream = _stream(self.principal, given)
            job = services.submit_job(
                principal=self.principal, template=template, stream=stream, bucket=bucket, **given
            )
        return Response(write([job])[0], status=201)


class JobView(NativeView):
    @operation("getJob", "Get a job", answer=JobOut, problems=("job-not-found",))
    def get(self, request: Request, job_id: str) -> Response:
        return Response(write([selectors.get_job(principal=self.principal, job_id=job_id)])[0])

    @operation(
        "updateJob",
        "Change a job's name or options",
        request=JobChange,
        answer=JobOut,
        problems=("job-not-found",),
    )
    def patch(self, request: Request, job_id: str) -> Response:
        changes = self.body(JobChange, partial=True)
        return Response(write([services.update_job(principal=self.principal, job_id=job_id, **changes)])[0])

    @operation(
        "deleteJob",
        "Delete a job that is not started, with all its pictures",
        answer=None,
        status=204,
        problems=("job-not-found", "in-use"),
    )
    def delete(self, request: Request, job_id: str) -> Response:
        services.delete_job(principal=self.principal, job_id=job_id)
        return Response(status=204)


def write(jobs: list[Job]) -> list[Any]:
    """JSON of jobs with their newest pictures, which are read for all at once."""
    return many(JobOut, jobs, newest=selectors.newest_snapshots(jobs))


def _bucket(principal: Principal, given: dict[str, Any]) -> Bucket:
    endpoint = given.pop("bucket_endpoint")
    if "bucket_id" in given:
        return get_bucket(principal=principal, bucket_id=given.pop("bucket_id"))
    return find_bucket(principal=principal, endpoint=endpoint, name=given.pop("bucket"))


def _stream(principal: Principal, given: dict[str, Any]) -> Stream:
    """The stream that the body names. `source_url` stays in it: the job remembers what the caller wrote."""
    if "stream_id" in given:
        return get_stream(principal=principal, stream_id=given.pop("stream_id"))
    if "stream_name" in given:
        return find_stream(principal=principal, name=given.pop("stream_name"))
    stream = stream_of_url(principal=principal, parameter="source_url", url=given["source_url"])
    given["source_url"] = stream.source_url or without_secrets(given["source_url"])
    return stream
