"""No child outlives the process that started it, however that one went: a pipe, and the kernel's signal."""

import ctypes
import os
import signal
import sys
import threading

VARIABLE = "SNAPPLATFORM_LIFELINE"
_PR_SET_PDEATHSIG = 1
_WATCH_STACK = 128 * 1024


class Lifeline:
    """The supervisor's end. Nobody ever writes into the pipe: that it ends is the news."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()

    def environment(self) -> dict[str, str]:
        """What a child needs in its environment, besides `read_end` among its inherited files."""
        return {VARIABLE: str(self.read_end)}

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self._write_end)


def follow() -> None:
    """In a child: end when the supervisor ends. Does nothing in a process that nobody supervises.

    Call it first thing, before slow imports. The kernel's signal also ends a process that is stuck in C code
    with the interpreter's lock held; the pipe works on every system, and if the supervisor died before this.
    """
    text = os.environ.pop(VARIABLE, "")
    if not text:
        return
    read_end = int(text)
    os.set_inheritable(read_end, False)
    die_with_parent()
    before = threading.stack_size(_WATCH_STACK)
    threading.Thread(target=_exit_at_end, args=(read_end,), name="lifeline", daemon=True).start()
    threading.stack_size(before)


def die_with_parent(parent: int | None = None) -> None:
    """Let the kernel kill this process when its parent is gone, where the kernel can (Linux).

    Given the parent's pid, also end now if the parent went before this took effect.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(0)


def _exit_at_end(read_end: int) -> None:
    os.read(read_end, 1)
    # Not sys.exit(): clean-up of a process that nobody owns could write where another one writes now.
    os._exit(1)
