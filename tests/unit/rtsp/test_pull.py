"""The client against a small server: what it asks, what it gives, and how it leaves."""

import asyncio
from itertools import chain

import pytest

from snapplatform.rtsp import ClientLimits, EndKind, PullClient
from snapplatform.rtsp.one_keyframe import OneKeyframe
from tests.unit.rtmp.serving import eventually
from tests.unit.rtsp.feeding import Recorder, packed, sample
from tests.unit.rtsp.packets import Packer, bye, interleaved, rtp, sender_report
from tests.unit.rtsp.playing import QUICK, endless, gops, saying, target, wire
from tests.unit.rtsp.server import SDP, SOUND, Server, listening
from tests.unit.rtsp.test_aac import payload
from tests.unit.rtsp.units import numbers

NOON = 1_790_000_000.25
FAREWELL = interleaved(bye(), 1)


async def test_a_stream_from_options_to_its_farewell() -> None:
    server = Server(play=saying(*gops(30), FAREWELL))
    sink, client = Recorder(), PullClient()
    async with listening(server) as port:
        end = await client.pull(target(port, "live/cam?key=a%20b"), sink)
        await server.gone.wait()
        base = f"rtsp://127.0.0.1:{port}/live/cam?key=a%20b"
    assert (end.kind, end.detail) == (EndKind.ENDED, "BYE")
    assert end.bytes_in == client.stats.bytes_in > 40_000
    assert sink.ended == ["ended: BYE"]
    assert sink.shown == [(index * 40, not index % 10) for index in range(30)]
    assert client.stats.pulls == 0
    assert client.stats.ended == {EndKind.ENDED: 1}
    assert [(one.method, one.url) for one in server.asked] == [
        ("OPTIONS", base),
        ("DESCRIBE", base),
        ("SETUP", f"{base}/trackID=0"),
        ("PLAY", f"{base}/"),
        ("TEARDOWN", f"{base}/"),
    ]
    setup, play, teardown = server.asked[2:]
    assert setup.headers["transport"] == "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert play.headers["session"] == teardown.headers["session"] == "12345678"
    assert [one.sequence for one in server.asked] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_pictures_of_an_encoder_arrive_whole(codec: str) -> None:
    config, packets = sample(codec, 25, bframes=2)  # type: ignore[arg-type]
    parts = [wire(unit) for unit in packed(config, packets, Packer(codec))]
    sdp = SDP.format(parameters="").replace("H264", "H264" if codec == "h264" else "H265")
    sink = Recorder()
    async with listening(Server(sdp, saying(b"".join(parts), FAREWELL))) as port:
        await PullClient().pull(target(port), sink)
    # The last one's end is not known for sure before another one comes, or the marker was trusted.
    assert numbers(sink) == list(range(25))


def test_nothing_passes_after_the_first_keyframe() -> None:
    """One packet can end a keyframe and bring the whole next picture."""
    sink, left = Recorder(), list[str]()
    one = OneKeyframe(sink, lambda: left.append("left"))
    for _ in range(2):
        one.on_config("h264", b"\x01")
        one.on_access_unit(0, 0, True, b"", None)
    one.on_end("ended")
    assert (len(sink.configs), len(sink.units), left, sink.ended) == (1, 1, ["left"], ["ended"])


async def test_one_keyframe_and_nothing_after_it() -> None:
    server = Server(play=endless(*gops(10, size=20_000), interval=0))
    sink = Recorder()
    async with listening(server) as port:
        end = await PullClient().pull(target(port), sink, until_keyframe=True)
        await server.gone.wait()
    assert end.kind is EndKind.KEYFRAME
    assert sink.shown == [(0, True)]
    assert sink.ended == ["got its keyframe"]
    assert server.methods[-1] == "TEARDOWN"
    assert end.bytes_in < 1_000_000


async def test_the_cameras_time_comes_with_its_pictures() -> None:
    parts = gops(8)
    report = interleaved(sender_report(NOON, 90_000), 1)
    sink = Recorder()
    async with listening(Server(play=saying(parts[0], report, *parts[1:], FAREWELL))) as port:
        await PullClient().pull(target(port), sink)
    assert [unit.source_time for unit in sink.units] == pytest.approx(
        [NOON + index * 0.04 for index in range(8)], abs=1e-4
    )


async def test_what_came_is_reported() -> None:
    server = Server(play=endless(*gops(10)))
    limits = ClientLimits(tick_seconds=0.02, report_seconds=0.1)
    async with listening(server) as port:
        pull = asyncio.create_task(PullClient(limits).pull(target(port), Recorder()))
        await eventually(lambda: len(server.received) >= 112)
        pull.cancel()
        await asyncio.wait([pull])
    assert bytes(server.received[:8]) == b"$\x01\0\x34\x81\xc9\0\7"
    assert bytes(server.received[12:16]) == b"\xde\xca\xfb\xad"


async def test_sound_is_asked_for_only_if_wanted() -> None:
    sounds = wire((rtp(5 + index, 1000 + index * 1024, payload(b"aac"), kind=97) for index in range(3)), 2)
    play = saying(sounds, *gops(3), FAREWELL)
    sdp = SDP.format(parameters="") + SOUND
    with_sound, without = Recorder(), Recorder()
    first, second = Server(sdp, play), Server(sdp, play)
    async with listening(first) as port:
        await PullClient().pull(target(port), with_sound, audio=with_sound)
    async with listening(second) as port:
        await PullClient().pull(target(port), without)
    assert first.methods.count("SETUP") == 2
    assert first.asked[3].headers["session"] == "12345678"
    assert with_sound.audio_configs == [b"\x12\x08"]
    assert with_sound.sounds == [(0, b"aac", None), (23, b"aac", None), (46, b"aac", None)]
    assert second.methods.count("SETUP") == 1
    assert without.shown == with_sound.shown


async def test_many_pulls_share_a_client() -> None:
    client, sinks = PullClient(), [Recorder() for _ in range(20)]
    async with listening(Server(play=saying(*chain(gops(12)), FAREWELL, interval=0.01))) as port:
        ends = await asyncio.gather(*(client.pull(target(port), sink) for sink in sinks))
    assert {end.kind for end in ends} == {EndKind.ENDED}
    assert all(len(sink.units) == 12 for sink in sinks)
    assert client.stats.pulls == 0


async def test_a_sink_that_fails_costs_its_own_pull() -> None:
    class Failing(Recorder):
        def on_access_unit(self, *args: object) -> None:
            raise ValueError("bug")

    bad, good, client = Failing(), Recorder(), PullClient()
    async with listening(Server(play=endless(*gops(10)))) as port:
        other = asyncio.create_task(client.pull(target(port), good))
        assert (await client.pull(target(port), bad)).kind is EndKind.INTERNAL
        await eventually(lambda: len(good.units) > 20)
        other.cancel()
        await asyncio.wait([other])
    assert bad.ended == ["internal error"]


async def test_nobody_listens() -> None:
    async with listening(Server()) as port:
        pass
    end = await PullClient(QUICK).pull(target(port), Recorder())
    assert (end.kind, end.detail) == (EndKind.UNREACHABLE, "Connection refused")
