"""Media that are small on the wire and claim, or cost, very much: each a list of FLV messages."""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

import av

from bench.content import Message, tags
from bench.faults.corpus import Medium
from snapplatform.rtmp.messages import VIDEO

HEADER, KEYFRAME, FRAME = b"\x17\0\0\0\0", b"\x17\1\0\0\0", b"\x27\1\0\0\0"
_LEVEL = 52
_MACROBLOCK = 16
LARGEST = (8192, 3040)


def bombs(good: Medium) -> dict[str, list[Message]]:
    """By name. `good` lends its header and its keyframe where only a part is to be wrong."""
    header, keyframe = _parts(good)
    giant, tall = sps(16384, 16384), sps(32768, 64)
    made: dict[str, Callable[[], list[bytes]]] = {
        "a header of 16384x16384": lambda: [HEADER + avcc(giant), KEYFRAME + keyframe],
        "a header of 32768x64": lambda: [HEADER + avcc(tall), KEYFRAME + keyframe],
        "a header of 1048576x1048576": lambda: [HEADER + avcc(sps(1 << 20, 1 << 20)), KEYFRAME + keyframe],
        "16384x16384 inside a keyframe": lambda: [HEADER + header, KEYFRAME + unit(giant) + keyframe],
        "8192x3040, with 16 pictures kept": lambda: [
            HEADER + avcc(sps(8192, 3040, kept=16)),
            *[(KEYFRAME if not n else FRAME) + keyframe for n in range(17)],
        ],
        "a real picture of 25 megapixels": _largest,
        "31 headers in one": lambda: [HEADER + avcc(*[giant] * 31), KEYFRAME + keyframe],
        "a header of a megabyte": lambda: [HEADER + header + bytes(1 << 20), KEYFRAME + keyframe],
        "a million units in a keyframe": lambda: [HEADER + header, KEYFRAME + unit(b"\x65") * 1_000_000],
        "a unit that claims 4 GiB": lambda: [HEADER + header, KEYFRAME + b"\xff" * 4 + keyframe],
        "seven megabytes of nothing": lambda: [HEADER + header, KEYFRAME + unit(b"\x65" + bytes(7 << 20))],
        "a size in 2000 zeros": lambda: [HEADER + avcc(b"\x67\x42\0\x34" + bytes(2000)), KEYFRAME + keyframe],
    }
    bodies = {name: make() for name, make in made.items()}
    return {name: [Message(VIDEO, 40 * n, body) for n, body in enumerate(of)] for name, of in bodies.items()}


def _parts(good: Medium) -> tuple[bytes, bytes]:
    bodies = [message.body for message in good.messages if message.kind == VIDEO]
    return bodies[0][5:], bodies[1][5:]


def _largest() -> list[bytes]:
    """As large as we take, of grain that repeats: encoding a scene of that size takes minutes."""
    width, height = LARGEST
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "45"}
        stream = container.add_stream("libx264", rate=1, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        grain = bytes(120 + byte % 8 for byte in Random(1).randbytes(width * 64))
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update((grain * (plane.buffer_size // len(grain) + 1))[: plane.buffer_size])
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return [tag.body for tag in tags(target.getvalue()) if tag.kind == VIDEO][:2]


def unit(data: bytes) -> bytes:
    """A NAL unit with its length."""
    return len(data).to_bytes(4, "big") + data


def avcc(*sets: bytes) -> bytes:
    """A sequence header with these sequence parameter sets (ISO 14496-15, 5.3.3) and a plain picture set."""
    pps = b"\x68\xce\x38\x80"
    inner = b"".join(len(one).to_bytes(2, "big") + one for one in sets)
    return (
        bytes((1, 66, 0, _LEVEL, 0xFF, 0xE0 | len(sets))) + inner + b"\1" + len(pps).to_bytes(2, "big") + pps
    )


def sps(width: int, height: int, *, kept: int = 1) -> bytes:
    """A baseline sequence parameter set (H.264 7.3.2.1.1) of that size, without cropping."""
    bits = "".join(
        [
            *map(_ue, (0, 0, 2, kept)),  # id, frame numbers, order of pictures, pictures kept
            "0",
            _ue(-(-width // _MACROBLOCK) - 1),
            _ue(-(-height // _MACROBLOCK) - 1),
            "1100",  # whole frames, direct 8x8, no cropping, no more
            "1",
        ]
    )
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    for zeros in (b"\0\0\0", b"\0\0\1", b"\0\0\2", b"\0\0\3"):
        body = body.replace(zeros, b"\0\0\3" + zeros[2:])
    return bytes((0x67, 66, 0, _LEVEL)) + body


def _ue(number: int) -> str:
    """Exp-Golomb, unsigned (H.264 9.1)."""
    binary = f"{number + 1:b}"
    return "0" * (len(binary) - 1) + binary
