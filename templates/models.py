"""The snapshot template."""

from django.db import models

from snapplatform import clock, ids
from snapplatform.access.models import Account


class Template(models.Model):
    """How often a picture is taken, of what kind, and under what names it is stored."""

    class Kind(models.TextChoices):
        SYSTEM = "system"
        CUSTOM = "custom"

    class Format(models.TextChoices):
        JPEG = "jpeg", "JPEG"
        PNG = "png", "PNG"
        WEBP = "webp", "WebP"

    class Capture(models.TextChoices):
        KEYFRAME = "keyframe", "newest keyframe"
        EXACT = "exact", "newest frame"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="templates")
    name = models.CharField(max_length=128)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.CUSTOM, editable=False)
    interval_ms = models.PositiveIntegerField("interval (ms)", help_text="500 to 3600000")
    overwrite_format = models.CharField(
        max_length=255, blank=True, help_text="e.g. snapshot/{JobId}.jpg: always the newest picture"
    )
    sequence_format = models.CharField(
        max_length=255, blank=True, help_text="e.g. snapshot/{JobId}/{UnixTimestamp}.jpg: every picture"
    )
    image_format = models.CharField(max_length=8, choices=Format, default=Format.JPEG)
    quality = models.PositiveSmallIntegerField(default=85, help_text="1 to 100; PNG ignores it")
    width = models.PositiveIntegerField(null=True, blank=True, help_text="empty: as the stream, or by height")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="empty: as the stream, or by width")
    capture = models.CharField(max_length=16, choices=Capture, default=Capture.KEYFRAME)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    modified_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="template_account_created")]

    def __str__(self) -> str:
        return self.name
