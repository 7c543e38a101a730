"""The client plays from GStreamer's RTSP server."""

import asyncio
import time
from pathlib import Path

import pytest

from snapplatform.media.codec import CodecName
from snapplatform.media.synthetic import Camera, publish
from snapplatform.rtsp import ClientLimits, EndKind, PullClient
from tests.unit.rtmp.serving import eventually
from tests.unit.rtsp.feeding import Recorder
from tests.unit.rtsp.gst import from_file, gst_server, needs_gst
from tests.unit.rtsp.playing import target
from tests.unit.rtsp.units import numbers

pytestmark = needs_gst
LIVE = (
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1 "
    "! x264enc tune=zerolatency key-int-max=25 ! rtph264pay name=pay0 pt=96 "
    "audiotestsrc is-live=true ! voaacenc ! rtpmp4gpay name=pay1 pt=97 )"
)
FRAMES = 60


def recorded(folder: Path, codec: CodecName, bframes: int) -> Path:
    camera = Camera(width=320, height=240, gop_seconds=0.4, bitrate=400_000, codec=codec, bframes=bframes)
    path = folder / "camera.mkv"
    publish(str(path), camera, frames=FRAMES, realtime=False, container_format="matroska")
    return path


@pytest.mark.parametrize(
    ("codec", "bframes", "payloader"),
    [
        ("h264", 0, ""),
        ("h264", 0, "aggregate-mode=zero-latency config-interval=-1 mtu=600"),
        ("h264", 2, "config-interval=1"),
        ("hevc", 0, "aggregate-mode=zero-latency"),
        ("hevc", 2, "config-interval=-1 mtu=300"),
    ],
)
async def test_every_frame_of_a_file(tmp_path: Path, codec: CodecName, bframes: int, payloader: str) -> None:
    path = recorded(tmp_path, codec, bframes)
    sink, client = Recorder(), PullClient()
    async with gst_server("cam=" + from_file(path, codec, payloader)) as port:
        end = await client.pull(target(port), sink)
    assert str(end) == "ended: BYE"
    found = numbers(sink)
    assert found == list(range(FRAMES))
    assert [unit.keyframe for unit in sink.units].count(True) == FRAMES // 10
    shown = sorted(unit.pts for unit in sink.units)
    assert shown == pytest.approx([index * 40 for index in range(FRAMES)], abs=1)
    assert (client.stats.lost_packets, client.stats.damaged_units) == (0, 0)


async def test_a_live_camera_with_sound_and_time() -> None:
    sink, client = Recorder(), PullClient(ClientLimits(report_seconds=0.5, tick_seconds=0.1))
    async with gst_server(f"cam={LIVE}") as port:
        pull = asyncio.create_task(client.pull(target(port), sink, audio=sink))
        async with asyncio.timeout(20):
            while not sink.units or sink.units[-1].source_time is None:
                sink.came.clear()
                await sink.came.wait()
        late = time.time() - (sink.units[-1].source_time or 0)
        pull.cancel()
        await asyncio.wait([pull])
    assert sink.audio_configs == [b"\x12\x08"]
    assert len(sink.sounds) > 10
    assert -1 < late < 5
    assert sink.ended == ["cancelled"]


@pytest.mark.parametrize("options", [[], ["--basic"]])
async def test_credentials(options: list[str]) -> None:
    sink = Recorder()
    async with gst_server(f"cam={LIVE}", "--user", "bob", "--password", "se:c ret", *options) as port:
        one = target(port, user="bob:se%3Ac%20ret@")
        end = await PullClient().pull(one, sink, until_keyframe=True)
        assert end.kind is EndKind.KEYFRAME
        refused = [
            await PullClient().pull(target(port, user=user), Recorder()) for user in ("", "bob:wrong@")
        ]
    assert [str(end) for end in refused] == [
        "refused: 401 Unauthorized: it wants a user name and a password",
        "refused: 401 Unauthorized: user name or password are wrong",
    ]


async def test_a_stream_that_is_not_there() -> None:
    async with gst_server(f"cam={LIVE}") as port:
        end = await PullClient().pull(target(port, "other"), Recorder())
    assert str(end) == "refused: 404 Stream Not Found"


async def test_only_sound() -> None:
    sound = "( audiotestsrc is-live=true ! voaacenc ! rtpmp4gpay name=pay0 pt=97 )"
    async with gst_server(f"cam={sound}") as port:
        end = await PullClient().pull(target(port), Recorder())
    assert str(end) == "unsupported: no video in the server's description"


async def test_a_server_that_dies() -> None:
    sink = Recorder()
    async with gst_server(f"cam={LIVE}") as port:
        pull = asyncio.create_task(PullClient().pull(target(port), sink))
        await eventually(lambda: sink.units)
    async with asyncio.timeout(10):
        assert (await pull).kind is EndKind.LOST
