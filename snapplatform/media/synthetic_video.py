"""How a synthetic camera encodes its picture, with PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from av.container import OutputContainer
from av.video.stream import VideoStream

from .codec import CodecName

_ENCODERS: dict[CodecName, str] = {
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
}


@dataclass(frozen=True, slots=True)
class Camera:
    """How a synthetic camera looks and encodes; `matrix` and `full_range` are flagged, unless told not to.

    `bframes` stand between two P-frames. `noise` is the strength of the grain (in luma levels, 0 for none; 6
    looks like a camera by night): without it so simple a picture never reaches its bitrate. `encoder_options`
    are x264's, x265's or SVT-AV1's own, as "name=value:name=value"; `preset` and `bframes` of the first two.
    """

    width: int = 1280
    height: int = 720
    fps: int = 25
    gop_seconds: float = 2.0
    bitrate: int = 2_000_000
    audio: bool = False
    bframes: int = 0
    preset: str = "veryfast"
    codec: CodecName = "h264"
    pixel_format: str = "yuv420p"
    matrix: Literal[601, 709] = 709
    full_range: bool = False
    flag_colours: bool = True
    noise: int = 0
    sample_aspect: str = "1:1"
    encoder_options: str = ""
    title: str = "Snapplatform"


def add_video(container: OutputContainer, camera: Camera) -> VideoStream:
    """The camera's video stream in a container that is open for writing."""
    gop = max(1, round(camera.gop_seconds * camera.fps))
    stream = container.add_stream(_ENCODERS[camera.codec], rate=camera.fps, options=_options(camera, gop))
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = camera.width, camera.height, camera.pixel_format
    context.bit_rate, context.gop_size, context.max_b_frames = camera.bitrate, gop, camera.bframes
    context.thread_count = 1
    context.time_base = Fraction(1, camera.fps)
    if camera.flag_colours:
        context.colorspace = 1 if camera.matrix == 709 else 6
        context.color_range = 2 if camera.full_range else 1
    context.sample_aspect_ratio = Fraction(camera.sample_aspect.replace(":", "/"))
    return stream


def _options(camera: Camera, gop: int) -> dict[str, str]:
    """Of the encoder: live, so without looking ahead, and on one core."""
    extra = f":{camera.encoder_options}" if camera.encoder_options else ""
    if camera.codec == "av1":
        return {"preset": "11", "svtav1-params": f"lp=1:pred-struct=1:rc=2:scd=0{extra}"}
    if camera.codec == "vp9":
        return {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    params = f"scenecut=0:keyint={gop}:min-keyint={gop}{extra}"
    if camera.codec == "hevc":
        return {"preset": camera.preset, "x265-params": f"log-level=none:{params}"}
    options = {"preset": camera.preset, "x264-params": params}
    return options if camera.bframes else {**options, "tune": "zerolatency"}
