"""Writing side of access: accounts, users, access keys, tokens."""

import hashlib
import secrets as random
from datetime import datetime, timedelta

from django.contrib.auth import authenticate as check_password

from snapplatform import clock
from snapplatform.access import secrets
from snapplatform.access.models import AccessKey, Account, Token, User
from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import NotFound, Unauthenticated

TOKEN_LIFETIME = timedelta(hours=12)
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def create_access_key(*, principal: Principal, user: User, description: str = "") -> tuple[AccessKey, str]:
    """A new key for a user of the caller's account, and its secret, which is never shown again."""
    require(principal, "snap:CreateAccessKey", "user", user.ram_name)
    if user.account_id != principal.account_id:
        raise NotFound("user", user.ram_name)
    secret = _random_text(30)
    key = AccessKey.objects.create(
        id="SNAP" + _random_text(20),
        user=user,
        secret_encrypted=secrets.encrypt(secret),
        description=description,
    )
    return key, secret


def issue_token(*, login: str, password: str, lifetime: timedelta = TOKEN_LIFETIME) -> tuple[str, datetime]:
    """Exchange a password for a bearer token and its end. Raises Unauthenticated."""
    # No login holds control characters, and PostgreSQL refuses to look for some of them.
    user = check_password(username=login, password=password) if login.isprintable() else None
    if not isinstance(user, User):
        raise Unauthenticated("Wrong login or password.")
    if user.account.status != Account.Status.ACTIVE:
        raise Unauthenticated("This account is disabled.")
    text = "snt_" + random.token_urlsafe(32)
    token = Token.objects.create(user=user, digest=digest(text), expires_at=clock.now() + lifetime)
    return text, token.expires_at


def revoke_access_key(*, principal: Principal, key_id: str) -> None:
    """Make a key useless at once."""
    require(principal, "snap:DeleteAccessKey", "access-key", key_id)
    if not AccessKey.objects.filter(pk=key_id, user__account=principal.account_id).delete()[0]:
        raise NotFound("access key", key_id)


def delete_expired_tokens() -> int:
    return Token.objects.filter(expires_at__lt=clock.now()).delete()[0]


def digest(text: str) -> str:
    """How tokens and stream keys are kept: they are long and random, so one SHA-256 is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _random_text(length: int) -> str:
    return "".join(random.choice(_ALPHABET) for _ in range(length))
