"""What encoders are told: addresses, command lines, and a new key."""

import shlex
from typing import Any

from django.conf import settings

from snapplatform.access.admin.verbs import Shown
from snapplatform.streams import addresses
from snapplatform.streams.models import Stream

_GSTREAMER = (
    "videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 ! h264parse ! flvmux streamable=true"
)


def publish_server() -> str:
    """What OBS calls the server: the address without the stream's name."""
    return addresses.publish_url("").rstrip("/")


def how_to_publish(stream: Stream) -> dict[str, Any]:
    """Addresses and command lines for encoders; quoted, as a name may hold what shells act upon."""
    url = shlex.quote(addresses.publish_url(stream.name))
    return {
        "url": addresses.publish_url(stream.name),
        "server": publish_server(),
        "key": stream.name,
        "ffmpeg": f"ffmpeg -re -i video.mp4 -c:v libx264 -g 60 -c:a aac -f flv {url}",
        "gstreamer": f"gst-launch-1.0 {_GSTREAMER} ! rtmp2sink location={url}",
        "open": settings.SNAP.ingest_open,
    }


def key_shown(secret: str, stream: Stream | None, *, back: str) -> Shown:
    name = stream.name if stream else "NAME"
    return Shown(
        title="Stream key created",
        intro="Copy the key now; only its fingerprint is kept, and it will never be shown again.",
        values=[
            ("Key", secret),
            ("OBS: server", publish_server()),
            ("OBS: stream key", f"{name}?key={secret}"),
            ("Address for ffmpeg and GStreamer", f"{addresses.publish_url(name)}?key={secret}"),
        ],
        back=back,
    )
