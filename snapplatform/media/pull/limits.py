"""Bounds on what one pulled stream may cost; each has a default that suits cameras and sites."""

from dataclasses import dataclass, replace

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class AvLimits:
    """Sizes are bytes, times are seconds. Times are kept to about `tick_seconds`.

    `per_process` streams share a child process: more save memory, and a stream that kills its child takes
    fewer others along when they are few.
    """

    per_process: int = 4
    processes: int = 64
    process_seconds: float = 6 * 3600.0  # a child that is older takes no more streams
    idle_seconds: float = 10.0  # a child without streams waits so long for another one
    linger_seconds: float = 15.0  # a stream that was cut may take so long to notice, or its child is given up
    suspect_seconds: float = 600.0  # a stream whose child died is read in one of its own for so long

    start_seconds: float = 30.0  # until a child takes the stream; children come up one after the other
    lookup_seconds: float = 5.0  # of one name
    open_seconds: float = 15.0  # from the child's first connection to what the stream is
    silence_seconds: float = 10.0  # no byte at all
    video_seconds: float = 10.0  # without a picture, whatever else comes
    segment_seconds: float = 30.0  # instead of both, where whole segments come at a time (HLS)
    keyframe_seconds: float = 60.0  # when only one keyframe is wanted
    tick_seconds: float = 1.0

    unit_bytes: int = 8 * MIB  # one access unit
    redirects: int = 5  # of one request
    addresses_tried: int = 3  # of a name with many
    pin_seconds: float = 60.0  # for so long the addresses of a name hold inside one pull
    asks: int = 60  # addresses that a stream may ask for at once,
    asks_per_second: float = 10.0  # and in the long run

    def in_segments(self) -> "AvLimits":
        """The same for a stream that comes in whole segments."""
        return replace(self, silence_seconds=self.segment_seconds, video_seconds=self.segment_seconds)
