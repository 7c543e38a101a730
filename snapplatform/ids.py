"""Identifiers: time-ordered UUIDs for rows, so that big tables grow at one end of their index."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


NOBODY = uuid.UUID(int=0)


def parse_id(text: object) -> uuid.UUID:
    """The UUID that `text` writes, or NOBODY: an id that can't exist is answered like one that doesn't."""
    if isinstance(text, uuid.UUID):
        return text
    try:
        return uuid.UUID(str(text))
    except (ValueError, AttributeError):
        return NOBODY
