"""Doctor on settings: variables nobody reads, and choices that look like a mistake."""

import ipaddress
import os
from collections.abc import Iterator

from django.conf import settings

from snapplatform import env
from snapplatform.ops.doctor.findings import Finding, bad, good

_DOCS = "All variables are listed in docs/settings.md."


def findings() -> Iterator[Finding]:
    """Bad values never get here: with those, no command starts, and manage.py names each of them."""
    given = sorted(name for name in os.environ if name.startswith("SNAP_"))
    unknown = [name for name in given if _variable(name) not in env.variables()]
    if unknown:
        yield bad("settings", f"nobody reads {', '.join(unknown)}", f"Correct or remove it. {_DOCS}")
    else:
        yield good("settings", f"{len(given)} given by SNAP_ variables, the others have their defaults")
    yield from _public()


def _variable(name: str) -> str:
    """The variable that a name in the environment means: itself, or without _FILE."""
    return name if name in env.variables() else name.removesuffix("_FILE")


def _public() -> Iterator[Finding]:
    snap = settings.SNAP
    if snap.debug:
        yield bad("debug", "SNAP_DEBUG is on: errors show code and settings to all", "Unset SNAP_DEBUG.")
    if not _is_loopback(snap.http_host) and "127.0.0.1" in snap.public_url:
        yield bad(
            "public address",
            f"the web server listens on {snap.http_host}, but links say {snap.public_url}",
            "Set SNAP_PUBLIC_URL to the address that others reach this site at, like https://snap.example.org.",
        )
    else:
        yield good("public address", snap.public_url)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
