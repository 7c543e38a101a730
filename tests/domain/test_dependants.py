"""What can't be deleted names who needs it, and what to do."""

import pytest

from snapplatform.errors import InUse
from snapplatform.storage.services import delete_bucket
from snapplatform.streams.services import delete_stream
from templates.services import delete_template
from tests import factories


def jobs_on(principal, names):
    first = factories.make_job(principal, name=names[0])
    for name in names[1:]:
        parts = {"stream": first.stream, "template": first.template, "bucket": first.bucket}
        factories.make_job(principal, name=name, **parts)
    return first


def refusals(principal, job):
    for delete, name, row in (
        (delete_template, "template_id", job.template),
        (delete_bucket, "bucket_id", job.bucket),
        (delete_stream, "stream_id", job.stream),
    ):
        with pytest.raises(InUse) as refusal:
            delete(principal=principal, **{name: row.pk})
        assert type(row).objects.filter(pk=row.pk).exists()
        yield refusal.value


def test_jobs_are_named(principal):
    job = jobs_on(principal, ["gate", "door"])
    for refusal in refusals(principal, job):
        assert (refusal.by, refusal.names, refusal.more) == ("jobs", ("door", "gate"), 0)
        assert str(refusal).endswith("is in use by jobs: door, gate. Delete them first.")


def test_of_many_jobs_three_are_named(principal):
    job = jobs_on(principal, [f"job {letter}" for letter in "edcba"])
    for refusal in refusals(principal, job):
        assert (refusal.names, refusal.more) == (("job a", "job b", "job c"), 2)
        assert "job c and 2 more." in str(refusal)


def test_pictures_in_a_bucket_are_told_before_its_jobs(principal):
    job = factories.make_job(principal)
    factories.make_snapshot(job)
    with pytest.raises(InUse, match=r"in use by stored objects\. Delete them first"):
        delete_bucket(principal=principal, bucket_id=job.bucket_id)


def test_a_live_stream_says_to_stop_publishing(principal):
    stream = factories.make_stream(principal, live=True)
    with pytest.raises(InUse, match=r"in use by its publisher\. Stop publishing it first"):
        delete_stream(principal=principal, stream_id=stream.pk)


def test_what_nobody_needs_is_deleted(principal):
    delete_stream(principal=principal, stream_id=factories.make_stream(principal).pk)
    delete_bucket(principal=principal, bucket_id=factories.make_bucket(principal).pk)
    delete_template(principal=principal, template_id=factories.make_template(principal).pk)
