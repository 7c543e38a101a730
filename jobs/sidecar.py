"""A capture as JSON and back: for the files in which pictures wait for storage or database."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from jobs.capture import Capture
from snapplatform.storage.store import Blob

# Of this form. A file of another version is set aside, never guessed at.
VERSION: Final = 1
_LARGEST = 2**63 - 1
_NAMES = tuple(item.name for item in fields(Capture))


def dump(capture: Capture) -> dict[str, Any]:
    """Everything that is needed to publish it later."""
    return {"version": VERSION} | {name: _plain(getattr(capture, name)) for name in _NAMES}


def load(document: object) -> Capture:
    """What dump() gave. Raises ValueError that says what is wrong with it."""
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    if document.get("version") != VERSION:
        raise ValueError(f"version {document.get('version')!r} is not understood, but {VERSION}")
    values = {}
    for name, read in READERS.items():
        try:
            values[name] = read(document[name])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{name} is missing or wrong") from error
    return Capture(**values)


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Blob):
        return {"blob": value.blob, "size": value.size, "sha256": value.sha256}
    return value


def _kind(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:  # True is an int to isinstance()
            raise ValueError
        return value

    return read


def _whole(value: Any) -> int:
    number: int = _kind(int)(value)
    if abs(number) > _LARGEST:
        raise ValueError
    return number


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _words(value: Any) -> frozenset[str]:
    return frozenset(_kind(str)(word) for word in _kind(list)(value))


def _blob(value: Any) -> Blob | None:
    if value is None:
        return None
    return Blob(_kind(str)(value["blob"]), _whole(value["size"]), _kind(str)(value["sha256"]))


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("job_id", "stream_id", "bucket_id"), UUID),
    **dict.fromkeys(("run", "epoch", "order", "width", "height", "luma"), _whole),
    **dict.fromkeys(("media_time_ms", "clock_offset_ms"), _whole),
    **dict.fromkeys(("frame_at", "tick_at", "stored_at"), _moment),
    **dict.fromkeys(("sequence", "overwrite"), _blob),
    "image_format": _kind(str),
    "flags": _words,
    "late": _kind(bool),
}
