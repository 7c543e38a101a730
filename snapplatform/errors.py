"""What can go wrong, one small class per meaning. No HTTP number and no vendor's code lives here:
each API has one table from these classes to its own answers."""

from dataclasses import dataclass, field
from typing import ClassVar


class SnapError(Exception):
    """Root of everything the domain refuses; `str()` may be shown to the caller."""


@dataclass
class InvalidValue(SnapError):
    """A parameter is wrong: which one, why, and what would be right."""

    parameter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.reason}"


@dataclass
class InvalidValues(SnapError):
    """Several parameters are wrong at once, so that a person mends them in one go."""

    problems: list[InvalidValue]

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


@dataclass
class NotFound(SnapError):
    """No such thing in the caller's account. A foreign id answers exactly like an absent one."""

    kind: str = "object"
    id: str = ""
    cure: ClassVar[str] = ""  # the same for what is foreign and what is absent

    def __str__(self) -> str:
        said = f"No such {self.kind}: {self.id}" if self.id else f"No such {self.kind}"
        return f"{said}. {self.cure}" if self.cure else said


@dataclass
class TemplateNotFound(NotFound):
    kind: str = "template"


@dataclass
class JobNotFound(NotFound):
    kind: str = "job"


@dataclass
class StreamNotFound(NotFound):
    kind: str = "stream"
    cure: ClassVar[str] = "Publish it first, or register its name."


@dataclass
class SnapshotNotFound(NotFound):
    kind: str = "snapshot"


@dataclass
class BucketNotFound(NotFound):
    kind: str = "bucket"
    cure: ClassVar[str] = "Create it first, or name one that exists by its endpoint and name."


@dataclass
class BlobNotFound(NotFound):
    """The file itself is gone: its object was just deleted or overwritten."""

    kind: str = "blob"


@dataclass
class StreamNotLive(SnapError):
    """The stream exists (or could), but nobody publishes it now."""

    name: str

    def __str__(self) -> str:
        return (
            f"Stream {self.name!r} is not live. Publish it first, or start with wait_for_stream: "
            "then the job waits for it."
        )


@dataclass
class AlreadyPublished(SnapError):
    """Somebody publishes a stream of this name already."""

    name: str

    def __str__(self) -> str:
        return (
            f"Stream {self.name!r} is being published already. Stop the other publisher or use another name."
        )


class StreamIsPulled(AlreadyPublished):
    """The stream comes from its source: nobody publishes it to us."""

    def __str__(self) -> str:
        return f"Stream {self.name!r} is pulled from its source. Publish under another name."


@dataclass
class NodeBuried(SnapError):
    """Others took this node for dead, and what it held is theirs. It must stop, and may start anew."""

    node_id: str

    def __str__(self) -> str:
        return f"Node {self.node_id} missed its beats and was taken for dead."


@dataclass
class ForeignHost(SnapError):
    """A SQLite file serves the processes of one host only."""

    host: str

    def __str__(self) -> str:
        return (
            f"A capture node of host {self.host!r} uses this SQLite database. SQLite serves one host: "
            "stop that node, or set SNAP_DATABASE_URL to a PostgreSQL database for several hosts."
        )


@dataclass
class NodeNotFound(NotFound):
    kind: str = "node"
    cure: ClassVar[str] = "`manage.py nodes` lists them; name one by the start of its id or by host:pid."


@dataclass
class NodeAmbiguous(SnapError):
    """Several nodes answer to what was said."""

    text: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text!r} could be any of {', '.join(self.names)}. Write more of the id, or host:pid."


@dataclass
class NodeStopped(SnapError):
    """The node's row is closed: there is nothing to ask of it."""

    name: str

    def __str__(self) -> str:
        return f"Node {self.name} has stopped already. `manage.py nodes` lists those that run."


@dataclass
class LastNode(SnapError):
    """No other node would take what this one gives away."""

    name: str

    def __str__(self) -> str:
        return (
            f"Node {self.name} is the only one that takes streams: while it drains nobody can publish, and "
            "its streams go offline. Start another node first, or force it."
        )


@dataclass
class JobAlreadyStarted(SnapError):
    job_id: str

    def __str__(self) -> str:
        return f"Job {self.job_id} is already started."


@dataclass
class JobLimitExceeded(SnapError):
    limit: int

    def __str__(self) -> str:
        return f"At most {self.limit} jobs of an account may be started. Stop another one first."


@dataclass
class AlreadyExists(SnapError):
    """A name that must be unique in the account is taken."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"A {self.kind} named {self.name!r} exists already."


@dataclass
class InUse(SnapError):
    """It can't be deleted or changed while others depend on it: `names` of some, and how many more."""

    kind: str
    id: str
    by: str
    names: tuple[str, ...] = ()
    more: int = 0
    cure: str = ""

    def __str__(self) -> str:
        listed = f": {', '.join(self.names)}" if self.names else ""
        rest = f" and {self.more} more" if self.more else ""
        return f"The {self.kind} {self.id} is in use by {self.by}{listed}{rest}. {self.cure}".strip()


@dataclass
class Unauthenticated(SnapError):
    """Who is asking could not be established."""

    reason: str = "Give an access key (HTTP Basic) or a bearer token."

    def __str__(self) -> str:
        return self.reason


@dataclass
class PermissionRefused(SnapError):
    """The principal may not do this."""

    action: str
    resource: str
    why: str = ""

    def __str__(self) -> str:
        return f"Not allowed: {self.action} on {self.resource}."


@dataclass
class AccountDisabled(SnapError):
    account_id: int

    def __str__(self) -> str:
        return "This account is disabled."


@dataclass
class StorageUnavailable(SnapError):
    """The bucket's storage didn't take or give bytes; `temporary` says whether trying again makes sense."""

    reason: str
    temporary: bool = field(default=True)

    def __str__(self) -> str:
        return f"Storage is not available: {self.reason}"


@dataclass
class NameTaken(SnapError):
    """The key already holds other bytes, and what was stored is never replaced by another picture."""

    key: str

    def __str__(self) -> str:
        return f"An object named {self.key!r} exists already, with other content."


class Fenced(SnapError):
    """The writer's epoch is over: somebody else holds what it was writing for. Nothing was stored."""

    def __str__(self) -> str:
        return "Another node has taken over; this write was refused."


@dataclass
class LinkRefused(SnapError):
    """A signed link that we never gave, or that was good once."""

    expired: bool

    def __str__(self) -> str:
        return f"This link {'has expired' if self.expired else 'is not valid'}. Ask for a new one."
