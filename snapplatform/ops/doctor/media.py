"""Doctor on pictures: whether a decoder process starts here and makes a picture."""

import asyncio
import shutil
import time
from collections.abc import Iterator

from snapplatform.media.child import ChildDied
from snapplatform.media.pool import DecoderPool
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.media.types import DecodeFailed, OutputSpec, PictureRequest
from snapplatform.ops.doctor.findings import Finding, bad, good

_TINY = Camera(width=320, height=180)


def findings() -> Iterator[Finding]:
    try:
        started = time.monotonic()
        size = asyncio.run(_one_picture())
    except (ChildDied, DecodeFailed, OSError) as error:
        yield bad(
            "decoder",
            f"no picture: {error}",
            "Run `make setup` again; where memory is limited, allow each decoder 1 GiB of address space.",
        )
    else:
        milliseconds = (time.monotonic() - started) * 1000
        yield good("decoder", f"started and made a picture of {size} bytes in {milliseconds:.0f} ms")
    # Only ever used by people, to publish something; the platform itself doesn't need it.
    yield good("ffmpeg", shutil.which("ffmpeg") or "not installed, and not needed")


async def _one_picture() -> int:
    config, packets = encode_sample(_TINY, 1)
    pool = DecoderPool(1)
    await pool.start()
    try:
        result = await pool.take(PictureRequest(config, packets[:1], [OutputSpec("jpeg")]))
    finally:
        await pool.close()
    return len(result.pictures[0].data)
