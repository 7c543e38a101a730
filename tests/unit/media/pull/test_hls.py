"""HLS: live and recorded, segments of TS and MP4, variants, keys, redirects, and playlists that are wrong."""

import asyncio

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from snapplatform.media.pull.client import AvPull
from snapplatform.net.ending import EndKind
from tests.unit.media.pull.media import HEVC, REORDERED, SMALL, SOUNDING, segments
from tests.unit.media.pull.site import Handler, Request, redirect, says, site
from tests.unit.media.pull.watching import watch

KEY = b"0123456789abcdef"


def playlist(names: list[str], *, first: int = 0, end: bool = True, extra: str = "") -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    lines += [extra] if extra else []
    lines += [line for name in names for line in ("#EXTINF:0.5,", name)]
    return "\n".join([*lines, "#EXT-X-ENDLIST" if end else ""]).encode()


def recording(folder: str = "/", camera=SMALL, form: str = "mpegts") -> dict[str, bytes | Handler]:
    pieces = segments(camera, count=4, form=form)
    names = [f"{index}.seg" for index in range(len(pieces))]
    pages: dict[str, bytes | Handler] = {
        f"{folder}{name}": piece for name, piece in zip(names, pieces, strict=True)
    }
    if form == "mpegts":
        pages[f"{folder}cam.m3u8"] = playlist(names)
    else:
        pages[f"{folder}cam.m3u8"] = playlist(names[1:], extra=f'#EXT-X-MAP:URI="{names[0]}"')
    return pages


def live(pieces: list[bytes]) -> dict[str, bytes | Handler]:
    """A window of three segments that moves on each half second, and ends with the last one."""
    begun: list[float] = []

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time()
        begun[:] = begun or [now]
        newest = min(3 + int((now - begun[0]) / 0.5), len(pieces))
        names = [f"{index}.ts" for index in range(newest - 3, newest)]
        body = playlist(names, first=newest - 3, end=newest == len(pieces))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    return {"/cam.m3u8": handler} | {f"/{index}.ts": piece for index, piece in enumerate(pieces)}


@pytest.mark.parametrize("form", ["mpegts", "mp4"])
@pytest.mark.parametrize("camera", [SOUNDING, REORDERED, HEVC], ids=["sound", "b-frames", "hevc"])
async def test_a_recording(client: AvPull, form: str, camera) -> None:
    async with site(recording(camera=camera, form=form)) as one:
        sink, end = await watch(client, one.url("/cam.m3u8"))
    assert str(end) == "ended"
    assert sink.numbers() == list(range(40))


async def test_a_live_stream_begins_with_its_newest_segment(client: AvPull) -> None:
    async with site(live(segments(SMALL, count=8))) as one:
        sink, end = await watch(client, one.url("/cam.m3u8"))
    assert end.kind is EndKind.ENDED
    assert sink.numbers() == list(range(20, 80))


async def test_one_keyframe_of_a_live_stream(client: AvPull) -> None:
    async with site(live(segments(SMALL, count=8))) as one:
        sink, end = await watch(client, one.url("/cam.m3u8"), until_keyframe=True)
        assert len(one.asked) <= 3
    assert end.kind is EndKind.KEYFRAME
    assert sink.numbers() == [20]


async def test_the_best_variant_alone_is_read(client: AvPull) -> None:
    master = b"""#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=320x180
low/cam.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
high/cam.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="av01.0.08M.08"
av1/cam.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=9000,RESOLUTION=16000x16000
huge/cam.m3u8
"""
    pages = recording("/live/high/") | {"/live/cam": master}
    async with site(pages) as one:
        sink, _ = await watch(client, one.url("/live/cam"))
        assert all(path == "/live/cam" or path.startswith("/live/high/") for path in one.paths)
    assert sink.numbers() == list(range(40))


async def test_connections_are_used_again(client: AvPull) -> None:
    async with site(recording()) as one:
        await watch(client, one.url("/cam.m3u8"))
        assert len(one.asked) == 5
        assert one.connections == 1


async def test_what_is_redirected_is_relative_to_where_it_is(client: AvPull) -> None:
    pages = recording("/deep/er/")
    moved = {"/cam": redirect("/deep/er/cam.m3u8"), "/three": pages["/deep/er/3.seg"]}
    async with site(pages | moved | {"/deep/er/3.seg": redirect("/three")}) as one:
        sink, _ = await watch(client, one.url("/cam"))
    assert sink.numbers() == list(range(40))


def encrypted(piece: bytes, number: int) -> bytes:
    padding = 16 - len(piece) % 16
    cipher = Cipher(algorithms.AES(KEY), modes.CBC(number.to_bytes(16, "big"))).encryptor()
    return cipher.update(piece + bytes([padding]) * padding) + cipher.finalize()


async def test_segments_encrypted_with_aes_128_are_read(client: AvPull) -> None:
    pages = {name: encrypted(page, index) for index, (name, page) in enumerate(recording().items())}
    names = [f"{index}.seg" for index in range(4)]
    extra = '#EXT-X-KEY:METHOD=AES-128,URI="key?a=1"'
    async with site(pages | {"/cam.m3u8": playlist(names, extra=extra), "/key?a=1": KEY}) as one:
        sink, _ = await watch(client, one.url("/cam.m3u8"))
        assert one.paths.count("/key?a=1") == 1
    assert sink.numbers() == list(range(40))


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key"', "unsupported: it is encrypted, and not with AES-128"),
        (
            '#EXT-X-KEY:METHOD=AES-128,KEYFORMAT="com.example.drm",URI="key"',
            "unsupported: it is encrypted, and its key is not for everybody (DRM)",
        ),
        ('#EXT-X-KEY:METHOD=AES-128,URI="nokey"', "refused: 404 Not Found"),
        (
            '#EXT-X-KEY:METHOD=AES-128,URI="0.seg"',
            "unsupported: it is encrypted, and its key is not one of 16",
        ),
    ],
)
async def test_keys_that_cant_be_had_are_told(client: AvPull, extra: str, reason: str) -> None:
    async with site(recording() | {"/cam.m3u8": playlist(["0.seg", "1.seg"], extra=extra)}) as one:
        _, end = await watch(client, one.url("/cam.m3u8"))
    assert str(end).startswith(reason)


async def test_a_segment_that_is_missing_or_broken_off_is_passed_over(client: AvPull) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
    pieces = segments(count=8)
    pages: dict[str, bytes | Handler] = {f"/{index}.seg": piece for index, piece in enumerate(pieces)}
    pages |= {"/4.seg": says(head + pieces[4][:376], close=True)}
    del pages["/2.seg"]
    async with site(pages | {"/cam.m3u8": playlist([f"{index}.seg" for index in range(6)])}) as one:
        sink, end = await watch(client, one.url("/cam.m3u8"))
    assert end.kind is EndKind.ENDED
    numbers = set(sink.numbers())
    # What comes right before a hole may be damaged for all that a demuxer knows.
    assert set(range(18)) | set(range(30, 38)) | set(range(50, 60)) <= numbers
    assert not set(range(20, 30)) & numbers
    assert not set(range(42, 50)) & numbers


async def test_a_server_without_segments_ends_it(client: AvPull) -> None:
    async with site({"/cam.m3u8": playlist([f"{index}.ts" for index in range(1000)])}) as one:
        _, end = await watch(client, one.url("/cam.m3u8"))
        assert len(one.asked) < 20
    assert str(end) == "refused: 404 Not Found"


async def test_a_playlist_that_is_lost_for_a_moment_is_asked_again(client: AvPull) -> None:
    pages = live(segments(SMALL, count=8))
    inner, asked = pages["/cam.m3u8"], []

    async def flaky(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        if len(asked) in (2, 4):
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        else:
            await inner(request, writer)

    async with site(pages | {"/cam.m3u8": flaky}) as one:
        sink, _ = await watch(client, one.url("/cam.m3u8"))
    assert sink.numbers()[-1] == 79


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"#EXTM3U", "protocol error"),
        (b"#EXTM3U\n" + b"#" * 5_000_000, "protocol error: a playlist of more than"),
        (
            b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ncam.m3u8\n",
            "protocol error: its playlists only lead to each",
        ),
        (b'#EXTM3U\n#EXT-X-STREAM-INF:CODECS="av01"\ncam.m3u8\n', "unsupported: none of its variants"),
        (b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "unsupported: none of its variants"),
        (playlist(["cam.m3u8"]), "protocol error"),
        (playlist(["bad.seg"]), "protocol error"),
        (playlist(["/a\\b"]), "address refused: its playlist leads to what is no HTTP address"),
        (
            b"#EXTM3U\n#EXT-X-TARGETDURATION:" + b"9" * 400 + b"\n#EXTINF:nan,\n0.seg\n#EXT-X-ENDLIST\n",
            "protocol",
        ),
        (playlist(["0.seg"], extra="#EXT-X-BYTERANGE:99999999999999@99999999999999"), "protocol"),
    ],
    ids=["empty", "huge", "loop", "no variant", "cut", "itself", "rubbish", "backslash", "numbers", "range"],
)
async def test_damaged_playlists_end_with_words(client: AvPull, text: bytes, reason: str) -> None:
    async with site(recording() | {"/cam.m3u8": text, "/bad.seg": b"\xff" * 5000}) as one:
        _, end = await watch(client, one.url("/cam.m3u8"))
        assert len(one.asked) < 20
    assert str(end).startswith(reason)
    assert client.stats.died == 0
