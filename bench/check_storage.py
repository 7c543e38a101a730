"""How fast `manage.py check_storage` looks: objects per second, and memory, on SQLite with small files.

    python -m bench.check_storage --objects 100000 --bytes 1000

Makes its own data directory and deletes it. Files are written without fsync; the check only reads.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

A_MINUTE = 1000  # objects in one shard: some 17 pictures a second
ACROSS = 5000  # rows of one insert


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snapplatform-check-") as folder:
        os.environ |= {"SNAP_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "snapplatform.settings"}
        os.environ["SNAP_DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        print(json.dumps(_measure(args.objects, args.bytes)))


def _measure(objects: int, size: int) -> dict[str, object]:
    # In a process of its own, or its memory would hide what the check needs.
    filling = multiprocessing.get_context("spawn").Process(target=_fill, args=(objects, size))
    filling.start()
    filling.join()
    if filling.exitcode:
        raise SystemExit("the bucket could not be filled")
    import django

    django.setup()
    result: dict[str, object] = {"objects": objects, "bytes": size}
    for name, hashes in (("names and sizes", False), ("with hashes", True)):
        before = _peak()
        seconds, wrong = _check(hashes=hashes)
        result[name] = {
            "objects_per_second": round(objects / seconds),
            "seconds": round(seconds, 2),
            "peak_memory_growth_mb": round(_peak() - before, 1),
            "wrong": wrong,
        }
    return result


def _check(*, hashes: bool) -> tuple[float, int]:
    from snapplatform.storage.checking import Options, check_storage
    from snapplatform.storage.models import Bucket

    buckets = list(Bucket.objects.all())
    start = time.perf_counter()
    [report] = check_storage(buckets, Options(hashes=hashes))
    return time.perf_counter() - start, report.wrong


def _fill(objects: int, size: int) -> None:
    """A bucket of `objects` with a file each, a day old."""
    import django

    django.setup()
    from django.core.management import call_command

    from snapplatform import clock
    from snapplatform.access.models import Account
    from snapplatform.storage.buckets import root_of
    from snapplatform.storage.models import Bucket, StoredObject

    call_command("migrate", verbosity=0)
    account = Account.objects.create(id=10**15, name="bench")
    bucket = Bucket.objects.create(account=account, name="bench")
    rows = []
    for number in range(objects):
        at = clock.now() - timedelta(days=1, minutes=number // A_MINUTE)
        blob = f"{at:%Y%m%d/%H%M}/{uuid.uuid4().hex}.jpg"
        data = os.urandom(size)
        path = Path(root_of(bucket), blob)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (at.timestamp(), at.timestamp()))
        digest = hashlib.sha256(data).hexdigest()
        rows.append(
            StoredObject(
                account=account, bucket=bucket, key=f"snapshot/{number}.jpg", blob=blob, size=size,
                sha256=digest, content_type="image/jpeg", created_at=at, modified_at=at,
            )
        )  # fmt: skip
        if len(rows) == ACROSS:
            StoredObject.objects.bulk_create(rows)
            rows.clear()
    StoredObject.objects.bulk_create(rows)


def _peak() -> float:
    """MB of memory that this process needed at most."""
    divisor = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / divisor


if __name__ == "__main__":
    main()
