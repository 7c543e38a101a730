"""Secrets at rest: MultiFernet with keys from the settings, newest first."""

import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from snapplatform.access.models import KeyFingerprint
from snapplatform.errors import SnapError


class SecretUnreadable(SnapError):
    """The stored secret was encrypted with a key that the settings no longer hold."""


class WrongEncryptionKey(SnapError):
    """The database was used with a key that the settings don't hold. Add it to SNAP_ENCRYPTION_KEYS."""


def encrypt(secret: str) -> str:
    return _box(tuple(settings.SNAP.encryption_keys)).encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret in clear. Raises SecretUnreadable."""
    try:
        return _box(tuple(settings.SNAP.encryption_keys)).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(SecretUnreadable.__doc__) from error


def check_fingerprint() -> None:
    """Refuse to start with keys that can't read this database's secrets; note the newest key at first use."""
    prints = [fingerprint(key) for key in settings.SNAP.encryption_keys]
    row, _ = KeyFingerprint.objects.get_or_create(pk=1, defaults={"fingerprint": prints[0]})
    if row.fingerprint not in prints:
        raise WrongEncryptionKey(WrongEncryptionKey.__doc__)
    if row.fingerprint != prints[0]:
        KeyFingerprint.objects.filter(pk=1, fingerprint=row.fingerprint).update(fingerprint=prints[0])


def fingerprint(key: str) -> str:
    """Names a key without giving it away."""
    return hashlib.sha256(b"snapplatform-key:" + key.encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
