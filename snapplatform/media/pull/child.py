"""The process that reads streams: `python -m snapplatform.media.pull.child PARENT_PID`, from processes.py.

Ties its life to the parent's before it loads the libraries: a parent that is killed meanwhile takes it along.
"""

from __future__ import annotations

import os
import sys

from snapplatform.lifeline import die_with_parent

_FILES = 1 << 20


def main() -> None:
    die_with_parent(int(sys.argv[1]))
    os.closerange(3, _FILES)  # uvloop leaves copies behind
    from .serving import serve  # noqa: PLC0415 - see above

    serve()


if __name__ == "__main__":
    main()
