"""Each way of pulling brings every picture, in order, as the numbers drawn in them tell."""

import asyncio

import pytest

from snapplatform.media.codec import CodecConfig
from snapplatform.media.pull.client import AvPull
from snapplatform.media.synthetic import Camera
from snapplatform.net.ending import EndKind
from tests.unit.media.pull.media import HEVC, REORDERED, SMALL, SOUNDING, encoded
from tests.unit.media.pull.site import chunked, pieces_of, site
from tests.unit.media.pull.watching import Recorder, watch


def check(sink: Recorder, camera: Camera, frames: int) -> None:
    assert sink.numbers() == list(range(frames))
    codec, extradata = sink.configs[0]
    assert len(sink.configs) == 1
    info = CodecConfig(codec, extradata).info
    assert (codec, info.width, info.height, info.length_size) == (camera.codec, 320, 180, 4)
    assert [unit.keyframe for unit in sink.units] == [number % 10 == 0 for number in range(frames)]
    shown = sorted(unit.pts_ms for unit in sink.units)
    assert all(abs(later - shown[0] - 50 * index) <= 2 for index, later in enumerate(shown))
    assert sink.units[0].dts_ms == 0


@pytest.mark.parametrize(
    "camera", [SMALL, SOUNDING, REORDERED, HEVC], ids=["plain", "sound", "b-frames", "hevc"]
)
@pytest.mark.parametrize("form", ["flv", "mpegts", "mp4"])
async def test_a_file_over_http(client: AvPull, form: str, camera: Camera) -> None:
    async with site({"/cam": encoded(form, camera)}) as one:
        sink, end = await watch(client, one.url("/cam"))
    assert end.kind is EndKind.ENDED
    assert end.bytes_in >= len(encoded(form, camera))
    check(sink, camera, 40)


@pytest.mark.parametrize("form", ["flv", "mpegts"])
async def test_an_endless_stream_over_http(client: AvPull, form: str) -> None:
    pieces = pieces_of(encoded(form, SOUNDING))
    async with site({"/live/cam": chunked(pieces, 0.005, endless=False)}) as one:
        sink, end = await watch(client, one.url("/live/cam"))
    assert end.kind is EndKind.ENDED
    check(sink, SOUNDING, 40)


@pytest.mark.parametrize("form", ["flv", "mpegts"])
async def test_bytes_over_tcp(client: AvPull, form: str) -> None:
    async def camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encoded(form))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(camera, "127.0.0.1", 0)
    async with server:
        sink, end = await watch(client, f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert end.kind is EndKind.LOST
    check(sink, SMALL, 40)


async def test_one_keyframe_and_leave(client: AvPull) -> None:
    pieces = pieces_of(encoded("flv", SOUNDING))
    async with site({"/cam": chunked(pieces, 0.02)}) as one:
        sink, end = await watch(client, one.url("/cam"), until_keyframe=True)
    assert str(end) == "got its keyframe"
    assert sink.numbers() == [0]


@pytest.mark.parametrize("form", ["flv", "mpegts"])
async def test_keyframes_only(client: AvPull, form: str) -> None:
    async with site({"/cam": encoded(form, SOUNDING)}) as one:
        sink, _ = await watch(client, one.url("/cam"), keyframes_only=True)
    assert sink.numbers() == [0, 10, 20, 30]


async def test_a_start_in_the_middle_waits_for_a_keyframe(client: AvPull) -> None:
    whole = encoded("mpegts", REORDERED)
    cut = len(whole) // 4 // 188 * 188
    async with site({"/cam": whole[: 3 * 188] + whole[cut:]}) as one:
        sink, _ = await watch(client, one.url("/cam"))
    numbers = sink.numbers()
    assert numbers[0] in (10, 20)
    assert numbers == list(range(numbers[0], 40))


async def test_a_file_comes_at_its_own_speed(client: AvPull) -> None:
    loop = asyncio.get_running_loop()
    async with site({"/cam": encoded("mp4", SMALL, 80)}) as one:
        begun = loop.time()
        sink, _ = await watch(client, one.url("/cam"))
    assert len(sink.units) == 80
    assert loop.time() - begun > 2.5  # four seconds, of which one may be ahead of the clock


async def test_streams_share_a_process_and_none_sees_the_others(client: AvPull) -> None:
    pages = {f"/{index}": encoded("flv", SMALL, 40, 100 * index) for index in range(4)}
    async with site(pages) as one:
        came = await asyncio.gather(*(watch(client, one.url(path)) for path in pages))
    assert client.stats.started == 1
    for index, (sink, _) in enumerate(came):
        assert sink.numbers() == list(range(100 * index, 100 * index + 40))
