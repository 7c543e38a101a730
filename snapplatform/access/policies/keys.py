"""Condition keys: what a policy may look at, and what kind of value stands there."""

from dataclasses import dataclass

from snapplatform.access.policies.values import Family


@dataclass(frozen=True, slots=True)
class Key:
    """`of_row`: it is a fact of the thing acted upon, known once its row was read; else of the request."""

    name: str
    families: frozenset[Family]
    of_row: bool
    meaning: str


def _key(name: str, family: Family, meaning: str, *, of_row: bool = False) -> Key:
    return Key(name, frozenset({family}), of_row, meaning)


CURRENT_TIME = "acs:CurrentTime"
SECURE_TRANSPORT = "acs:SecureTransport"
SOURCE_IP = "acs:SourceIp"
PRINCIPAL_ARN = "acs:PrincipalARN"
STREAM_NAME = "snap:StreamName"
BUCKET = "snap:Bucket"
MEDIA_TIME = "snap:MediaTime"
RESOURCE_TAG = "acs:ResourceTag/"
REQUEST_TAG = "acs:RequestTag/"

KEYS = {
    key.name: key
    for key in (
        _key(CURRENT_TIME, Family.DATE, "when the request is decided"),
        _key(SECURE_TRANSPORT, Family.BOOL, "whether the request came over HTTPS"),
        _key(SOURCE_IP, Family.IP, "the address that the request came from"),
        _key(PRINCIPAL_ARN, Family.STRING, "who asks, as `acs:ram::<account>:user/<name>`"),
        _key(STREAM_NAME, Family.STRING, "the name of the stream it is about", of_row=True),
        _key(BUCKET, Family.STRING, "the name of the bucket it is about", of_row=True),
        _key(MEDIA_TIME, Family.DATE, "when the picture or recording was received", of_row=True),
    )
}
# The rest of these keys is the tag's own key. Tags are texts; they may be compared as any kind.
TAGS = {
    RESOURCE_TAG: Key(RESOURCE_TAG, frozenset(Family), True, "a tag that the thing acted upon has"),
    REQUEST_TAG: Key(REQUEST_TAG, frozenset(Family), False, "a tag that the request would set"),
}
_MAX_TAG = 128


def find_key(name: str) -> Key | None:
    """The key of this name; keys differ by the case of their letters."""
    found = KEYS.get(name)
    if found is None:
        start, slash, tag = name.partition("/")
        if tag and len(tag) <= _MAX_TAG and tag.isprintable():
            found = TAGS.get(start + slash)
    return found
