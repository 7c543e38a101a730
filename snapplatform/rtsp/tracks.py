"""One section of the description on its way: packets in, access units or frames of sound out."""

import secrets
from collections.abc import Callable, Mapping
from typing import Protocol

from snapplatform.parameter_sets import H264Sets, HevcSets, ParameterSets
from snapplatform.rtsp import h264, hevc
from snapplatform.rtsp.aac import AacFrames, config_of
from snapplatform.rtsp.access_units import AccessUnits
from snapplatform.rtsp.errors import Unsupported
from snapplatform.rtsp.interface import AudioSink, Sink
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.nal import Codec, UnitBuilder
from snapplatform.rtsp.rtcp import Reports, SenderClock
from snapplatform.rtsp.rtp import ANOTHER_SOURCE, RtpSource
from snapplatform.rtsp.sdp import Description, Media
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.timeline import Timeline

_PROFILES = ("RTP/AVP", "RTP/AVPF", "RTP/AVP/TCP")
# Names that may be told; anything else a server calls its codec is not repeated.
_KNOWN = ("jpeg", "mp2t", "mp4v-es", "mpv", "vp8", "vp9", "av1", "h261", "h263", "h263-1998", "jxsv")
_CODECS: Mapping[str, tuple[Codec, type[H264Sets] | type[HevcSets], tuple[str, ...]]] = {
    "h264": (h264.CODEC, H264Sets, ("sprop-parameter-sets",)),
    "h265": (hevc.CODEC, HevcSets, ("sprop-vps", "sprop-sps", "sprop-pps")),
}
_DEPACKETISERS: Mapping[str, Callable[[UnitBuilder, bytearray, int, int], None]] = {
    "h264": h264.depacketise,
    "h265": hevc.depacketise,
}


class Track(Protocol):
    """What a connection gives packets to."""

    control: str
    reports: Reports

    def receive(self, buf: bytearray, at: int, stop: int) -> None:
        """One RTP packet, buf[at:stop]."""


class VideoTrack:
    """H.264 or HEVC into a sink."""

    def __init__(self, media: Media, sink: Sink, limits: ClientLimits, stats: ClientStats) -> None:
        codec, sets_of, names = _CODECS[media.encoding]
        _check_order(media)
        sets: ParameterSets = sets_of()
        for unit in media.parameter_sets(*names):
            sets.add(unit)
        clock = SenderClock(media.rate)
        self.control = media.control
        self.source = RtpSource(media.payload_type)
        self.reports = Reports(self.source, clock, secrets.randbits(32))
        self.units = AccessUnits(
            codec, sets, sink, rate=media.rate, clock=clock, limit=limits.unit_bytes, stats=stats
        )
        self._depacketise = _DEPACKETISERS[media.encoding]
        self._stats = stats

    def receive(self, buf: bytearray, at: int, stop: int) -> None:
        source, units = self.source, self.units
        start = source.accept(buf, at, stop)
        if source.gap:
            self._unexpected()
        if not start:
            self._stats.ignored_packets += 1
            return
        if source.timestamp != units.timestamp:
            units.begin(source.timestamp)
        self._depacketise(units.unit, buf, start, source.stop)
        if source.marker:
            units.end()

    def _unexpected(self) -> None:
        source = self.source
        if source.gap == ANOTHER_SOURCE:
            self.units.restart()
        else:
            self._stats.lost_packets += source.gap
            self.units.lose()


class AudioTrack:
    """AAC into a sink."""

    def __init__(self, media: Media, config: bytes, sink: AudioSink) -> None:
        self.control = media.control
        self.source = RtpSource(media.payload_type)
        self._clock = SenderClock(media.rate)
        self.reports = Reports(self.source, self._clock, secrets.randbits(32))
        self.packets = 0
        self._rate = media.rate
        self._timeline = Timeline(media.rate)
        self._frames = AacFrames()
        self._sink = sink
        sink.on_audio_config("aac", config)

    def receive(self, buf: bytearray, at: int, stop: int) -> None:
        source = self.source
        start = source.accept(buf, at, stop)
        if source.gap:
            self._frames.lose()
        if source.gap == ANOTHER_SOURCE:
            self._timeline.restart()
            self._clock.forget()
        if not start:
            return
        self.packets += 1
        time_ms, when = self._timeline.milliseconds(source.timestamp), self._clock.time_of(source.timestamp)
        for samples, frame in self._frames.push(buf, start, source.stop):
            later = samples / self._rate
            self._sink.on_audio(time_ms + round(later * 1000), frame, None if when is None else when + later)


def choose_video(description: Description) -> Media:
    """The first section that can be taken; Unsupported in words when there is none."""
    sections = [one for one in description.media if one.kind == "video"]
    for media in sections:
        if media.encoding in _CODECS and media.profile in _PROFILES:
            return media
    if not sections:
        raise Unsupported("no video in the server's description")
    names = {one.encoding if one.encoding in _KNOWN else "of an unknown codec" for one in sections}
    if any(one.encoding in _CODECS for one in sections):
        raise Unsupported("the server gives its video encrypted only")
    raise Unsupported(f"video is {', '.join(sorted(names))}; H.264 and HEVC can be taken")


def choose_audio(description: Description) -> tuple[Media, bytes] | None:
    """The first section of AAC, with its configuration."""
    for media in description.media:
        config = config_of(media)
        if media.kind == "audio" and media.profile in _PROFILES and config is not None:
            return media, config
    return None


def _check_order(media: Media) -> None:
    """NAL units may be told to come in another order than they are decoded in."""
    if media.encoding == "h264" and media.number("packetization-mode") > 1:
        raise Unsupported("H.264 in interleaved packets (packetization-mode 2)")
    if media.number("sprop-max-don-diff") or media.number("sprop-depack-buf-nalus"):
        raise Unsupported("HEVC in packets with decoding order numbers")
