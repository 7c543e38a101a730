"""One stream in its child: a thread that opens it, takes its pictures out, and says how it ended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.stream import Discard
from av.video.stream import VideoStream

from snapplatform.net.ending import EndKind, PullEnd

from ..codec import BadCodecConfig, CodecConfig, PictureTooLarge
from .cut import Cut
from .failures import Failed, end_of
from .gate import Gate
from .link import Link
from .opening import Opened, open_url
from .pacing import Pace
from .times import Times
from .units import Converter
from .wire import CODECS, Order

_CLOCK = Fraction(1, 90_000)
# libavcodec's own threads don't run here; this one holds its probing.
_STACK = 2 * 1024 * 1024


class Stream:
    """Lives in one thread from start() on; cut() may come from another. `sock` is closed by whoever made it,
    after the thread has ended."""

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self._cut = Cut()
        self._link = Link(sock)
        threading.stack_size(_STACK)
        self._thread = threading.Thread(target=self._run, name=f"stream {number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cut(self) -> None:
        self._cut.now()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            end = self._read(self._link.order())
        except BaseException as error:  # damaged media makes the library raise nearly anything
            end = end_of(error)
        try:
            if end.kind is not EndKind.CANCELLED:
                self._link.end(end)
        except (Failed, OSError):
            pass  # nobody listens

    def _read(self, order: Order) -> PullEnd:
        opened = open_url(order, self._link, self._cut)
        try:
            video = choose_video(opened)
            self._link.opened(opened.form)
            return self._pump(opened, video, order)
        finally:
            opened.close()

    def _pump(self, opened: Opened, video: VideoStream, order: Order) -> PullEnd:
        context = video.codec_context
        converter = Converter(context.name, context.extradata or b"")  # type: ignore[arg-type]  # in CODECS
        times, pace = Times(video.time_base or _CLOCK), Pace(self._cut, opened.ahead)
        gate = Gate(keyframes_only=order.keyframes_only or order.until_keyframe)
        told: bytes | None = None
        for packet in _packets(opened, video, keyframes_only=order.keyframes_only):
            pts, dts = times.next(packet.pts, packet.dts)
            _take_new_extradata(packet, converter)
            keyframe, data = packet.is_keyframe, b""
            if gate.lets(pts, keyframe, packet.is_corrupt):
                data = _converted(converter, packet, order.unit_bytes)
            if not data or converter.config is None:
                if keyframe:
                    gate.shut()
                continue
            pace.keep(dts)
            if keyframe and converter.config != told:
                told = converter.config
                _check_size(context.name, told)
                self._link.config(context.name, told)
            if not self._link.unit(pts, dts, keyframe, data):
                gate.shut()
            elif keyframe and order.until_keyframe:
                return PullEnd(EndKind.KEYFRAME)
        return opened.end


def choose_video(opened: Opened) -> VideoStream:
    """The largest one that is H.264 or HEVC; everything else is left out. Failed if there is none."""
    videos = list(opened.container.streams.video)
    good = [one for one in videos if one.codec_context is not None and one.codec_context.name in CODECS]
    if not good:
        others = {one.codec_context.name if one.codec_context else "unknown" for one in videos}
        if others:
            raise Failed(EndKind.UNSUPPORTED, f"its video is {', '.join(sorted(others))}, not H.264 or HEVC")
        raise Failed(EndKind.NO_VIDEO, "sound alone, or nothing that can be read")
    return max(good, key=lambda one: (one.codec_context.width or 0) * (one.codec_context.height or 0))


def _packets(opened: Opened, video: VideoStream, *, keyframes_only: bool) -> Iterator[Packet[Any]]:
    for stream in opened.container.streams:
        if stream is not video:
            stream.discard = Discard.all
    if keyframes_only:
        video.discard = Discard.nonkey
    for packet in opened.container.demux():
        if packet.size and packet.stream_index == video.index:
            yield packet


def _check_size(codec: str, config: bytes) -> None:
    """Nobody would take a picture of it."""
    try:
        _ = CodecConfig(codec, config).info  # type: ignore[arg-type]  # in CODECS
    except PictureTooLarge as error:
        raise Failed(EndKind.UNSUPPORTED, f"its pictures are too large: {error}") from None
    except BadCodecConfig:
        pass  # the decoder may know better


def _take_new_extradata(packet: Packet[Any], converter: Converter) -> None:
    if packet.has_sidedata("new_extradata"):
        converter.configure(bytes(packet.get_sidedata("new_extradata")))


def _converted(converter: Converter, packet: Packet[Any], most: int) -> bytes:
    if packet.size > most:
        raise Failed(EndKind.PROTOCOL, f"a picture of more than {most} bytes")
    try:
        return converter.convert(bytes(packet))
    except ValueError:
        return b""
