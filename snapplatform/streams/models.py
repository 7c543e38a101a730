"""Streams and the keys that publish them."""

from django.db import models

from snapplatform import clock, ids
from snapplatform.access.models import Account
from snapplatform.cluster.models import Node
from snapplatform.streams.sources import LONGEST_SHOWN


class Stream(models.Model):
    """A live source of one account.

    Ingested:
        offline --publisher accepted, epoch + 1--> live --publisher gone or node dead--> offline
    Pulled:
        offline --wanted, claimed by a node, epoch + 1--> opening <--pictures come, source away--> live
        opening, live --not wanted, released, or node dead--> offline

    Only the node that holds the stream at this epoch may write the fields of the live state. While a pulled
    stream is opening, `offline_reason` says why it is not there.
    """

    class Kind(models.TextChoices):
        INGESTED = "ingested", "published to us"
        PULLED = "pulled", "pulled from a source"

    class State(models.TextChoices):
        OFFLINE = "offline"
        OPENING = "opening"
        LIVE = "live"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="streams")
    name = models.CharField(max_length=255)
    number = models.PositiveIntegerField(editable=False, help_text="permanent number in the account")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.INGESTED, editable=False)
    title = models.CharField(max_length=128, blank=True)
    source_url = models.CharField(
        max_length=LONGEST_SHOWN, blank=True, help_text="of a pulled stream; *** stands where secrets are"
    )
    source_encrypted = models.TextField(
        blank=True, editable=False, help_text="the whole URL, where it holds secrets"
    )
    preroll_seconds = models.PositiveSmallIntegerField(
        default=0, help_text="keep this many seconds in memory besides the newest GOP"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    state = models.CharField(max_length=16, choices=State, default=State.OFFLINE, db_index=True)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.SET_NULL, related_name="streams")
    epoch = models.PositiveBigIntegerField(
        default=0, help_text="counts every time a publisher or a node takes it"
    )
    wanted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="an encoder asked another node for it"
    )
    online_since = models.DateTimeField(null=True, blank=True)
    offline_since = models.DateTimeField(null=True, blank=True)
    offline_reason = models.CharField(max_length=200, blank=True)
    last_keyframe_at = models.DateTimeField(null=True, blank=True)
    publisher = models.CharField(max_length=64, blank=True, help_text="the publisher's address")
    video_codec = models.CharField(max_length=16, blank=True)
    audio_codec = models.CharField(max_length=16, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    bitrate_kbps = models.PositiveIntegerField(null=True, blank=True)
    gop_seconds = models.FloatField(null=True, blank=True, help_text="time between the last two keyframes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="stream_name_unique_in_account"),
            models.UniqueConstraint(fields=["account", "number"], name="stream_number_unique_in_account"),
        ]
        indexes = [
            # Nodes look twice a second for those that nobody holds.
            models.Index(fields=["node"], condition=models.Q(kind="pulled"), name="stream_pulled_by_node")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def pulled(self) -> bool:
        return self.kind == Stream.Kind.PULLED


class StreamKey(models.Model):
    """Lets an encoder publish and a player play. Only its SHA-256 is kept; it is shown once."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="stream_keys")
    stream = models.ForeignKey(
        Stream,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="keys",
        help_text="empty: every stream of the account",
    )
    label = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(
        max_length=8, editable=False, help_text="the first characters, to tell keys apart"
    )
    revoked = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.label or f"{self.hint}…"
