"""Encoded media of a camera that draws its frame numbers, made once for each process."""

import io
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from snapplatform.media.synthetic import Camera, publish

# Small, quick, and a keyframe each half second.
SMALL = Camera(width=320, height=180, fps=20, gop_seconds=0.5, bitrate=200_000)
SOUNDING = Camera(width=320, height=180, fps=20, gop_seconds=0.5, bitrate=200_000, audio=True)
REORDERED = Camera(width=320, height=180, fps=20, gop_seconds=0.5, bitrate=200_000, bframes=2)
HEVC = Camera(
    width=320, height=180, fps=20, gop_seconds=0.5, bitrate=200_000, codec="hevc", preset="ultrafast"
)


@lru_cache(maxsize=64)
def encoded(form: str, camera: Camera = SMALL, frames: int = 40, first_frame: int = 0) -> bytes:
    """A whole file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "media")
        publish(
            str(path), camera, frames=frames, realtime=False, container_format=form, first_frame=first_frame
        )
        return path.read_bytes()


@lru_cache(maxsize=16)
def segments(camera: Camera = SMALL, count: int = 8, form: str = "mpegts") -> list[bytes]:
    """Segments of HLS, half a second each. Of MP4 the first one is the map."""
    whole = encoded("mpegts" if form == "mpegts" else "mp4", camera, frames=10 * count)
    return _cut_ts(whole, count) if form == "mpegts" else _cut_mp4(whole)


def _cut_ts(whole: bytes, count: int) -> list[bytes]:
    """At the packets where keyframes begin, with PAT and PMT before each."""
    with av.open(io.BytesIO(whole), format="mpegts") as source:
        starts = [
            packet.pos for packet in source.demux(video=0) if packet.is_keyframe and packet.pos is not None
        ]
    tables = whole[: 188 * 3]
    pieces = [whole[start:end] for start, end in pairwise([*starts, len(whole)])]
    assert len(pieces) == count
    return [tables + piece for piece in pieces]


def _cut_mp4(whole: bytes) -> list[bytes]:
    target = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with (
        av.open(io.BytesIO(whole)) as source,
        av.open(target, "w", format="mp4", container_options=options) as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    data = target.getvalue()
    marks = [at for at, name in _boxes(data) if name == b"moof"]
    ends = [*marks[1:], next(at for at, name in _boxes(data) if name == b"mfra")]
    return [data[: marks[0]], *(data[start:end] for start, end in zip(marks, ends, strict=True))]


def _boxes(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(data):
        found.append((at, data[at + 4 : at + 8]))
        at += int.from_bytes(data[at : at + 4], "big")
    return found
