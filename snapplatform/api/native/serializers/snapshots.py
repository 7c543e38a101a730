"""JSON of snapshots: where the picture is, when it was taken, and what is known about it."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from jobs.models import QUALITY_FLAGS, Snapshot
from jobs.rules import MAX_DELETE
from snapplatform.api.native.base import PageQuery
from snapplatform.api.native.fields import Choice, Flag, Identifier, Many, Moment, Text
from snapplatform.api.native.strict import Strict
from snapplatform.storage import links
from snapplatform.storage.models import StoredObject
from snapplatform.streams.names import MAX_NAME


def picture_url(stored: StoredObject) -> str:
    """A signed, expiring address of the bytes, complete with host."""
    return f"{settings.SNAP.public_url}{links.sign(stored)}"


class JobSnapshotQuery(PageQuery):
    since = Moment(required=False, help_text="taken at this time or later")
    until = Moment(required=False, help_text="taken before this time")
    is_overlay = Flag(required=False, help_text="false: without overwrite objects; true: them alone")
    flagged = Flag(required=False, help_text="true: with any quality flag; false: with none")
    black = Flag(required=False)
    dark = Flag(required=False)
    frozen = Flag(required=False)
    duplicate = Flag(required=False)
    order = Choice(choices=["newest", "oldest"], required=False, default="newest")


class SnapshotQuery(JobSnapshotQuery):
    job_id = Identifier(required=False)
    stream_id = Identifier(required=False)
    stream_name = Text(required=False, max_length=MAX_NAME, help_text="exactly this name")


@extend_schema_serializer(component_name="SnapshotsDelete")
class SnapshotsDelete(Strict):
    ids = Many(child=Identifier(), allow_empty=False, max_length=MAX_DELETE)


@extend_schema_serializer(component_name="SnapshotsDeleted")
class SnapshotsDeleted(serializers.Serializer[dict[str, int]]):
    deleted = serializers.IntegerField(help_text="files deleted")


@extend_schema_serializer(component_name="Snapshot")
class SnapshotOut(serializers.Serializer[Snapshot]):
    """One picture. `timestamp` is in ms since 1970 and rises within a job."""

    id = serializers.UUIDField()
    job_id = serializers.UUIDField()
    stream_id = serializers.UUIDField()
    stream_name = serializers.CharField(source="stream.name")
    url = serializers.SerializerMethodField(help_text="signed, expiring; whoever has it may read")
    key = serializers.CharField(source="object.key", help_text="the object's name in its bucket")
    bucket_id = serializers.UUIDField(source="object.bucket_id")
    content_type = serializers.CharField(source="object.content_type")
    size = serializers.IntegerField(source="object.size", help_text="bytes")
    sha256 = serializers.CharField(source="object.sha256")
    expires_at = Moment(source="object.expires_at", allow_null=True)
    is_overlay = serializers.BooleanField(help_text="the job's overwritten newest picture")
    sequence = serializers.IntegerField()
    timestamp = serializers.IntegerField()
    frame_at = Moment(help_text="when the frame reached the server")
    media_time_ms = serializers.IntegerField(help_text="the frame's time stamp in the stream")
    source_at = Moment(allow_null=True, help_text="the source's own clock, where it tells")
    stored_at = Moment(help_text="when the bytes were safe")
    clock_offset_ms = serializers.IntegerField(help_text="the node's clock minus the database's")
    lag_ms = serializers.IntegerField(help_text="from the tick of the grid to stored")
    age_ms = serializers.IntegerField(help_text="age of the frame at its tick")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    luma = serializers.IntegerField(help_text="mean brightness, 0 to 255")
    flags = serializers.ListField(child=serializers.ChoiceField(choices=QUALITY_FLAGS))

    def get_url(self, snapshot: Snapshot) -> str:
        return picture_url(snapshot.object)


def flag_filters(query: dict[str, Any]) -> dict[str, bool]:
    """The quality flags that a query asks for, as filters."""
    return {name: query[name] for name in QUALITY_FLAGS if name in query}
