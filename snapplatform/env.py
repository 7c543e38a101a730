"""The SNAP_... environment: each variable typed, loud on bad values, and also readable from SNAP_..._FILE."""

import ipaddress
import os
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import dj_database_url
import environs
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from snapplatform import __version__

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    started_jobs_limit: int
    retention_days: int
    ring_bytes: int
    log_format: str
    log_level: str
    version: str = __version__


def load(base_dir: Path) -> Settings:
    """Read and check everything. Raises ImproperlyConfigured naming the variable and what would be right."""
    env = environs.FileAwareEnv(prefix="SNAP_")
    try:
        return _read(env, base_dir)
    except (environs.EnvError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{error}. See docs/settings.md.") from error


def _read(env: environs.FileAwareEnv, base_dir: Path) -> Settings:
    data_dir = Path(env.str("DATA_DIR", "") or base_dir / "var").absolute()
    http_port = _port(env, "HTTP_PORT", 8000)
    return Settings(
        data_dir=data_dir,
        database_url=env.str("DATABASE_URL", "") or f"sqlite:///{data_dir / 'snapplatform.sqlite3'}",
        secret_key=env.str("SECRET_KEY", "") or _kept(data_dir / "secret_key", lambda: secrets.token_urlsafe(50)),
        encryption_keys=_encryption_keys(env, data_dir),
        admin_password=env.str("ADMIN_PASSWORD", ""),
        debug=env.bool("DEBUG", False),
        http_host=env.str("HTTP_HOST", "127.0.0.1"),
        http_port=http_port,
        rtmp_host=env.str("RTMP_HOST", "127.0.0.1"),
        rtmp_port=_port(env, "RTMP_PORT", 1935),
        public_url=env.str("PUBLIC_URL", "").rstrip("/") or f"http://127.0.0.1:{http_port}",
        allowed_hosts=env.list("ALLOWED_HOSTS", ["*"]),
        allowed_networks=_networks(env, "ALLOWED_NETWORKS"),
        trusted_proxies=_networks(env, "TRUSTED_PROXIES"),
        ingest_hosts=env.list("INGEST_HOSTS", []),
        ingest_open=env.bool("INGEST_OPEN", True),
        web_workers=_count(env, "WEB_WORKERS", 1, low=1, high=64),
        capture_nodes=_count(env, "CAPTURE_NODES", 1, low=1, high=64),
        decoders=_count(env, "DECODERS", max(2, (os.cpu_count() or 2) // 2), low=1, high=64),
        started_jobs_limit=_count(env, "STARTED_JOBS_LIMIT", 100, low=1, high=1_000_000),
        retention_days=_count(env, "RETENTION_DAYS", 30, low=1, high=36_500),
        ring_bytes=_count(env, "RING_BYTES", 8 * 1024 * 1024, low=256 * 1024, high=1024**3),
        log_format=_choice(env, "LOG_FORMAT", "json", ["json", "console"]),
        log_level=_choice(env, "LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
    )


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
        # IMMEDIATE: without it half of the read-then-write transactions of several processes fail with "locked".
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        config["CONN_HEALTH_CHECKS"] = True
        config["CONN_MAX_AGE"] = 60
    else:
        raise ImproperlyConfigured("SNAP_DATABASE_URL: SQLite and PostgreSQL are supported.")
    return config


def _kept(path: Path, make: Any) -> str:
    """A secret made once and kept in the data directory, readable by its owner alone."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(make())
    except FileExistsError:
        pass  # another process made it in the same moment
    return path.read_text().strip()


def _encryption_keys(env: environs.FileAwareEnv, data_dir: Path) -> list[str]:
    keys = env.list("ENCRYPTION_KEYS", []) or [_kept(data_dir / "encryption_key", lambda: Fernet.generate_key().decode())]
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ValueError(
                "SNAP_ENCRYPTION_KEYS: each key is 32 bytes in URL-safe base64 (44 characters), newest first"
            ) from error
    return keys


def _port(env: environs.FileAwareEnv, name: str, default: int) -> int:
    return _count(env, name, default, low=1, high=65535)


def _count(env: environs.FileAwareEnv, name: str, default: int, *, low: int, high: int) -> int:
    value = env.int(name, default)
    if not low <= value <= high:
        raise ValueError(f"SNAP_{name} is {value}, but must be from {low} to {high}")
    return int(value)


def _choice(env: environs.FileAwareEnv, name: str, default: str, choices: list[str]) -> str:
    value = env.str(name, default)
    if value not in choices:
        raise ValueError(f"SNAP_{name} is {value!r}, but must be one of {', '.join(choices)}")
    return str(value)


def _networks(env: environs.FileAwareEnv, name: str) -> list[Network]:
    try:
        return [ipaddress.ip_network(text.strip()) for text in env.list(name, [])]
    except ValueError as error:
        raise ValueError(f"SNAP_{name}: {error}; write networks as 10.0.0.0/8,192.168.1.0/24") from error


def variables() -> list[str]:
    """The names of all variables, for the docs' test and for doctor."""
    return sorted(f"SNAP_{item.name.upper()}" for item in fields(Settings) if item.name != "version")
