"""Names of what is acted upon: the one place that knows the types of resources and how they are named."""

from dataclasses import dataclass

from snapplatform.errors import InvalidValue

MAX_NAME = 1024  # an object's key, the longest, has at most 900 bytes
ANY = "*"

# What stands behind `type/`. Where there are two, a thing goes by both: a policy may name either.
TYPES: dict[str, tuple[str, ...]] = {
    "stream": ("{id}", "{name}"),
    "stream-key": ("{id}",),
    "template": ("{id}",),
    "job": ("{id}",),
    "snapshot": ("{id}",),
    "bucket": ("{id}", "{endpoint}/{name}"),
    "object": ("{id}", "{endpoint}/{bucket}/{key}"),
    "export": ("{id}",),
    "recording": ("{id}",),
    "room": ("{application}/{room}",),
    "whiteboard-task": ("{id}",),
    "delivery": ("{id}",),
    "user": ("{name}",),
    "group": ("{name}",),
    "policy": ("{name}",),
    "access-key": ("{id}",),
    "node": ("{id}", "{host}:{pid}"),
}
# Of the site, not of one account.
OF_SITE = frozenset({"node"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing under all names it goes by, the one that the caller wrote first.

    `account` is its account's id, or "*" for what belongs to the site; `relatives` are `type/name`.
    """

    type: str
    account: str
    relatives: tuple[str, ...]

    @property
    def arn(self) -> str:
        """How it is called in answers and logs."""
        return f"acs:snap:*:{self.account}:{self.relatives[0]}"

    def __str__(self) -> str:
        return self.arn


def resource(account_id: int | None, type: str, *names: object) -> Resource:
    """The resource of this type that goes by `names`; without a name, what is yet to be made, or all.

    Names are taken as they are: whether such a thing exists is no matter here. Raises InvalidValue for a
    name that is too long for anything.
    """
    if type not in TYPES:
        raise ValueError(f"no resource type {type!r}: write it into TYPES")
    texts = [str(name) for name in names] or [ANY]
    if any(len(text) > MAX_NAME for text in texts):
        raise InvalidValue(type, f"names have at most {MAX_NAME} characters")
    account = ANY if type in OF_SITE else str(account_id)
    return Resource(type, account, tuple(dict.fromkeys(f"{type}/{text}" for text in texts)))


def bucket_name(endpoint: str, name: str) -> str:
    return f"{endpoint}/{name}"


def object_name(endpoint: str, bucket: str, key: str) -> str:
    return f"{endpoint}/{bucket}/{key}"
