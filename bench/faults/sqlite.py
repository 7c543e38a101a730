"""Figure 14: 6 processes x 300 read-then-write transactions on one SQLite file, with production's options.

Each transaction reads a shared counter, adds a row, and writes the counter back plus one: a lost update or a
"database is locked" shows in the sum. RELIABILITY: 1800 of 1800, p99 under 100 ms.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter

from bench import processes
from bench.faults.context import Context
from bench.faults.verdict import Verdict
from bench.stats import percentile

PROCESSES = 6
TRANSACTIONS = 300
P99_MS = 100.0
NAME = "bench counter"


def run(context: Context) -> Verdict:
    from snapplatform.cluster.models import Duty
    from snapplatform.ops.bootstrap import bootstrap

    bootstrap()
    Duty.objects.create(name=NAME, due_at="2100-01-01T00:00Z", failures=0)
    each = context.count(TRANSACTIONS)
    workers = [_start(context, number, each) for number in range(PROCESSES)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()  # it has connected
    began = time.monotonic()
    for worker in workers:  # all of them, before any is waited for
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    results = [json.loads(worker.communicate()[0]) for worker in workers]
    seconds = time.monotonic() - began
    return _judge(results, PROCESSES * each, seconds, P99_MS * context.patience)


def _judge(
    results: list[dict[str, list[float] | dict[str, int]]], of: int, seconds: float, limit: float
) -> Verdict:
    from snapplatform.cluster.models import Duty
    from snapplatform.storage.models import Garbage

    times = [one for result in results for one in result["times"]]
    errors: Counter[str] = Counter()
    for result in results:
        errors.update(result["errors"])
    counted, rows = Duty.objects.get(name=NAME).failures, Garbage.objects.count()
    p99 = percentile(times, 0.99)
    details = {
        "lost": of - counted,
        "errors": dict(errors),
        "p50_ms": round(percentile(times, 0.5), 1),
        "p99_ms": round(p99, 1),
        "max_ms": round(max(times), 1),
        "transactions_per_second": round(counted / seconds),
    }
    problems = [f"p99 is {p99:.0f} ms, over {limit:.0f}"] if p99 > limit else []
    if rows != counted:
        problems.append(f"{counted} transactions were counted, but {rows} rows were added")
    return Verdict(counted, of, details, problems)


def _start(context: Context, number: int, count: int) -> subprocess.Popen[bytes]:
    return context.children.start(
        [*processes.python("bench.faults.sqlite"), str(number), str(count)],
        log=context.log(f"worker-{number}"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _work(number: int, count: int) -> None:
    """In a process of its own: says that it is ready, waits for a line, then prints times (ms) and errors."""
    import django

    django.setup()
    from django.db import DatabaseError, connection

    from snapplatform.storage.models import Bucket

    bucket = Bucket.objects.get()
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    times, errors = [], Counter[str]()
    for index in range(count):
        began = time.perf_counter()
        try:
            _transact(bucket, f"{number}-{index}")
        except DatabaseError as error:
            errors[str(error)] += 1
        times.append(1000 * (time.perf_counter() - began))
    print(json.dumps({"times": times, "errors": errors}))


def _transact(bucket: object, blob: str) -> None:
    from django.db import transaction

    from snapplatform.cluster.models import Duty
    from snapplatform.storage.models import Garbage

    with transaction.atomic():
        before = Duty.objects.get(name=NAME).failures
        Garbage.objects.create(bucket=bucket, blob=blob)
        Duty.objects.filter(name=NAME).update(failures=before + 1)


if __name__ == "__main__":
    _work(int(sys.argv[1]), int(sys.argv[2]))
