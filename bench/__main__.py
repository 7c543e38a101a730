"""`make bench`: python -m bench [--quick] [--only NAME ...] [--seed N]. Writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from bench import page, plan, site

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job is started with SIGINT ignored
        signal.signal(number, _interrupted)
    random.seed(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="snapplatform-bench-"))
    try:
        port = site.configure(folder)
        from bench.run import run  # after configure(): it needs Django's settings

        chosen = plan.QUICK if options.quick else plan.FULL
        results = run(folder, port, chosen, options.only, command=_command(), date=_today())
        text = page.render(results)
        print(f"\n{text}")
        _keep(options.quick, options.only, text)
    except KeyboardInterrupt:
        print("\nstopped; every process has ended, and the page is as it was", file=sys.stderr)
        return 130
    except RuntimeError as error:
        kept = Path(tempfile.gettempdir()) / "snapplatform-bench-logs"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(
            folder, kept, ignore=lambda at, names: [n for n in names if not _worth_keeping(at, n)]
        )
        print(f"✗ {str(error).replace(str(folder), str(kept))}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in two minutes; the page stays as it is")
    parser.add_argument("--only", action="append", choices=plan.NAMES, help="may be given several times")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the ways in each repetition")
    options = parser.parse_args()
    options.only = options.only or list(plan.NAMES)
    return options


def _keep(quick: bool, only: list[str], text: str) -> None:
    """A part must not replace the whole."""
    if quick or set(only) != set(plan.NAMES):
        print("docs/benchmarks.md stays as it is: only a whole run goes there")
    else:
        page.write(PAGE, text)
        print(f"written to {PAGE}")


def _worth_keeping(folder: str, name: str) -> bool:
    return name.endswith(".log") or (name.startswith("ffmpeg-") and os.path.isdir(os.path.join(folder, name)))


def _command() -> str:
    return " ".join(["python -m bench", *sys.argv[1:]])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
