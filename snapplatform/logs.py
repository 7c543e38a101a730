"""Logging: one JSON object a line (or colours for a person), with the request's id where there is one."""

import logging
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def config(*, json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING dictionary; also sets structlog up, so that both kinds of loggers write alike.

    Python's warnings become lines of the logger `py.warnings`.
    """
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "snap": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": renderer,
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "snap"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # uvicorn's access lines carry query strings, which may carry signatures; ours are redacted.
            "uvicorn.access": {"level": "CRITICAL", "propagate": False},
            "uvicorn": {"handlers": [], "level": level},
            # Django's own lines about a request come after its id is gone; RequestLog has told all of it,
            # and a caller's mistake (404, a strange Host) is no error of ours.
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "CRITICAL"},
        },
    }
