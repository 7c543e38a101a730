"""The tracks of one pull: who takes the packets of which channel, and what is reported of them."""

from collections.abc import Callable

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtsp.dialogue import Wire
from snapplatform.rtsp.interface import AudioSink, Sink
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.reading import Take
from snapplatform.rtsp.sdp import Description
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.tracks import AudioTrack, Track, VideoTrack, choose_audio, choose_video
from snapplatform.rtsp.transport import Channels

_INTERLEAVED = 0x24


class Playback:
    """`takers` is filled by channel as tracks are set up."""

    def __init__(
        self,
        wire: Wire,
        sink: Sink,
        audio: AudioSink | None,
        clock: Callable[[], float],
        takers: dict[int, Take],
        *,
        limits: ClientLimits,
        stats: ClientStats,
    ) -> None:
        self._wire, self._sink, self._audio = wire, sink, audio
        self._clock, self._takers = clock, takers
        self._limits, self._stats = limits, stats
        self._tracks: list[Track] = []
        self._video: VideoTrack | None = None
        self._sound: AudioTrack | None = None
        self._report_to: dict[int, Track] = {}  # by channel
        self._reported_at = 0.0

    @property
    def pictures(self) -> int:
        """That came, complete or not."""
        return self._video.units.pictures if self._video is not None else 0

    @property
    def sounds(self) -> int:
        return self._sound.packets if self._sound is not None else 0

    def described(self, description: Description) -> list[str]:
        """As session.Stage has it."""
        media = choose_video(description)
        self._video = VideoTrack(media, self._sink, self._limits, self._stats)
        self._tracks = [self._video]
        if self._audio is not None:
            chosen = choose_audio(description)
            if chosen is not None:
                self._sound = AudioTrack(*chosen, self._audio)
                self._tracks.append(self._sound)
        return [track.control for track in self._tracks]

    def set_up(self, index: int, channels: Channels) -> None:
        """As session.Stage has it."""
        track = self._tracks[index]
        self._takers[channels.media] = track.receive
        if channels.control is not None:
            self._report_to[channels.control] = track
            self._takers[channels.control] = self._taker_of_reports(track)

    def report(self, now: float) -> None:
        """Tell the server what has come, when it is time."""
        if now - self._reported_at < self._limits.report_seconds:
            return
        self._reported_at = now
        for channel, track in self._report_to.items():
            packet = track.reports.report(now)
            if packet:
                head = bytes((_INTERLEAVED, channel)) + len(packet).to_bytes(2, "big")
                self._wire.write(head + packet)

    def _taker_of_reports(self, track: Track) -> Take:
        def take(buf: bytearray, at: int, stop: int) -> None:
            track.reports.receive(buf, at, stop, self._clock())
            if track.reports.bye and track is self._video:
                self._wire.finish(PullEnd(EndKind.ENDED, "BYE"))

        return take
