"""What a check of storage may find, and the report of one bucket."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import IO, Any, NamedTuple, Self
from uuid import UUID

from snapplatform.storage.models import Bucket


class Kind(StrEnum):
    """Kinds of findings; docs/storage.md says what each means and what to do."""

    MISSING = "missing"
    ORPHANED = "orphaned"
    WRONG_SIZE = "wrong size"
    WRONG_HASH = "wrong hash"
    UNREADABLE = "unreadable"
    TEMPORARY = "temporary"
    GARBAGE = "garbage"
    FOREIGN = "foreign"


# What a row and its file can suffer: these make the share that stops a repair.
LOSSES = (Kind.MISSING, Kind.ORPHANED, Kind.WRONG_SIZE, Kind.WRONG_HASH, Kind.UNREADABLE)
# What `--repair WORD` mends. Foreign and unreadable things are a person's to judge.
REPAIRS = {
    "missing": frozenset({Kind.MISSING}),
    "orphaned": frozenset({Kind.ORPHANED}),
    "wrong": frozenset({Kind.WRONG_SIZE, Kind.WRONG_HASH}),
    "temporary": frozenset({Kind.TEMPORARY}),
}
REPAIRS["all"] = frozenset().union(*REPAIRS.values())


class Finding(NamedTuple):
    """One thing that is wrong. `row` and `size` (expected) are of the ledger's row, where there is one."""

    kind: Kind
    blob: str
    row: UUID | None = None
    size: int = 0
    key: str = ""

    def __str__(self) -> str:
        return printable(f"{self.blob}  ({self.key})" if self.key else self.blob)


class Findings:
    """Findings kept for a repair: on disk, so that memory stays flat when there are millions."""

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._file.close()

    def add(self, finding: Finding) -> None:
        fields = [finding.kind, finding.blob, finding.row and finding.row.hex, finding.size]
        self._file.write(json.dumps(fields) + "\n")

    def batches(self, size: int) -> Iterator[list[Finding]]:
        """All of them in the order they came, at most `size` at a time."""
        self._file.seek(0)
        while lines := list(islice(self._file, size)):
            yield [self._read(line) for line in lines]

    @staticmethod
    def _read(line: str) -> Finding:
        kind, blob, row, size = json.loads(line)
        return Finding(Kind(kind), blob, row and UUID(row), size)


class Report:
    """Counts and examples of one bucket. `trouble`: why it could not be checked to its end, or "".

    `stopped`: what the breaker says when it forbids the repair, or "".
    """

    def __init__(self, bucket: Bucket, examples: int = 5) -> None:
        self.bucket = bucket
        self.rows = self.files = 0
        self.found: Counter[Kind] = Counter()
        self.repaired: Counter[Kind] = Counter()
        self.vanished: Counter[Kind] = Counter()  # right by the time of their repair
        self.examples: dict[Kind, list[str]] = {}
        self.trouble = self.stopped = ""
        self.limit = examples  # examples kept of each kind

    def add(self, finding: Finding) -> None:
        self.found[finding.kind] += 1
        shown = self.examples.setdefault(finding.kind, [])
        if len(shown) < self.limit:
            shown.append(str(finding))

    def foreign(self, name: str) -> None:
        self.add(Finding(Kind.FOREIGN, name))

    @property
    def wrong(self) -> int:
        return sum(self.found[kind] for kind in LOSSES)

    @property
    def objects(self) -> int:
        """How many things were compared: rows, and files without one."""
        return self.rows + self.found[Kind.ORPHANED]

    def left(self, kind: Kind) -> int:
        """How many are still wrong."""
        return self.found[kind] - self.repaired[kind] - self.vanished[kind]

    @property
    def ok(self) -> bool:
        """Foreign things do no harm; everything else that is left does."""
        return not (self.trouble or self.stopped or any(self.left(k) for k in Kind if k != Kind.FOREIGN))

    def as_dict(self) -> dict[str, Any]:
        return {
            "bucket": str(self.bucket),
            "account": self.bucket.account.name,
            "ok": self.ok,
            "rows": self.rows,
            "files": self.files,
            "found": {kind.value: self.found[kind] for kind in Kind},
            "repaired": {kind.value: count for kind, count in self.repaired.items() if count},
            "examples": {kind.value: shown for kind, shown in self.examples.items()},
            "trouble": self.trouble,
            "stopped": self.stopped,
        }


def printable(text: str) -> str:
    """Names in a folder may hold anything, also what would drive a terminal."""
    safe = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return safe if len(safe) <= 300 else safe[:299] + "…"
