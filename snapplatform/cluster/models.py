"""Rows about running processes: capture nodes, and duties with the time they are due."""

from django.db import models

from snapplatform import ids


class Node(models.Model):
    """One running capture process. It beats every few seconds; a row without beats is a dead process.

    serving --drain--> draining --nothing left--> drained
       ^                  |                          |
       +-----undrain------+--------------------------+      any of them --> stopped
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    host = models.CharField(max_length=255)
    place = models.CharField(max_length=64, blank=True, help_text="where `pid` means something")
    pid = models.PositiveIntegerField()
    rtmp_address = models.CharField(max_length=255, blank=True, help_text="host:port it takes publishers on")
    beat = models.BigIntegerField(default=0, help_text="counts up while the process lives")
    beat_at = models.DateTimeField(help_text="the database's clock at the last beat")
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=64, blank=True, help_text="why others closed the row")
    drain_requested_at = models.DateTimeField(
        null=True, blank=True, help_text="somebody wants it to give away what it holds"
    )
    drained_at = models.DateTimeField(null=True, blank=True, help_text="it holds nothing any more")
    capacity = models.PositiveIntegerField(default=0, help_text="how many streams it is meant to hold")
    clock_offset_ms = models.IntegerField(default=0, help_text="the node's clock minus the database's")
    stats = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @property
    def draining(self) -> bool:
        """Whether nothing new may be placed on it."""
        return self.drain_requested_at is not None


class Duty(models.Model):
    """Periodic work done by exactly one process: whoever moves `due_at` forward does it."""

    name = models.CharField(primary_key=True, max_length=64)
    due_at = models.DateTimeField()
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_finished_at = models.DateTimeField(null=True, blank=True)
    last_result = models.CharField(max_length=255, blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return self.name
