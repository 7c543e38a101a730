"""Addresses of our own ingest: which RTMP URLs name a stream that is published here."""

import socket
from urllib.parse import unquote, urlsplit

from django.conf import settings

from snapplatform import checks
from snapplatform.errors import InvalidValue
from snapplatform.streams.names import check_name

APP = "live"
MAX_URL = 2048
DEFAULT_RTMP_PORT = 1935
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def publish_url(name: str, *, host: str | None = None) -> str:
    """Where an encoder publishes the stream `name`; a key goes behind it as ?key=..."""
    return f"rtmp://{host or ingest_host()}:{settings.SNAP.rtmp_port}/{APP}/{name}"


def ingest_host() -> str:
    """The host that people are told: the first of SNAP_INGEST_HOSTS, else the public URL's; and where that
    is this machine's loopback but publishers come from elsewhere, the machine's own name."""
    if settings.SNAP.ingest_hosts:
        return str(settings.SNAP.ingest_hosts[0])
    host = urlsplit(settings.SNAP.public_url).hostname or "127.0.0.1"
    if host in _LOOPBACK and settings.SNAP.rtmp_host not in _LOOPBACK:
        return socket.gethostname()
    return host


def own_stream_name(parameter: str, url: str) -> str:
    """The stream that `url` names on this server. Raises InvalidValue when it names anything else."""
    checks.text(parameter, url, shortest=1, longest=MAX_URL)
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_RTMP_PORT
    except ValueError as error:
        raise InvalidValue(parameter, f"is not a URL: {error}") from error
    if parts.scheme != "rtmp" or not parts.hostname:
        raise InvalidValue(parameter, "must be rtmp://HOST/live/NAME")
    app, _, name = unquote(parts.path).lstrip("/").partition("/")
    if not _is_ours(parts.hostname, port) or app != APP:
        raise InvalidValue(
            parameter, f"only streams published to this server can be used: {publish_url('NAME')}"
        )
    return check_name(name, parameter)


def own_name(url: str) -> str | None:
    """What `url` names here when it leads to our own ingest ("" when that is no stream), else None."""
    parts = urlsplit(url)
    if parts.scheme != "rtmp" or not _is_ours(parts.hostname or "", parts.port or DEFAULT_RTMP_PORT):
        return None
    return unquote(parts.path).lstrip("/").partition("/")[2]


def _is_ours(host: str, port: int) -> bool:
    hosts = _LOOPBACK | {one.lower() for one in (ingest_host(), *settings.SNAP.ingest_hosts)}
    return host.rstrip(".") in hosts and port == settings.SNAP.rtmp_port


def without_secrets(url: str) -> str:
    """The address as it may be kept and shown: no user, password or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
