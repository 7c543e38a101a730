"""Objects with real files, and ways to damage them, for the tests of the check."""

import os
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from snapplatform import clock
from snapplatform.storage import ledger
from snapplatform.storage.buckets import root_of, store_of
from snapplatform.storage.findings import REPAIRS
from snapplatform.storage.models import Bucket, StoredObject
from snapplatform.storage.store import Blob

ALL = REPAIRS["all"]


def put(
    bucket: Bucket, key: str, *, data: bytes = b"picture", blob: Blob | None = None, function=ledger.register
):
    return function(
        account_id=bucket.account_id,
        bucket_id=bucket.pk,
        key=key,
        blob=blob or store_of(bucket).write(data, ".jpg"),
        content_type="image/jpeg",
        expires_at=clock.now() + timedelta(days=1),
        at=clock.now(),
    )


def later(*, hours: int = 1, minutes: int | None = None) -> AbstractContextManager[None]:
    """That much later than the real time now, which is also the time of all files."""
    span = timedelta(hours=hours) if minutes is None else timedelta(minutes=minutes)
    return clock.hold(clock.now() + span)


def files(bucket: Bucket) -> list[str]:
    root = root_of(bucket)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def path_of(row: StoredObject) -> Path:
    return root_of(row.bucket) / row.blob


def lose(row: StoredObject) -> None:
    path_of(row).unlink()


def cut(row: StoredObject) -> None:
    path_of(row).write_bytes(path_of(row).read_bytes()[:-1])


def give_another_byte(row: StoredObject) -> None:
    data = path_of(row).read_bytes()
    path_of(row).write_bytes(bytes([data[0] ^ 1]) + data[1:])


def orphan(bucket: Bucket) -> Blob:
    """A file whose row never came."""
    return store_of(bucket).write(b"orphan!", ".jpg")


def temporary(row: StoredObject) -> None:
    """What a writer leaves that died an hour before everything else."""
    half = path_of(row).with_name("e" * 32 + ".jpg.part")
    half.write_text("half")
    before = clock.now() - timedelta(hours=1)
    os.utime(half, (before.timestamp(),) * 2)


def unmount(bucket: Bucket) -> Path:
    """Take the bucket's folder away; returns where it was."""
    root = root_of(bucket)
    root.rename(f"{root}.away")
    return root
