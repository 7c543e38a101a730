"""Buckets, the ledger of what is stored in them, and blobs that wait to be deleted."""

from django.db import models

from snapplatform import clock, ids
from snapplatform.access.models import Account


class Bucket(models.Model):
    """A place for objects. Endpoint and name are labels that callers write; `backend` and `location` say
    where the bytes really go, so that a cloud's endpoint name can be a folder here."""

    class Backend(models.TextChoices):
        LOCAL = "local", "local folder"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="buckets")
    endpoint = models.CharField(max_length=255, default="local")
    name = models.CharField(max_length=63)
    backend = models.CharField(max_length=16, choices=Backend, default=Backend.LOCAL)
    location = models.CharField(
        max_length=500,
        blank=True,
        help_text="absolute folder; empty: a folder of its own in the data directory",
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="how long objects are kept; empty: SNAP_RETENTION_DAYS"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "endpoint", "name"], name="bucket_unique_in_account")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.name}"


class StoredObject(models.Model):
    """One ledger row for one key of a bucket. It exists only after its bytes are safe on disk, and it is
    changed in place when the key is overwritten: `blob` then names the new file, the old becomes garbage."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    # No index of its own: two indexes begin with it.
    bucket = models.ForeignKey(
        Bucket, on_delete=models.PROTECT, related_name="objects_stored", db_index=False
    )
    key = models.CharField(max_length=900)
    blob = models.CharField(max_length=200, help_text="the file, relative to the bucket's folder")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    overwritable = models.BooleanField(default=False, help_text="the newest picture under a fixed name")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    modified_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "key"], name="object_key_unique_in_bucket")]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="object_account_created"),
            models.Index(fields=["bucket", "blob"], name="object_bucket_blob"),  # for checking.py
        ]

    def __str__(self) -> str:
        return self.key


class Garbage(models.Model):
    """A file that no ledger row names any more. The row goes after the file: a crash between leaves the row,
    and the sweeper tries again. A file that was found without a row (an orphan) may still get one from a
    writer that waited for the database, so it has a time of its own: not before it, and only after another
    look at the ledger, the file goes."""

    id = models.BigAutoField(primary_key=True)
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="+", db_index=False)
    blob = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    look_again_at = models.DateTimeField(
        null=True, blank=True, help_text="of an orphan: not to be deleted before, nor if it has a row by then"
    )

    class Meta:
        indexes = [models.Index(fields=["bucket", "blob"], name="garbage_bucket_blob")]
        verbose_name_plural = "garbage"
