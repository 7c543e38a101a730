"""PyAV, ffmpeg and GStreamer as publishers and players over real RTMP, on both event loops."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path

import av
import pytest

from snapplatform.rtmp import Limits, decode_metadata, flv
from tests.unit.rtmp.clients import camera, finished, keyframes, process, shades, url
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import eventually, serving

TEST_PICTURE = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=30"]
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-pix_fmt", "yuv420p"]

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
needs_gstreamer = pytest.mark.skipif(not shutil.which("gst-launch-1.0"), reason="GStreamer is not installed")

Run = Callable[[Coroutine[None, None, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param == "asyncio":
        return asyncio.run
    uvloop_run: Run = pytest.importorskip("uvloop", reason="uvloop is not installed").run
    return uvloop_run


def test_pyav_publishes_and_a_player_gets_the_newest_keyframe(run: Run) -> None:
    async def story() -> None:
        relay = Relay(key="K")
        async with serving(relay) as server, camera(url(server, "live/hall/door?key=K"), 70, "hold") as cam:
            assert cam.stdout is not None
            assert await cam.stdout.readline() == b"sent\n"
            await eventually(lambda: relay.all and keyframes(relay.all[0]) == 5)
            live = relay.all[0]
            # 70 frames, a keyframe each 15, each frame 2 brighter: the newest keyframe is number 60.
            seen = await asyncio.to_thread(shades, url(server, "live/hall/door"), 5)
            assert seen == pytest.approx([120, 122, 124, 126, 128], abs=2)
            await cam.communicate(b"\n")
            await eventually(lambda: live.closed)
        assert live.closed == ["unpublished"]
        assert (live.address.app, live.address.name) == ("live", "hall/door")
        assert decode_metadata(live.headers[18][2])["width"] == 320.0
        assert list(live.headers) == [18, 9, 8]
        times = [time for kind, time, payload in live.messages if kind == 9 and payload[1] == flv.FRAMES]
        assert times == sorted(times)
        assert times[-1] - times[0] == pytest.approx(69 * 1000 / 30, abs=2)

    run(story())


def test_pyav_is_refused_with_a_wrong_key_or_a_taken_name(run: Run) -> None:
    async def story() -> None:
        relay = Relay(key="K")
        async with serving(relay) as server:
            async with camera(url(server, "live/cam?key=wrong"), 5) as cam:
                assert await finished(cam) != 0
            async with camera(url(server, "live/cam?key=K"), 5, "hold") as first:
                await eventually(lambda: relay.all)
                async with camera(url(server, "live/cam?key=K"), 5) as second:
                    assert await finished(second) != 0
                assert not relay.all[0].closed
                await first.communicate(b"\n")
            assert server.stats.refused == 2
            assert not server.stats.protocol_errors

    run(story())


def test_pyav_is_told_that_a_stream_is_missing() -> None:
    async def story() -> None:
        async with serving(Relay()) as server:
            with pytest.raises(av.FFmpegError):
                await asyncio.to_thread(shades, url(server, "live/none"), 1)

    asyncio.run(story())


def test_a_killed_publisher_is_noticed_and_may_come_back(run: Run) -> None:
    async def story() -> None:
        relay = Relay()
        async with serving(relay) as server:
            async with camera(url(server, "live/cam"), 20, "hold") as first:
                await eventually(lambda: relay.all)
                first.kill()
                await eventually(lambda: relay.all[0].closed)
            async with camera(url(server, "live/cam"), 20) as second:
                assert await finished(second) == 0
            await eventually(lambda: len(relay.all) == 2 and relay.all[1].closed)
        assert relay.all[0].closed == ["connection lost"]

    run(story())


def test_a_silent_publisher_is_dropped() -> None:
    async def story() -> None:
        relay = Relay()
        limits = Limits(silence_seconds=0.5, tick_seconds=0.05)
        async with serving(relay, limits) as server, camera(url(server, "live/cam"), 20, "hold"):
            await eventually(lambda: relay.all and relay.all[0].closed)
        assert relay.all[0].closed == ["timed out"]

    asyncio.run(story())


@needs_ffmpeg
@pytest.mark.parametrize("path", ["live/cam?key=K", "live?key=K/cam"])
def test_ffmpeg_publishes(run: Run, path: str) -> None:
    async def story() -> None:
        relay = Relay(key="K")
        command = ["ffmpeg", "-v", "error", *TEST_PICTURE, "-t", "1.5", *X264, "-f", "flv"]
        async with serving(relay) as server, process(*command, url(server, path)) as encoder:
            assert await finished(encoder) == 0
            await eventually(lambda: relay.all and relay.all[0].closed)
        live = relay.all[0]
        assert (live.address.app, live.address.name) == ("live", "cam")
        assert keyframes(live) == 3
        assert sum(kind == 9 for kind, _, _ in live.messages) == 45 + 2  # with sequence header and end

    run(story())


@needs_ffmpeg
def test_ffmpeg_plays_until_the_stream_ends(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        relay = Relay()
        target = str(tmp_path / "seen.flv")
        async with serving(relay) as server, camera(url(server, "live/cam"), 70, "hold") as cam:
            await eventually(lambda: relay.all and keyframes(relay.all[0]) == 5)
            play = [
                "ffmpeg",
                "-v",
                "error",
                "-rtmp_live",
                "live",
                "-i",
                url(server, "live/cam"),
                "-c",
                "copy",
                target,
            ]
            async with process(*play) as player:
                await eventually(lambda: relay.all[0].players)
                await cam.communicate(b"\n")
                assert await finished(player) == 0
        with av.open(target) as seen:
            assert sum(1 for packet in seen.demux(video=0) if packet.size) == 10  # frames 60 to 69

    run(story())


@needs_gstreamer
def test_gstreamer_publishes_with_chunks_of_128_bytes() -> None:
    async def story() -> None:
        relay = Relay()
        pipeline = (
            "videotestsrc num-buffers=60 ! x264enc tune=zerolatency key-int-max=15 ! flvmux ! rtmp2sink"
        )
        async with serving(relay) as server:
            location = f"location={url(server, 'live/cam')}"
            async with process("gst-launch-1.0", "-q", *pipeline.split(), location) as encoder:
                assert await finished(encoder) == 0
                await eventually(lambda: relay.all and relay.all[0].closed)
        assert keyframes(relay.all[0]) == 4

    asyncio.run(story())
