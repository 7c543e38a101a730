"""First pictures, a few at a time: a hundred jobs started together must not hold up the others' ticks."""

import asyncio
from collections.abc import Callable

Take = Callable[[], "asyncio.Task[None] | None"]


class Starts:
    """Lets the first pictures of `width` streams be on their way at once; streams take turns in the order in
    which they asked first, and the jobs of one stream go together, because they share a decode.

    A first picture has no moment of its own on its job's grid: its tick is when its turn comes.
    """

    def __init__(self, width: int) -> None:
        self._free = width
        self._line: dict[object, list[Take]] = {}

    def ask(self, stream: object, take: Take) -> None:
        """Call `take` at the stream's turn, in a later turn of the loop. It gives the capture it began, or
        None."""
        self._line.setdefault(stream, []).append(take)
        asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        while self._free and self._line:
            takes = self._line.pop(next(iter(self._line)))
            captures = {capture for take in takes if (capture := take()) is not None}
            if captures:
                self._free -= 1
                _Party(captures, self._done)

    def _done(self) -> None:
        self._free += 1
        self._go()


class _Party:
    """Captures that hold one place until the last of them has ended."""

    def __init__(self, captures: "set[asyncio.Task[None]]", done: Callable[[], None]) -> None:
        self._left = len(captures)
        self._all_done = done
        for capture in captures:
            capture.add_done_callback(self._ended)

    def _ended(self, capture: "asyncio.Task[None]") -> None:
        self._left -= 1
        if not self._left:
            self._all_done()
