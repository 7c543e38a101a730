"""JSON of jobs."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from jobs import reasons, rules
from jobs.explanations import LATE
from jobs.models import QUALITY_FLAGS, Job, SkipCount, Snapshot
from snapplatform import clock
from snapplatform.api.native.base import PageQuery
from snapplatform.api.native.fields import Choice, Flag, Identifier, Many, Moment, Text
from snapplatform.api.native.serializers.buckets import retention
from snapplatform.api.native.serializers.common import default, longest
from snapplatform.api.native.serializers.snapshots import picture_url
from snapplatform.api.native.strict import Strict
from snapplatform.checks import Problems
from snapplatform.errors import InvalidValue
from snapplatform.storage.models import Bucket
from snapplatform.streams.addresses import MAX_URL
from snapplatform.streams.models import Stream
from snapplatform.streams.names import MAX_NAME
from snapplatform.streams.sources import names_own_stream

_EXAMPLE = {
    "name": "north gate",
    "template_id": "0195d7a0-0000-7000-8000-000000000001",
    "stream_name": "gate/north",
    "bucket": "snapshots",
}


class JobQuery(PageQuery):
    status = Choice(choices=Job.Status.values, required=False)
    stream_id = Identifier(required=False)
    stream_name = Text(required=False, max_length=MAX_NAME, help_text="exactly this name")
    template_id = Identifier(required=False)
    since = Moment(required=False, help_text="made at this time or later")
    until = Moment(required=False, help_text="made before this time")
    search = Text(required=False, max_length=longest(Job, "name"), help_text="in the name, case ignored")


class _Options(Strict):
    aligned = Flag(
        required=False, help_text="take pictures at round times instead of spreading jobs over the interval"
    )
    autostart = Flag(
        required=False,
        help_text="start when submitted though the stream is offline, and wait for it; of no use later",
    )
    skip_flags = Many(
        child=Choice(choices=QUALITY_FLAGS),
        required=False,
        max_length=len(QUALITY_FLAGS),
        help_text="pictures with these flags are counted as skipped, not stored",
    )
    retention_days = retention("null: as the bucket says")

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine(values).found


@extend_schema_serializer(
    component_name="JobSubmit",
    examples=[OpenApiExample("A stream by its name", _EXAMPLE, request_only=True)],
)
class JobIn(_Options):
    """Exactly one of stream_id, stream_name and source_url; bucket_id, or bucket with bucket_endpoint."""

    name = Text(max_length=longest(Job, "name"))
    template_id = Identifier()
    stream_id = Identifier(required=False)
    stream_name = Text(required=False, max_length=MAX_NAME)
    source_url = Text(
        required=False,
        max_length=MAX_URL,
        help_text="an address of our ingest (rtmp://HOST/live/NAME), or a source to pull from; its stream is "
        "made if there is none",
    )
    bucket_id = Identifier(required=False)
    bucket = Text(required=False, max_length=longest(Bucket, "name"), help_text="the bucket's name")
    bucket_endpoint = Text(
        required=False, max_length=longest(Bucket, "endpoint"), default=default(Bucket, "endpoint")
    )

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        problems = Problems()
        if "source_url" in values:
            with problems.of():
                names_own_stream("source_url", values["source_url"])
        choices = (("stream_id", "stream_name", "source_url"), ("bucket_id", "bucket"))
        several = [refusal for names in choices for refusal in _one_of(names, given)]
        return [*several, *problems.found, *super().refusals(values, given)]


@extend_schema_serializer(component_name="JobChange")
class JobChange(_Options):
    name = Text(max_length=longest(Job, "name"), required=False)


@extend_schema_serializer(component_name="JobStart")
class JobStart(Strict):
    wait_for_stream = Flag(
        required=False, default=False, help_text="start though the stream is offline, and wait for it"
    )


@extend_schema_serializer(component_name="JobCounts")
class CountsOut(serializers.Serializer[Job]):
    """Ticks of the grid, and what became of them."""

    expected = serializers.IntegerField(help_text="ticks of the grid, with the first picture")
    captured = serializers.IntegerField(help_text="pictures stored")
    late = serializers.IntegerField(help_text="of the captured; " + LATE[0].lower() + LATE[1:])
    skipped = serializers.IntegerField(help_text="ticks without a picture; `skips` says why")


@extend_schema_serializer(component_name="JobSkip")
class SkipOut(serializers.Serializer[SkipCount]):
    reason = serializers.CharField(help_text="for programs; docs/jobs.md lists them all")
    explanation = serializers.SerializerMethodField(help_text="what it means, and what mends it")
    count = serializers.IntegerField()
    last_at = Moment()

    def get_explanation(self, skip: SkipCount) -> str:
        return reasons.explain(skip.reason, skip.job)


@extend_schema_serializer(component_name="NewestPicture")
class NewestOut(serializers.Serializer[Snapshot]):
    """The newest picture of a job, and how old its frame is now."""

    snapshot_id = serializers.UUIDField(source="pk")
    url = serializers.SerializerMethodField()
    frame_at = Moment()
    age_ms = serializers.SerializerMethodField()

    def get_url(self, snapshot: Snapshot) -> str:
        return picture_url(snapshot.object)

    def get_age_ms(self, snapshot: Snapshot) -> int:
        return max(0, round((clock.now() - snapshot.frame_at).total_seconds() * 1000))


@extend_schema_serializer(component_name="Job")
class JobOut(serializers.Serializer[Job]):
    """A template applied to a stream. `waiting` says why a started job takes no pictures now."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Job.Status.values)
    waiting = serializers.CharField()
    template_id = serializers.UUIDField()
    template_name = serializers.CharField(source="template.name")
    stream_id = serializers.UUIDField()
    stream_name = serializers.CharField(source="stream.name")
    stream_state = serializers.ChoiceField(choices=Stream.State.values, source="stream.state")
    bucket_id = serializers.UUIDField()
    bucket = serializers.CharField(source="bucket.name")
    bucket_endpoint = serializers.CharField(source="bucket.endpoint")
    source_url = serializers.CharField()
    aligned = serializers.BooleanField()
    autostart = serializers.BooleanField()
    skip_flags = serializers.ListField(child=serializers.ChoiceField(choices=QUALITY_FLAGS))
    retention_days = serializers.IntegerField(allow_null=True)
    counts = CountsOut(source="*")
    skips = SkipOut(many=True, source="skips.all")
    newest = serializers.SerializerMethodField()
    started_at = Moment(allow_null=True)
    created_at = Moment()
    modified_at = Moment()

    @extend_schema_field(NewestOut(allow_null=True))
    def get_newest(self, job: Job) -> dict[str, Any] | None:
        newest = self.context["newest"].get(job.pk)
        return None if newest is None else dict(NewestOut(newest).data)


def _one_of(names: tuple[str, ...], given: Collection[str]) -> list[InvalidValue]:
    """What is wrong unless exactly one of the names is given."""
    found = [name for name in names if name in given]
    if len(found) == 1:
        return []
    return [InvalidValue(name, f"give exactly one of {', '.join(names)}") for name in found or names[:1]]
