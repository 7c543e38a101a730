"""The supervisor with small children of every temper: what dies, who lives on, how it stops."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from snapplatform.ops import backoff, supervisor
from snapplatform.ops.stopping import SAME_SIGNAL_SECONDS
from tests.ops.processes import Running, milliseconds_until_gone, started

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")

# Five times the aim of 100 ms, twice: the machine may be busy with other tests.
GONE_MS = 1000

_CHILD = r"""
import os, signal, sys, time
from snapplatform import lifeline
lifeline.follow()
kind = sys.argv[1]
if kind in ("stubborn",):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
def tidy(*_):
    time.sleep(0.3)
    os.write(1, b"tidied up\n")
    sys.exit(0)
if kind == "tidy":
    signal.signal(signal.SIGTERM, tidy)
os.write(1, f"child {kind} {os.getpid()}\n".encode())  # in one piece: the pipe is shared
if kind == "gives-up":
    sys.exit(os.EX_CONFIG)
if kind == "dies":
    sys.exit(3)
if kind == "buried":
    sys.exit(os.EX_TEMPFAIL)
if kind == "stuck":
    sum(range(10**12))  # C code that never lets the interpreter's lock go
time.sleep(600)
"""

_SUPERVISOR = f"""
import asyncio, logging, os, sys
from snapplatform.ops.supervisor import ChildSpec, Supervisor
logging.basicConfig(level="INFO", stream=sys.stdout)
options = {{}}
PREPARE
child = {_CHILD!r}
command = [sys.executable, "-c", child]
specs = [ChildSpec(f"{{kind}}-{{n}}", [*command, kind]) for n, kind in enumerate(sys.argv[2:])]
options |= {{"environment": dict(os.environ), "grace": float(sys.argv[1])}}
sys.exit(asyncio.run(Supervisor(specs, **options).run()))
"""


@contextmanager
def supervising(*kinds: str, grace: float = 8.0, prepare: str = "") -> Iterator[Running]:
    script = _SUPERVISOR.replace("PREPARE", prepare)
    with started([sys.executable, "-c", script, str(grace), *kinds], dict(os.environ)) as running:
        yield running


def pids_of(running: Running, *kinds: str) -> list[int]:
    found = {}
    while len(found) < len(kinds):
        _, kind, pid = running.expect("child ").split()
        found[kind, pid] = int(pid)
    return list(found.values())


@pytest.mark.parametrize("kinds", [("calm", "calm"), ("calm", "stubborn"), ("stuck",)])
def test_children_are_gone_at_once_when_the_supervisor_is_killed(kinds: tuple[str, ...]) -> None:
    with supervising(*kinds) as running:
        pids = pids_of(running, *kinds)
        gone = milliseconds_until_gone(pids, running.process.kill)
        print(f"gone after {gone:.1f} ms")
        assert gone < GONE_MS


def test_a_child_that_starts_while_the_supervisor_dies_does_not_live_on() -> None:
    with supervising("calm") as running:
        running.expect("started as process")
        pids = [member.pid for member in running.family()]
        assert milliseconds_until_gone(pids, running.process.kill) < 10 * GONE_MS


def test_term_ends_children_and_supervisor() -> None:
    with supervising("calm", "calm") as running:
        pids = pids_of(running, "calm", "calm")
        milliseconds_until_gone(pids, running.process.terminate)
        assert running.wait() == 0


def test_a_child_that_ignores_term_is_killed_after_the_grace() -> None:
    with supervising("stubborn", "calm", grace=0.5) as running:
        pids = pids_of(running, "stubborn", "calm")
        gone = milliseconds_until_gone(pids, running.process.terminate)
        assert running.wait() == 0
        assert 500 <= gone < 5000
        assert any("killing what did not stop: stubborn" in line for line in running.lines)


def test_a_second_signal_kills_at_once() -> None:
    with supervising("stubborn", grace=60) as running:
        pids = pids_of(running, "stubborn")
        running.process.send_signal(signal.SIGINT)
        running.expect("stopping")
        time.sleep(2 * SAME_SIGNAL_SECONDS)  # a second wish, not the first one sent twice
        assert milliseconds_until_gone(pids, running.process.terminate) < 5000
        assert running.wait() == 0


def test_one_wish_sent_twice_is_one_wish() -> None:
    """As timeout(1) does, and a terminal together with a script."""
    with supervising("calm") as running:
        pids_of(running, "calm")
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 0
        assert not any("killing" in line for line in running.lines)


def test_a_dead_child_is_started_again_later_each_time() -> None:
    with supervising("dies") as running:
        first = running.expect("ended with code 3 and starts again in")
        second = running.expect("ended with code 3 and starts again in")
        assert first.rstrip().endswith("0.5 s")
        assert second.rstrip().endswith("1.0 s")
        assert running.end(signal.SIGTERM) == 0


def test_a_killed_child_is_replaced_and_the_others_stay() -> None:
    with supervising("calm", "stubborn") as running:
        one, other = pids_of(running, "calm", "stubborn")
        os.kill(one, signal.SIGKILL)
        assert pids_of(running, "calm")[0] not in (one, other)
        os.kill(other, 0)
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGTERM)


def test_a_child_that_gives_up_stops_everything_with_its_code() -> None:
    with supervising("calm", "gives-up") as running:
        assert running.wait() == supervisor.GIVE_UP
        text = "".join(running.lines)
        assert "gives-up-1 can't run here" in text
        assert "starts again" not in text


_NO_PROCESS = """
real, starts = asyncio.create_subprocess_exec, []
async def flaky(*command, **options):
    starts.append(command[-1])
    if starts.count("dies") in (2, 3) and command[-1] == "dies":
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return await real(*command, **options)
asyncio.create_subprocess_exec = flaky
"""


def test_a_child_that_can_not_be_started_is_tried_again_and_the_others_stay() -> None:
    with supervising("tidy", "dies", prepare=_NO_PROCESS) as running:
        running.expect("dies-1 ended with code 3 and starts again in 0.5 s")
        why = "dies-1 could not be started ([Errno 11] Resource temporarily unavailable)"
        running.expect(f"{why} and starts again in 1.0 s")
        running.expect(f"{why} and starts again in 2.0 s")
        running.expect("dies-1 ended with code 3 and starts again in 4.0 s")
        assert running.end(signal.SIGTERM) == 0
        running.expect("tidied up")


def test_a_fault_in_the_supervisor_stops_the_children_in_good_order_with_code_1() -> None:
    prepare = "options = {'forget': lambda pid, seen=[]: seen.append(pid) or (len(seen) == 1 and 1 / 0)}"
    with supervising("tidy", "calm", prepare=prepare) as running:
        pids_of(running, "tidy", "calm")
        [calm] = [line for line in running.lines if line.startswith("child calm")]
        os.kill(int(calm.split()[2]), signal.SIGKILL)
        running.expect("the supervisor failed")
        running.expect("tidied up")
        assert running.wait() == 1
        assert not any("killing" in line for line in running.lines)


def test_what_a_dead_child_leaves_behind_is_no_reason_to_stop() -> None:
    prepare = "options = {'forget': lambda pid: os.unlink('/nowhere/at/all')}"
    with supervising("dies", prepare=prepare) as running:
        running.expect("starts again in 0.5 s")
        running.expect("starts again in 1.0 s")


def test_a_child_that_asks_for_a_new_start_gets_it_at_once_but_not_for_ever() -> None:
    with supervising("buried") as running:
        running.expect("ended with code 75 and starts again in 0.0 s")
        running.expect("ended with code 75 and starts again in 1.0 s")


def test_back_off_grows_to_its_limit_and_forgets_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(backoff.clock, "monotonic", lambda: now)
    paced = backoff.Backoff()
    delays = []
    for _ in range(9):
        paced.started()
        delays.append(paced.delay())
        now += delays[-1]
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    paced.started()
    now += 3600
    assert paced.delay() == 0.5


def test_no_child_is_started_more_often_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that lives just long enough to look healthy each time."""
    now = 0.0
    monkeypatch.setattr(backoff.clock, "monotonic", lambda: now)
    monkeypatch.setattr(backoff, "_HEALTHY_SECONDS", 1.0)
    paced = backoff.Backoff()
    starts = []
    while now < 1200:
        starts.append(now)
        paced.started()
        now += 1
        now += paced.delay()
    for begin in starts:
        assert sum(begin <= start < begin + 600 for start in starts) <= 20


def test_nothing_follows_outside_of_supervision(monkeypatch: pytest.MonkeyPatch) -> None:
    from snapplatform import lifeline

    monkeypatch.delenv(lifeline.VARIABLE, raising=False)
    began = time.monotonic()
    lifeline.follow()
    assert time.monotonic() - began < 5
