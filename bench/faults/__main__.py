"""`python -m bench.faults NAME --seed N`: one line of JSON, then `N of N`. Exit code 0 only when all held."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from random import Random

from bench.faults import databases, interrupts
from bench.faults.children import Children
from bench.faults.context import Context
from bench.faults.registry import FIGURES, Figure
from bench.faults.verdict import Verdict
from snapplatform.ops.ports import free_port

CANNOT_RUN = 2
INTERRUPTED = 130
KEPT = Path(tempfile.gettempdir()) / "snapplatform-faults-logs"


def main() -> int:
    options = _options()
    if options.list:
        for figure in sorted(FIGURES.values(), key=lambda one: one.number):
            print(f"{figure.number:>3}  {figure.name:<12} {figure.title} ({', '.join(figure.databases)})")
        return 0
    figure = FIGURES[options.name]
    interrupts.install(figure.limit)
    try:
        return _run(figure, options)
    except KeyboardInterrupt:
        print("stopped; every process has ended", file=sys.stderr)
        return INTERRUPTED
    except RuntimeError as error:
        print(f"✗ {error}", file=sys.stderr)
        return CANNOT_RUN


def _run(figure: Figure, options: argparse.Namespace) -> int:
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"snapplatform-faults-{figure.name}-"))
    database = options.database or figure.databases[0]
    try:
        with ExitStack() as stack:
            children = Children()
            stack.callback(children.end_all)
            shared = "" if figure.own_server else os.environ.get("SNAP_TEST_DATABASE_URL", "")
            url, server = stack.enter_context(databases.fresh(database, folder, children, shared))
            stack.callback(children.end_all)  # before the database goes
            _point_at(folder / "site", url, stack)
            run = import_module(f"bench.faults.{figure.name}").run  # only now: it may import Django's models
            context = Context(
                figure.name,
                options.seed,
                options.scale,
                options.patience,
                database,
                folder,
                stack,
                children,
                Random(options.seed),
                server,
                dict(options.set),
            )
            verdict: Verdict = run(context)
        signal.alarm(0)
        head = {"name": figure.name, "figure": figure.number, "seed": options.seed, "scale": options.scale}
        print(verdict.line(**head, database=database, seconds=round(time.monotonic() - began, 1)))
        print(f"{verdict.n} of {verdict.of}", flush=True)
        if verdict.passed:
            return 0
        _keep(folder)
        return 1
    except (RuntimeError, AssertionError):
        _keep(folder)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("name", nargs="?", choices=list(FIGURES), metavar="NAME", help="see --list")
    parser.add_argument("--list", action="store_true", help="the figures and what they show")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 makes a tenth of the trials")
    parser.add_argument(
        "--set", action="append", default=[], type=_number, metavar="NAME=NUMBER", help="the figure's own"
    )
    parser.add_argument(
        "--patience", type=float, default=1.0, help="multiply limits of time: for tests on busy machines"
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    if not options.list and options.name is None:
        parser.error("name a figure, or --list")
    if options.name and options.database and options.database not in FIGURES[options.name].databases:
        parser.error(f"{options.name} runs on {' or '.join(FIGURES[options.name].databases)}")
    return options


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def _point_at(data_dir: Path, database_url: str, stack: ExitStack) -> None:
    """Make this process, and all that it starts, a part of a new site."""
    for name in [name for name in os.environ if name.startswith(("SNAP_", "DJANGO_"))]:
        del os.environ[name]
    data_dir.mkdir(mode=0o700)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "snapplatform.settings",
        "SNAP_DATA_DIR": str(data_dir),
        "SNAP_DATABASE_URL": database_url,
        "SNAP_HTTP_PORT": str(free_port()),
        "SNAP_RTMP_PORT": str(free_port()),
        "SNAP_LOG_FORMAT": "console",
        "SNAP_ALLOWED_NETWORKS": "127.0.0.0/8",  # the sources of pulled streams
    }
    import django

    django.setup()
    from snapplatform.ops.reach import leave_database

    stack.callback(leave_database)


def _keep(folder: Path) -> None:
    """The logs of a run that failed."""
    kept = KEPT / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, kept)
    print(f"logs are kept in {kept}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
