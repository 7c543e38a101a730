"""From packets of NAL units to access units that a decoder can take, and nothing that would show grey.

A unit ends with the marker bit, or where the time stamp changes. Servers exist that mark every slice. So the
marker is trusted only when the first picture that it ended was followed by another time stamp, and as long as
no slice goes on a picture already marked as complete; otherwise only time stamps count.

A keyframe is an IDR picture (HEVC: any IRAP picture), or in H.264 one with a recovery point of 0 frames.
Units come out from a keyframe on whose parameter sets are known. When a packet is lost, the unit that it
belonged to is dropped and so is all up to the next keyframe; after such a start pictures that are shown
before the keyframe are dropped, too, for they may refer to what was lost.
"""

from snapplatform.parameter_sets import ParameterSets
from snapplatform.rtsp.interface import Sink
from snapplatform.rtsp.nal import Codec, UnitBuilder
from snapplatform.rtsp.rtcp import SenderClock
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.timeline import DecodeTimes, Timeline


class AccessUnits:
    """Bring packets' payloads into `unit`, between begin() and end()."""

    def __init__(
        self,
        codec: Codec,
        sets: ParameterSets,
        sink: Sink,
        *,
        rate: int,
        clock: SenderClock,
        limit: int,
        stats: ClientStats,
    ) -> None:
        self.unit = UnitBuilder(codec, limit, sets.add)
        self.timestamp: int | None = None  # of the unit in hand
        self.pictures = 0  # complete or not, used or not
        self.keyframes = 0  # given to the sink
        self._codec = codec.name
        self._sets = sets
        self._sink = sink
        self._clock = clock
        self._stats = stats
        self._timeline = Timeline(rate)
        self._decode_times = DecodeTimes()
        self._extradata: bytes | None = None
        self._synced = False  # everything since a keyframe was given to the sink
        self._shown_from: int | None = None  # pts of the keyframe that we started at
        self._keyframe_at: int | None = None  # pts of the newest one
        self._trusts_marker: bool | None = None  # None: not known yet
        self._marked = 0  # slices before the first marker, while it isn't known
        self._finished: int | None = None  # time stamp of the newest unit that a marker ended

    def begin(self, timestamp: int) -> None:
        """A packet with another time stamp has come."""
        if self.unit.slices or self.unit.damaged:
            if self._marked:
                self._trusts_marker, self._marked = self.unit.slices == self._marked, 0
            self._finish()
        else:
            self.unit.clear()  # what was in it has been noted
        self.timestamp = timestamp
        self._finished = None

    def end(self) -> None:
        """A packet with the marker bit was the newest. Some servers mark parameter sets, too."""
        slices = self.unit.slices
        if not slices:
            return
        if self._trusts_marker:
            self._finish()
            self._finished = self.timestamp
        elif self._trusts_marker is None:
            self._marked = self._marked or slices

    def lose(self) -> None:
        """Packets are missing before the one that comes. What follows of the same picture does not begin with
        its first slice, and the pictures after it wait for a keyframe."""
        self.unit.clear()
        self._synced = False
        self._marked = 0

    def restart(self) -> None:
        """Another source sends: nothing of it belongs to what was."""
        self.lose()
        self.timestamp = self._finished = None
        self._timeline.restart()
        self._clock.forget()

    def _finish(self) -> None:
        unit = self.unit
        goes_on = bool(unit.slices) and not unit.begins
        if goes_on and self._finished is not None and self._finished == self.timestamp:
            self._trusts_marker, self._finished = False, None
            self._stats.damaged_units += 1
            self.lose()  # what follows of it
            return
        self.pictures += 1
        keyframe = unit.keyframe
        pts = self._time(keyframe)
        data = unit.take()
        good = unit.begins and not unit.damaged
        unit.clear()
        if not good:
            self._stats.damaged_units += 1
            self._synced = False
        elif keyframe:
            self._enter(pts, data)
        elif self._synced and (self._shown_from is None or pts > self._shown_from):
            self._give(pts, False, data)
        else:
            self._stats.skipped_units += 1

    def _enter(self, pts: int, data: bytes) -> None:
        """A whole keyframe: decoding can start here, if it is known how."""
        if not self._configured():
            self._synced = False
            self._stats.skipped_units += 1
            return
        self._shown_from = None if self._synced else pts
        self._synced = True
        self._give(pts, True, data)

    def _time(self, keyframe: bool) -> int:
        """When it is shown."""
        timestamp = self.timestamp or 0
        pts = self._timeline.milliseconds(timestamp)
        if keyframe:
            if self._keyframe_at is not None and pts <= self._keyframe_at:
                # Keyframes are never reordered: the source's clock was set back, or its file began anew.
                self._timeline.restart()
                pts = self._timeline.milliseconds(timestamp)
            self._keyframe_at = pts
        return pts

    def _configured(self) -> bool:
        """Whether the sink knows the parameter sets; tells it, if they are news."""
        if self._sets.changed:
            extradata = self._sets.config()
            if extradata is not None and extradata != self._extradata:
                self._sink.on_config(self._codec, extradata)
            self._extradata = extradata
        return self._extradata is not None

    def _give(self, pts: int, keyframe: bool, data: bytes) -> None:
        if keyframe:
            self.keyframes += 1
        source_time = self._clock.time_of(self.timestamp or 0)
        self._sink.on_access_unit(pts, self._decode_times.next(pts), keyframe, data, source_time)
