"""Figure 8: slow and silent streams, published to a node and pulled by the RTMP client. Each must be reported
as failed or waiting within twice its time limit and a second: none is waited for because bytes still come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from bench.faults import corpus, slow_pulls
from bench.faults import slow_sources as sources
from bench.faults.context import Context
from bench.faults.encoder import chunks
from bench.faults.onenode import OneNode
from bench.faults.slow_encoders import Case, Publishing
from bench.faults.verdict import Verdict
from snapplatform.rtmp import ClientLimits, EndKind, PullClient, PullTarget, RtmpUrl
from snapplatform.rtmp.messages import AUDIO

PULL_SECONDS = 3.0
PULL_LIMITS = ClientLimits(
    connect_seconds=PULL_SECONDS,
    handshake_seconds=PULL_SECONDS,
    answer_seconds=PULL_SECONDS,
    silence_seconds=PULL_SECONDS,
    video_seconds=PULL_SECONDS,
    keyframe_seconds=PULL_SECONDS,
)


def run(context: Context) -> Verdict:
    medium = corpus.media()[2]  # with sound
    node = OneNode(context, slow_pulls.allow_loopback())
    publishing = Publishing(node, medium)
    cases = publishing.cases()
    node.start()
    context.say("the node is there")
    return asyncio.run(_all(cases + _pulls(medium) + slow_pulls.cases(node, medium.messages), context))


async def _all(cases: list[Case], context: Context) -> Verdict:
    verdict = Verdict(0, len(cases))

    async def one(case: Case) -> None:
        began, bound = time.monotonic(), 2 * case.limit + 1
        try:
            async with asyncio.timeout(bound + 20):
                how = await case.act()
        except TimeoutError:
            how = ""
        took = time.monotonic() - began
        context.say(f"{case.name}: {how or 'not reported'} after {took:.1f} s")
        verdict.details[case.name] = {"reported": how, "seconds": round(took, 1), "bound": bound}
        if how and took <= bound:
            verdict.n += 1
        else:
            verdict.problems.append(f"{case.name}: {how or 'nothing'} after {took:.1f} s, over {bound:g}")

    await asyncio.gather(*(one(case) for case in cases))
    return verdict


def _pulls(medium: corpus.Medium) -> list[Case]:
    """What servers do to our client, which is told to wait 3 s for everything."""
    sent = medium.messages
    begun = sources.SHAKE + sources.PLAYING + sources.first_picture(sent)
    served = {
        "accepts and is silent": sources.serving(sources.silent),
        "connect black hole": sources.black_hole(),
        "handshake dribbled": sources.serving(sources.dribbles(b"", sources.SHAKE)),
        "answers no command": sources.serving(sources.shakes_hands),
        "a frame dribbled": sources.serving(sources.dribbles(begun, chunks(sent))),
        "data, then silence": sources.serving(sources.says(begun)),
        "the picture goes, sound stays": sources.serving(sources.plays(sent, only=AUDIO)),
        "sound alone": sources.serving(sources.plays(sources.sound_of(sent))),
    }
    cases = [Case(f"pull: {name}", PULL_SECONDS, _pull(server)) for name, server in served.items()]
    slow = sources.serving(sources.plays(sources.keyframe_last(sent), slower=sources.SLOWNESS))
    return [
        *cases,
        Case("pull: a keyframe at a tenth of the speed", PULL_SECONDS, _pull(slow, keyframe=True)),
    ]


def _pull(
    server: AbstractAsyncContextManager[int], *, keyframe: bool = False
) -> Callable[[], Awaitable[str]]:
    async def run() -> str:
        async with server as port:
            target = PullTarget(RtmpUrl.parse(f"rtmp://127.0.0.1:{port}/live/cam"), "127.0.0.1")
            sink = Nothing()
            end = await PullClient(PULL_LIMITS).pull(target, sink, until_keyframe=keyframe)
            assert sink.closed, "the sink was left open"
            return "" if end.kind is EndKind.ENDED else str(end)

    return run


class Nothing:
    """A sink that keeps nothing."""

    closed = False
    patience = 0.0

    def metadata(self, payload: bytes) -> None: ...

    def video(self, timestamp: int, payload: bytes) -> None: ...

    def audio(self, timestamp: int, payload: bytes) -> None: ...

    def close(self, reason: str) -> None:
        self.closed = True
