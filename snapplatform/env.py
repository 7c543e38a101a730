"""The SNAP_... environment: each variable typed, loud on bad values, and also readable from SNAP_..._FILE."""

import os
import secrets
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from snapplatform import __version__
from snapplatform.envreader import Network, Reader

STREAMS_PER_CORE = 120
STREAMS_PER_NODE = 240

# A process that freezes amid a transaction, or a host that drops off the network, keeps the rows it locked,
# and others wait for them in the one thread that also beats. So the server ends such a transaction, well
# before a lease is over (cluster/nodes.py: 10 s, less a beat and a margin).
IDLE_IN_TRANSACTION_MS = 4000


@dataclass(frozen=True)
class Settings:
    """What the site said. docs/settings.md lists each variable; tests compare that page with these fields."""

    data_dir: Path
    database_url: str
    secret_key: str = field(repr=False)
    encryption_keys: list[str] = field(repr=False)
    admin_password: str = field(repr=False)
    debug: bool
    http_host: str
    http_port: int
    rtmp_host: str
    rtmp_port: int
    public_url: str
    allowed_hosts: list[str]
    allowed_networks: list[Network]
    trusted_proxies: list[Network]
    ingest_hosts: list[str]
    ingest_open: bool
    web_workers: int
    capture_nodes: int
    decoders: int
    node_streams: int
    drain_seconds: int
    started_jobs_limit: int
    retention_days: int
    ring_bytes: int
    spool_bytes: int
    spool_seconds: int
    log_format: str
    log_level: str
    version: str = __version__


def load(base_dir: Path) -> Settings:
    """Read and check everything. Raises ImproperlyConfigured naming each bad variable and what is right."""
    read = Reader()
    settings = _read(read, base_dir)
    if read.problems:
        raise ImproperlyConfigured(f"{'; '.join(read.problems)}. See docs/settings.md.")
    return settings


def _read(read: Reader, base_dir: Path) -> Settings:
    data_dir = Path(read.text("DATA_DIR") or base_dir / "var").absolute()
    http_port = read.count("HTTP_PORT", 8000, low=1, high=65535)
    capture_nodes = read.count("CAPTURE_NODES", 1, low=1, high=64)
    return Settings(
        data_dir=data_dir,
        database_url=read.text("DATABASE_URL") or f"sqlite:///{data_dir / 'snapplatform.sqlite3'}",
        secret_key=read.text("SECRET_KEY") or read.kept(data_dir / "secret_key", _new_secret),
        encryption_keys=read.encryption_keys(data_dir),
        admin_password=read.text("ADMIN_PASSWORD"),
        debug=read.flag("DEBUG", False),
        http_host=read.text("HTTP_HOST", "127.0.0.1"),
        http_port=http_port,
        rtmp_host=read.text("RTMP_HOST", "127.0.0.1"),
        rtmp_port=read.count("RTMP_PORT", 1935, low=1, high=65535),
        public_url=read.text("PUBLIC_URL").rstrip("/") or f"http://127.0.0.1:{http_port}",
        allowed_hosts=read.words("ALLOWED_HOSTS") or ["*"],
        allowed_networks=read.networks("ALLOWED_NETWORKS"),
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        ingest_hosts=read.words("INGEST_HOSTS"),
        ingest_open=read.flag("INGEST_OPEN", True),
        web_workers=read.count("WEB_WORKERS", 1, low=1, high=64),
        capture_nodes=capture_nodes,
        decoders=read.count("DECODERS", max(2, (os.cpu_count() or 2) // 2), low=1, high=64),
        node_streams=read.count("NODE_STREAMS", _streams_of_a_node(capture_nodes), low=1, high=10_000),
        drain_seconds=read.count("DRAIN_SECONDS", 30, low=0, high=86_400),
        started_jobs_limit=read.count("STARTED_JOBS_LIMIT", 100, low=1, high=1_000_000),
        retention_days=read.count("RETENTION_DAYS", 30, low=1, high=36_500),
        ring_bytes=read.count("RING_BYTES", 8 * 1024 * 1024, low=256 * 1024, high=1024**3),
        spool_bytes=read.count("SPOOL_BYTES", 10 * 1024**3, low=1024**2, high=1024**5),
        spool_seconds=read.count("SPOOL_SECONDS", 86_400, low=60, high=31_536_000),
        log_format=read.choice("LOG_FORMAT", _log_format(), ["json", "console"]),
        log_level=read.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
    )


def _streams_of_a_node(nodes: int) -> int:
    """What docs/benchmarks.md measured of 1080p30, less a reserve, shared by the nodes of this machine. The
    second bound is the node's loop, which is one process and works on one core."""
    return max(1, min(STREAMS_PER_CORE * cores() // nodes, STREAMS_PER_NODE))


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for a URL, with the options that were measured to lose nothing."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(
            "SNAP_DATABASE_URL is not understood: write sqlite:////path/file.sqlite3 or "
            "postgresql://user:password@host:5432/name."
        ) from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: without it half of the read-then-write transactions of several processes end "locked".
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        # A pool, and no connection kept by a thread: under ASGI every request has a thread of its own, and
        # kept connections would pile up. The health check is what survives a restarted server.
        config["CONN_HEALTH_CHECKS"] = True
        pool = {"min_size": 1, "max_size": 16, "timeout": 10}
        given = config.get("OPTIONS", {})
        # The URL's own come last, and win.
        options = (
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} {given.get('options', '')}"
        )
        config["OPTIONS"] = {**given, "options": options.strip(), "pool": pool}
    else:
        raise ImproperlyConfigured("SNAP_DATABASE_URL: SQLite and PostgreSQL are supported.")
    return config


def _log_format() -> str:
    """A person at a terminal reads lines; everything else gets JSON."""
    return "console" if sys.stderr.isatty() else "json"


def _new_secret() -> str:
    return secrets.token_urlsafe(50)


def variables() -> list[str]:
    """The names of all variables, for the docs' test and for doctor."""
    return sorted(f"SNAP_{item.name.upper()}" for item in fields(Settings) if item.name != "version")
