"""From a bucket's row to the store that keeps its bytes. Another backend is another class and a line here."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from snapplatform.errors import StorageUnavailable
from snapplatform.storage.models import Bucket
from snapplatform.storage.store import Blob, LocalStore


class Store(Protocol):
    """What every backend does; see LocalStore for the meaning and the errors."""

    def write(self, data: bytes, suffix: str, *, guard: Callable[[], bool] | None = None) -> Blob: ...

    def write_many(
        self, items: Sequence[tuple[bytes, str]], *, guard: Callable[[], bool] | None = None
    ) -> list[Blob]: ...

    def open(self, blob: str) -> BinaryIO: ...

    def unlink(self, blob: str) -> None: ...

    def tidy(self) -> int: ...

    def sweep_temp(self, older_than: timedelta, *, since: datetime | None = None) -> int: ...


def store_of(bucket: Bucket) -> Store:
    """The bucket's store; one a location and process. Raises StorageUnavailable for a bad location."""
    # A location is made by hand, so a missing one is a disk that isn't mounted.
    return _local(root_of(bucket), make_root=not bucket.location)


def root_of(bucket: Bucket) -> Path:
    """The folder that holds the bucket's files. Raises StorageUnavailable for a bad location."""
    if not bucket.location:
        return Path(settings.SNAP.data_dir / "buckets" / str(bucket.pk))
    root = Path(bucket.location)
    if not root.is_absolute():
        raise StorageUnavailable("the bucket's location must be an absolute folder", temporary=False)
    return root


@lru_cache(maxsize=1024)
def _local(root: Path, *, make_root: bool) -> LocalStore:
    return LocalStore(root, make_root=make_root)
