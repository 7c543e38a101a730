"""The whole source URL of a pulled stream, from the columns that keep it."""

from functools import lru_cache

from snapplatform.access.secrets import SecretUnreadable, decrypt
from snapplatform.streams.sources import Source


@lru_cache(maxsize=4096)
def source_of(shown: str, encrypted: str) -> Source | None:
    """None when the secret was encrypted with a key that the settings don't hold."""
    try:
        return Source(decrypt(encrypted) if encrypted else shown, shown)
    except SecretUnreadable:
        return None
