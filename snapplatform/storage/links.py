"""Signed links to stored objects: whoever has one may read that object until it ends, without signing in.

A link to an overwrite object shows whatever is newest, unless it was made for one version of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from django.core.signing import BadSignature, Signer

from snapplatform import clock
from snapplatform.errors import LinkRefused
from snapplatform.storage.models import StoredObject

PREFIX = "/files/"
# The salt derives a key of its own from SECRET_KEY: no other signature of the site can pass for a link.
_SALT = "snapplatform.storage.links"
_VERSION_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Link:
    """What a good token says. `version`: the first digits of the content's SHA-256, or "" for the newest."""

    object_id: UUID
    ends_at: datetime
    version: str

    def shows(self, item: StoredObject) -> bool:
        return item.sha256.startswith(self.version)


def sign(item: StoredObject, *, expires_in: int = 3600, this_version: bool = False) -> str:
    """The path `/files/<token>/<name>` that shows `item` for `expires_in` seconds.

    `this_version`: only these bytes, and nothing once they are overwritten.
    """
    ends = int((clock.now() + timedelta(seconds=expires_in)).timestamp())
    version = item.sha256[:_VERSION_DIGITS] if this_version else ""
    token = _signer().sign_object([item.pk.hex, ends, version])
    return f"{PREFIX}{token}/{quote(name_of(item), safe='')}"


def check(token: str) -> Link:
    """What the token allows. Raises LinkRefused when it is forged or its time is over."""
    try:
        object_id, ends, version = _signer().unsign_object(token)
    except (BadSignature, ValueError) as error:
        raise LinkRefused(expired=False) from error
    link = Link(UUID(object_id), datetime.fromtimestamp(ends, UTC), version)
    if link.ends_at <= clock.now():
        raise LinkRefused(expired=True)
    return link


def name_of(item: StoredObject) -> str:
    """The name a person sees: the last part of the key."""
    return item.key.rpartition("/")[2]


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
