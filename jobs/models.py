"""Jobs, their snapshots, and why captures were skipped."""

from django.db import models
from django.db.models import Q

from snapplatform import clock, ids
from snapplatform.access.models import Account
from snapplatform.storage.models import Bucket, StoredObject
from snapplatform.streams.models import Stream
from templates.models import Template


class Job(models.Model):
    """A template applied to a stream.

        init --start--> started --stop--> paused --start--> started
        init --stop--> paused          any --restart--> started, on a new grid

    Submitted while its stream is live, a job starts by itself. Waiting for the stream is a sub-state of
    started: `waiting` says what for. `run` counts starts; captures of an earlier run are refused.
    """

    class Status(models.TextChoices):
        INIT = "init"
        STARTED = "started"
        PAUSED = "paused"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="jobs")
    name = models.CharField(max_length=128)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="jobs")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="jobs")
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="jobs")
    source_url = models.CharField(
        max_length=2048, blank=True, help_text="as the caller wrote it, keys removed"
    )
    aligned = models.BooleanField(
        default=False, help_text="take pictures at round times instead of spreading jobs over the interval"
    )
    autostart = models.BooleanField(default=False, help_text="start by itself when the stream comes")
    skip_flags = models.JSONField(
        default=list,
        blank=True,
        help_text="pictures with these flags are not stored: black, dark, frozen, duplicate",
    )
    retention_days = models.PositiveIntegerField(null=True, blank=True, help_text="empty: as the bucket says")
    created_at = models.DateTimeField(default=clock.now, editable=False, db_index=True)
    modified_at = models.DateTimeField(default=clock.now, editable=False)

    status = models.CharField(max_length=16, choices=Status, default=Status.INIT, editable=False)
    waiting = models.CharField(
        max_length=64, blank=True, editable=False, help_text="why a started job takes no pictures now"
    )
    run = models.PositiveIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    sequence = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="last {Sequence}; never resets"
    )
    last_timestamp = models.BigIntegerField(default=0, editable=False, help_text="last CreateTimestamp, ms")
    last_epoch = models.BigIntegerField(
        default=0, editable=False, help_text="the stream's epoch of the last picture"
    )
    last_order = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="its place in that epoch, µs on a clock of the process that held it",
    )
    expected = models.PositiveBigIntegerField(default=0, editable=False)
    captured = models.PositiveBigIntegerField(default=0, editable=False)
    late = models.PositiveBigIntegerField(default=0, editable=False)
    skipped = models.PositiveBigIntegerField(default=0, editable=False)
    last_captured_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at"], name="job_account_created"),
            models.Index(fields=["stream", "status"], name="job_stream_status"),
        ]

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """One picture taken by a job. A job's overwrite object is one row (`is_overlay`), updated in place."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="snapshots")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="snapshots")
    object = models.ForeignKey(StoredObject, on_delete=models.CASCADE, related_name="snapshots")
    is_overlay = models.BooleanField(default=False)
    sequence = models.PositiveBigIntegerField()
    timestamp = models.BigIntegerField(
        help_text="ms since 1970, max(frame time, last of the job + 1): names the picture within its job"
    )
    frame_at = models.DateTimeField(help_text="when the frame reached us")
    media_time_ms = models.BigIntegerField(help_text="the frame's time stamp in the stream")
    source_at = models.DateTimeField(
        null=True, blank=True, help_text="the source's own clock, where it tells"
    )
    clock_offset_ms = models.IntegerField(default=0, help_text="the node's clock minus the database's")
    stored_at = models.DateTimeField(help_text="when the bytes were safe")
    lag_ms = models.IntegerField(help_text="from the tick of the grid to stored")
    age_ms = models.IntegerField(help_text="age of the frame at its tick")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    luma = models.PositiveSmallIntegerField(default=0, help_text="mean brightness, 0 to 255")
    black = models.BooleanField(default=False)
    dark = models.BooleanField(default=False)
    frozen = models.BooleanField(default=False)
    duplicate = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "timestamp"], name="snapshot_timestamp_unique_in_job"),
            models.UniqueConstraint(
                fields=["job"], condition=Q(is_overlay=True), name="snapshot_one_overlay_a_job"
            ),
            models.UniqueConstraint(
                fields=["object"], condition=Q(is_overlay=True), name="snapshot_one_job_an_overlay"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-timestamp"], name="snapshot_account_time"),
            models.Index(fields=["stream", "-timestamp"], name="snapshot_stream_time"),
        ]

    def __str__(self) -> str:
        return f"{self.frame_at:%Y-%m-%d %H:%M:%S} UTC, picture {self.sequence}"

    @property
    def flags(self) -> list[str]:
        """The quality flags that are set, in a fixed order."""
        return [name for name in QUALITY_FLAGS if getattr(self, name)]


class SkipCount(models.Model):
    """How many captures of a job were skipped for one reason, and when last."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="skips")
    reason = models.CharField(max_length=64)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "reason"], name="skip_reason_unique_in_job")]

    def __str__(self) -> str:
        return f"{self.reason}: {self.count}"


QUALITY_FLAGS = ("black", "dark", "frozen", "duplicate")
