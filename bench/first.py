"""From the first keyframe of a new stream to its first picture on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bench.peers import Peers
from bench.stand import Stand

# ffmpeg's processes start one after the other, far enough apart not to be in each other's way.
APART_SECONDS = 0.5
PATIENCE_SECONDS = 15.0


@dataclass(slots=True)
class Firsts:
    """Milliseconds, one a repetition. `single`: ffmpeg takes one picture and ends; `periodic`: as in load."""

    ours: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)
    periodic: list[float] = field(default_factory=list)


def run(stand: Stand, repetitions: int) -> Firsts:
    """A job waits for the stream, or ffmpeg is started when the server has accepted the publisher."""
    found = Firsts(_ours(stand, repetitions))
    if stand.has_peers:
        found.single = _peers(stand, repetitions, once=True)
        found.periodic = _peers(stand, repetitions, once=False)
    return found


def _ours(stand: Stand, repetitions: int) -> list[float]:
    site, found = stand.site, []
    site.start()
    try:
        time.sleep(1.0)
        for name in site.names[:repetitions]:
            sent = stand.fleet.publish([name], site.port)[name]
            site.wait_for(
                lambda name=name, sent=sent: bool(site.snapshots(sent, name=name)), f"a picture of {name}"
            )
            found.append((site.snapshots(sent, name=name)[0]["stored_at"].timestamp() - sent) * 1000)
            stand.fleet.stop()
            site.wait_for(lambda: not site.live(), "the stream to end")
    finally:
        site.stop()
    return found


def _peers(stand: Stand, repetitions: int, *, once: bool) -> list[float]:
    peers, sent = stand.peers(), {}
    for name in stand.site.names[:repetitions]:
        stand.fleet.begin([name], stand.origin)
        stand.fleet.wait("publishing", name)
        if once:
            peers.start_single(name)
        else:
            peers.start_each([name])
        sent[name] = stand.fleet.wait("live", name)["keyframe_at"]
        time.sleep(APART_SECONDS)
    peers.wait_for_pictures(repetitions, PATIENCE_SECONDS)
    time.sleep(1.0)  # a picture that was begun is written
    peers.stop()
    stand.fleet.stop()
    return [_milliseconds(peers, name, moment) for name, moment in sent.items()]


def _milliseconds(peers: Peers, name: str, sent: float) -> float:
    written = peers.first_picture(name)
    assert written is not None, "wait_for_pictures() has seen it"
    return (written - sent) * 1000
