"""What `manage.py run` tells a person: where things are and how to begin."""

import ipaddress
from collections.abc import Sequence

from django.conf import settings

from snapplatform.ops.bootstrap import ADMIN_LOGIN, Outcome
from snapplatform.streams.addresses import publish_url

_CAMERA = "ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=25 -c:v libx264 -g 50 -pix_fmt yuv420p -f flv"


def banner(parts: Sequence[str], outcome: Outcome) -> str:
    """A few aligned lines, with an empty one before and after."""
    lines = [f"Snapplatform {settings.SNAP.version} is starting. Ctrl-C stops it."]
    if outcome.made:
        lines.append(f"Made: {', '.join(outcome.made)}.")
    lines.append("")
    if "web" in parts:
        base = settings.SNAP.public_url
        lines += [_line("Admin", f"{base}/admin/"), _line("Login", _login(outcome))]
        lines += [_line("API docs", f"{base}/api/docs/")]
    if "capture" in parts:
        lines += [_line("Publish", publish_address("NAME"))]
        lines += [_line("for example", f"{_CAMERA} '{publish_address('demo')}'")]
    lines.append(_line("Data", str(settings.SNAP.data_dir)))
    return "\n".join(["", *lines, ""])


def publish_address(name: str) -> str:
    """Where to publish the stream, with the place of the key if one is needed."""
    return publish_url(name) + ("" if _open_ingest() else "?key=KEY")


def login_hint() -> str:
    return f"{ADMIN_LOGIN} (forgotten? manage.py changepassword {ADMIN_LOGIN})"


def _login(outcome: Outcome) -> str:
    if outcome.password:
        return f"{ADMIN_LOGIN}, password {outcome.password}   (shown once: keep it, or change it there)"
    return login_hint()


def _open_ingest() -> bool:
    """Whether a publisher here needs no key: the embedded default on loopback."""
    host = settings.SNAP.rtmp_host
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    return bool(settings.SNAP.ingest_open and local)


def _line(label: str, text: str) -> str:
    return f"  {label:<12} {text}"
