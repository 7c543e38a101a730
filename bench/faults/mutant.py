"""A command of the platform with lines of its source changed on the way in.

    python -m bench.faults.mutant \
        '{"snapplatform.cluster.nodes": [["TTL_SECONDS = 10.0", "TTL_SECONDS = 4.0"]]}' capture

For shorter leases, and to show that a check finds the fault whose guard is taken away. Nothing of it is in
the platform; a change that does not fit the source (any more) stops the process.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

Changes = dict[str, list[list[str]]]  # module -> [[text, other text], ...]

SHORT_LEASE_SECONDS = 4.0
SHORT_LEASE: Changes = {
    "snapplatform.cluster.nodes": [["TTL_SECONDS = 10.0", f"TTL_SECONDS = {SHORT_LEASE_SECONDS}"]],
    "snapplatform.node.lease": [["MARGIN_SECONDS = 2.0", "MARGIN_SECONDS = 0.8"]],
}


def command(changes: Changes, *words: str) -> list[str]:
    """How to start it."""
    return [sys.executable, "-m", "bench.faults.mutant", json.dumps(changes), *words]


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, changes: list[list[str]]) -> None:
        super().__init__(fullname, path)
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        for before, after in self._changes:
            if source.count(before) != 1:
                raise SystemExit(f"{fullname} holds {before!r} {source.count(before)} times, not once")
            source = source.replace(before, after)
        return compile(source, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._changes:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert found is not None and found.origin is not None, fullname
        return importlib.util.spec_from_file_location(
            fullname, found.origin, loader=_Loader(fullname, found.origin, self._changes[fullname])
        )


if __name__ == "__main__":
    sys.meta_path.insert(0, _Finder(json.loads(sys.argv[1])))
    sys.argv[:2] = ["manage.py"]
    import manage

    manage.main()
