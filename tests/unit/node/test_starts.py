"""First pictures take turns, so that the pictures of other jobs find a decoder."""

import asyncio
from collections.abc import Callable

from snapplatform.node.starts import Starts


class Captures:
    """Captures that end when they are told to."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._ends = [asyncio.Event() for _ in range(10)]

    def take(self, number: int) -> "Callable[[], asyncio.Task[None]]":
        def take() -> "asyncio.Task[None]":
            self.begun.append(number)
            return asyncio.get_running_loop().create_task(self._run(number))

        return take

    async def end(self, number: int) -> None:
        self._ends[number].set()
        await turns()

    async def _run(self, number: int) -> None:
        await self._ends[number].wait()


async def turns() -> None:
    """Let a task end, its callbacks run, and what they start begin."""
    for _ in range(6):
        await asyncio.sleep(0)


async def test_as_many_begin_as_there_is_room_and_the_others_follow_in_their_order() -> None:
    starts, captures = Starts(2), Captures()
    for number in range(5):
        starts.ask(f"stream {number}", captures.take(number))
    await turns()
    assert captures.begun == [0, 1]
    await captures.end(1)
    assert captures.begun == [0, 1, 2]
    await captures.end(0)
    await captures.end(2)
    assert captures.begun == [0, 1, 2, 3, 4]


async def test_the_jobs_of_one_stream_go_together_and_hold_one_place() -> None:
    starts, captures = Starts(1), Captures()
    for number, stream in enumerate("abab"):
        starts.ask(stream, captures.take(number))
    await turns()
    assert captures.begun == [0, 2]
    await captures.end(0)
    assert captures.begun == [0, 2]
    await captures.end(2)
    assert captures.begun == [0, 2, 1, 3]


async def test_a_stream_that_has_nothing_to_take_gives_its_turn_to_the_next() -> None:
    starts, captures = Starts(1), Captures()
    starts.ask("empty", lambda: None)
    starts.ask("a", captures.take(0))
    starts.ask("empty too", lambda: None)
    starts.ask("b", captures.take(1))
    await turns()
    assert captures.begun == [0]
    await captures.end(0)
    assert captures.begun == [0, 1]


async def test_a_capture_that_fails_gives_its_place_back() -> None:
    starts, captures = Starts(1), Captures()

    async def fail() -> None:
        raise RuntimeError("a picture was lost")

    task = asyncio.get_running_loop().create_task(fail())
    starts.ask("a", lambda: task)
    starts.ask("b", captures.take(0))
    await asyncio.wait({task})
    await turns()
    assert captures.begun == [0]
