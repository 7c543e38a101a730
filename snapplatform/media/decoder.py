"""The decoder process, started by child.py as `python -m snapplatform.media.decoder PARENT_PID`.

Ties its life to the parent's before it loads the libraries, which takes a quarter of a second: a parent that
is killed meanwhile takes it along.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    _die_with(int(sys.argv[1]))
    from .decoding import serve  # noqa: PLC0415 - see above

    serve()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have gone before the line above took effect.
    if os.getppid() != parent:
        os._exit(0)


if __name__ == "__main__":
    main()
