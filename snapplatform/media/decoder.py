"""The decoder process, started by child.py as `python -m snapplatform.media.decoder PARENT_PID`.

Ties its life to the parent's before it loads the libraries, which takes a quarter of a second: a parent that
is killed meanwhile takes it along.
"""

from __future__ import annotations

import sys

from snapplatform.lifeline import die_with_parent


def main() -> None:
    die_with_parent(int(sys.argv[1]))
    from .decoding import serve  # noqa: PLC0415 - see above

    serve()


if __name__ == "__main__":
    main()
