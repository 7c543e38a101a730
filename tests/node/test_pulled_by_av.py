"""Pulled streams that PyAV reads in child processes: HTTP-FLV, MPEG-TS and HLS, from row to picture."""

import pytest

from snapplatform.streams.models import Stream
from tests.node.conftest import pictures
from tests.node.test_pictures import frame_number
from tests.node.test_pulls import SECRET, quick, stands  # noqa: F401
from tests.unit.media.pull.media import HEVC, SMALL, encoded, segments
from tests.unit.media.pull.site import chunked, pieces_of, site


@pytest.mark.parametrize(("form", "camera"), [("flv", SMALL), ("mpegts", SMALL), ("mpegts", HEVC)])
async def test_a_live_stream_over_http_gives_pictures(node, pulled, ask, loopback_allowed, form, camera):
    # 30 s of media in 15 s: at its own speed it would do as well, and take longer.
    live = chunked(pieces_of(encoded(form, camera, frames=600)), interval=0.05)
    async with site({f"/live/cam?key={SECRET}": live}) as one:
        job = await pulled(one.url(f"/live/cam?key={SECRET}"))
        taken = await ask(lambda: len(found := pictures(job)) >= 2 and found)
        numbers = [await node.database.run(frame_number, item) for item in taken[:2]]
        await ask(lambda: stands(job, "live"))
        row = await ask(Stream.objects.filter(pk=job.stream_id, video_codec=camera.codec).first)
        assert SECRET not in row.source_url
    assert None not in numbers
    assert numbers[0] < numbers[1]


async def test_a_playlist_gives_pictures(node, pulled, ask, loopback_allowed):
    parts = segments(count=8)
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
    pages = {}
    for number, part in enumerate(parts):
        lines += ["#EXTINF:0.5,", f"{number}.ts"]
        pages[f"/{number}.ts"] = part
    pages["/live.m3u8"] = "\n".join(lines).encode()
    async with site(pages) as one:
        job = await pulled(one.url("/live.m3u8"))
        [first, *_] = await ask(lambda: pictures(job))
        assert await node.database.run(frame_number, first) is not None


async def test_what_is_not_there_is_told(quick, node, pulled, ask, loopback_allowed):  # noqa: F811
    async with site({}) as one:
        job = await pulled(one.url("/nothing.flv"))
        await ask(lambda: stands(job, "opening", "stream not found there"))


async def test_a_private_network_is_refused(quick, node, pulled, ask):  # noqa: F811
    async with site({}) as one:
        job = await pulled(one.url("/live.m3u8", host="localhost"))
        await ask(lambda: stands(job, "opening", "address refused: this machine"))
        assert one.connections == 0


async def test_its_processes_end_with_the_node(node, pulled, ask, loopback_allowed):
    live = chunked(pieces_of(encoded("flv", SMALL, frames=600)), interval=0.05)
    async with site({"/live/cam": live}) as one:
        job = await pulled(one.url("/live/cam"))
        await ask(lambda: pictures(job))
        assert len(node.leases.av.pids) == 1
        node.leases.close()
        await node.leases.release()
        assert node.leases.av.pids == []
