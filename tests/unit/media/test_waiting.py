"""Groups take turns for the decoders, and one group leaves a decoder to the others."""

import asyncio

import pytest

from snapplatform.media import waiting
from snapplatform.media.codec import CodecConfig
from snapplatform.media.counts import PoolStats
from snapplatform.media.types import PictureRequest
from snapplatform.media.waiting import Job, WaitingLine

CONFIG = CodecConfig("h264", b"")


class Line(WaitingLine):
    """A line that makes its jobs itself, and tells them by their groups."""

    def __init__(self, decoders: int) -> None:
        super().__init__(decoders, PoolStats())

    def ask(self, *groups: str) -> list[Job]:
        jobs = [Job(PictureRequest(CONFIG, [], [], group=group), 1.0, asyncio.Future()) for group in groups]
        for job in jobs:
            self.add(job)
        return jobs

    def given(self, count: int) -> list[str]:
        """The groups of the next jobs, each done before the following is taken."""
        groups = []
        for _ in range(count):
            job = self.take()
            groups.append(str(job.request.group))
            self.done(job)
        return groups


async def test_groups_take_turns_whoever_asked_more():
    line = Line(1)
    line.ask("a", "a", "a", "b", "b", "c")
    assert line.given(6) == ["a", "b", "c", "a", "b", "a"]


async def test_inside_a_group_the_first_comes_first():
    line = Line(1)
    jobs = line.ask("a", "a", "a")
    taken = []
    for _ in jobs:
        taken.append(line.take())
        line.done(taken[-1])
    assert taken == jobs


async def test_one_group_leaves_a_decoder_to_others_that_ask():
    line = Line(3)
    line.ask("other")
    line.done(line.take())  # nobody else waits now, but somebody did a moment ago
    line.ask("busy", "busy", "busy")
    running = [line.take(), line.take()]
    assert line.take() is None
    line.ask("other")
    assert line.take().request.group == "other"
    line.done(running[0])
    assert line.take().request.group == "busy"


async def test_a_group_that_is_alone_uses_every_decoder(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr(waiting.clock, "monotonic", lambda: now)
    line = Line(2)
    line.ask("other", "busy", "busy")
    assert line.given(1) == ["other"]
    assert line.take().request.group == "busy"
    assert line.take() is None
    now += 2 * waiting.LATELY_SECONDS
    assert line.take().request.group == "busy"


async def test_with_one_decoder_nobody_is_held_back():
    line = Line(1)
    line.ask("a", "b")
    assert line.given(2) == ["a", "b"]


async def test_requests_without_a_group_are_one_group():
    line = Line(2)
    line.ask(None, None)
    assert line.take() and line.take()


async def test_what_is_dropped_leaves_nothing_behind():
    line = Line(1)
    jobs = line.ask("a", "a", "b")
    assert [line.drop(job) for job in jobs] == [True] * 3
    assert not line.drop(jobs[0])
    assert (len(line), line._waiting) == (0, {})


async def test_a_taken_job_cannot_be_dropped():
    line = Line(1)
    [job] = line.ask("a")
    assert line.take() is job
    assert not line.drop(job)
    assert line._stats == PoolStats(running=1)


async def test_what_was_held_back_is_heard_of_when_its_turn_comes():
    line = Line(2)
    line.ask("other", "busy", "busy")
    line.given(1)
    first = line.take()
    assert line.take() is None
    heard = asyncio.ensure_future(line.changed())
    await asyncio.sleep(0)
    assert not heard.done()
    line.done(first)
    await asyncio.wait_for(heard, 5)
    assert line.take()


async def test_who_asked_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(waiting.clock, "monotonic", lambda: now)
    line = Line(1)
    for number in range(1000):
        now += 1
        line.ask(f"stream {number}")
        line.given(1)
        line.ask("watcher")
        blocker = line.take()
        line.ask("watcher")
        assert line.take() is None  # looks who else asked
        line.done(blocker)
        line.given(1)
    assert len(line._asked) < 2 * waiting.LATELY_SECONDS
