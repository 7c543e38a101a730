"""From what a request carries to a Principal: access keys and bearer tokens. No HTTP here."""

import hmac
from datetime import timedelta

from django.db.models import Q

from snapplatform import clock
from snapplatform.access import secrets
from snapplatform.access.models import AccessKey, Account, Token, User
from snapplatform.access.principal import Principal, principal_of
from snapplatform.access.services import digest
from snapplatform.errors import Unauthenticated

# Writing "last used" on every request would turn reads into writes; to the minute is what people look for.
LAST_USED_STEP = timedelta(minutes=1)
_NOBODY = "0" * 30


def by_access_key(key_id: str, secret: str, *, source_ip: str = "") -> Principal:
    """The principal of an id and secret given in clear (HTTP Basic). Raises Unauthenticated.

    An unknown id costs the same comparison as a wrong secret, and both get the same words.
    """
    key = AccessKey.objects.select_related("user__account").filter(pk=_clean(key_id)).first()
    right = secrets.decrypt(key.secret_encrypted) if key else _NOBODY
    matches = hmac.compare_digest(right.encode(), secret.encode("utf-8", "surrogatepass"))
    if key is None or not matches or key.status != AccessKey.Status.ACTIVE:
        raise Unauthenticated("Unknown access key or wrong secret.")
    _check_usable(key.user)
    _touch(key)
    return principal_of(key.user, access_key_id=key.pk, source_ip=source_ip)


def by_token(text: str, *, source_ip: str = "") -> Principal:
    """The principal of a bearer token. Raises Unauthenticated."""
    wanted = digest(text.encode("utf-8", "replace").decode())
    valid = Token.objects.filter(digest=wanted, expires_at__gt=clock.now())
    token = valid.select_related("user__account").first()
    if token is None:
        raise Unauthenticated("Unknown or expired token.")
    _check_usable(token.user)
    return principal_of(token.user, source_ip=source_ip)


def _check_usable(user: User) -> None:
    if not user.is_active or user.account.status != Account.Status.ACTIVE:
        raise Unauthenticated("This user or account is disabled.")


def _touch(key: AccessKey) -> None:
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
        AccessKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _clean(key_id: str) -> str:
    """NUL and lone surrogates make PostgreSQL raise. No key id holds them, so such an id is unknown."""
    return key_id if key_id.isascii() and key_id.isprintable() else ""
