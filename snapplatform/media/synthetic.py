"""A camera that does not exist: colour bars, a clock, a moving ball and a frame number, encoded with PyAV."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from .codec import CodecConfig
from .ring import Packet
from .scene import Scene
from .synthetic_video import Camera as Camera
from .synthetic_video import add_video

_NETWORK_TIMEOUT = "10000000"  # microseconds
_TONE_HZ = 440
_SAMPLE_RATE = 44100
_AAC_SAMPLES = 1024


def publish(
    url: str,
    camera: Camera,
    *,
    frames: int | None = None,
    seconds: float | None = None,
    realtime: bool = True,
    stop: threading.Event | None = None,
    container_format: str = "flv",
    first_frame: int = 0,
) -> int:
    """Encode and send to a URL (rtmp://host:1935/live/name) or a file, until `stop`, `frames` or `seconds`.

    Returns the number of frames sent. av.FFmpegError when the other side refuses or goes away. In real time
    a camera that cannot keep up leaves frames out, as a real one does, and keeps its clock.
    """
    stop = stop or threading.Event()
    limit = frames if frames is not None else round(seconds * camera.fps) if seconds is not None else None
    options = {"flvflags": "no_duration_filesize"} if container_format == "flv" else {}
    if "://" in url:
        # Without it a server that stops reading would hold us for ever, deaf to `stop`.
        options["rw_timeout"] = _NETWORK_TIMEOUT
        if camera.codec != "h264":
            options["rtmp_enhanced_codecs"] = "hvc1,av01,vp09"
    with av.open(url, "w", format=container_format, container_options=options) as container:
        return _send(container, camera, limit, realtime, stop, first_frame)


def encode_sample(camera: Camera, frames: int, first_frame: int = 0) -> tuple[CodecConfig, list[Packet]]:
    """Sequence header and packets of `frames` frames, as FLV carries them; `received_at` is media time."""
    target = io.BytesIO()
    with av.open(target, "w", format="flv") as container:
        _send(container, camera, frames, False, threading.Event(), first_frame)
    target.seek(0)
    with av.open(target, "r", format="flv") as source:
        stream = source.streams.video[0]
        packets = [_as_ours(packet) for packet in source.demux(stream) if packet.size]
        return CodecConfig(camera.codec, bytes(stream.codec_context.extradata or b"")), packets


def _send(
    container: OutputContainer,
    camera: Camera,
    limit: int | None,
    realtime: bool,
    stop: threading.Event,
    first_frame: int,
) -> int:
    scene = Scene(camera.width, camera.height, camera.matrix, camera.full_range, camera.title, camera.noise)
    video = add_video(container, camera)
    tone = _Tone(container) if camera.audio else None
    started = time.monotonic()
    sent = 0
    for index in _ticks(camera.fps, limit, realtime, stop, started):
        frame = scene.frame(first_frame + index, time.time())
        if frame.format.name != camera.pixel_format:
            # Both ranges named: left out, swscale takes the scene for limited and stretches it.
            levels = 2 if camera.full_range else 1
            frame = frame.reformat(
                format=camera.pixel_format, src_color_range=levels, dst_color_range=levels, threads=1
            )
        frame.pts, frame.time_base = index, Fraction(1, camera.fps)
        container.mux(video.encode(frame))
        if tone:
            tone.send_until((index + 1) / camera.fps)
        sent += 1
    container.mux(video.encode(None))
    if tone:
        tone.flush()
    return sent


def _ticks(
    fps: int, limit: int | None, realtime: bool, stop: threading.Event, started: float
) -> Iterator[int]:
    index = 0
    while (limit is None or index < limit) and not stop.is_set():
        if realtime:
            ahead = started + index / fps - time.monotonic()
            if ahead > 0 and stop.wait(ahead):
                return
            # A second behind is not made up for: the numbers jump and the clock stays right.
            if ahead < -1:
                index = int((time.monotonic() - started) * fps)
        yield index
        index += 1


class _Tone:
    """A quiet sine in AAC, kept in step with the picture."""

    def __init__(self, container: OutputContainer) -> None:
        stream = container.add_stream("aac", rate=_SAMPLE_RATE, layout="mono")
        assert isinstance(stream, AudioStream)
        self._container, self._stream, self._samples = container, stream, 0

    def send_until(self, seconds: float) -> None:
        while self._samples < seconds * _SAMPLE_RATE:
            phase = (self._samples + np.arange(_AAC_SAMPLES)) * (2 * np.pi * _TONE_HZ / _SAMPLE_RATE)
            wave = (0.1 * np.sin(phase)).astype(np.float32)[np.newaxis]
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = _SAMPLE_RATE, self._samples
            frame.time_base = Fraction(1, _SAMPLE_RATE)
            self._container.mux(self._stream.encode(frame))
            self._samples += _AAC_SAMPLES

    def flush(self) -> None:
        self._container.mux(self._stream.encode(None))


def _as_ours(packet: av.Packet[Any]) -> Packet:
    dts, pts = packet.dts or 0, packet.pts or 0
    return Packet(dts, pts - dts, packet.is_keyframe, bytes(packet), dts / 1000)
