"""Bounds on what one server may cost; each has a default that suits cameras."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Sizes are bytes, times are seconds. Times are kept to about `tick_seconds`."""

    connect_seconds: float = 10.0  # TCP, and TLS where there is one
    answer_seconds: float = 10.0  # each answer before the stream plays
    silence_seconds: float = 10.0  # no byte at all
    video_seconds: float = 10.0  # without a picture, whatever else comes
    keyframe_seconds: float = 60.0  # when only one keyframe is wanted
    report_seconds: float = 5.0  # between receiver reports (RFC 3550, 6.2)
    keep_alive_seconds: float = 30.0  # at the latest, and at half of what the server allows
    tick_seconds: float = 1.0

    message_bytes: int = 64 * KIB  # one RTSP message with its body; not more than reading.HEADROOM
    header_bytes: int = 16 * KIB  # its lines without the body
    line_bytes: int = 4 * KIB
    headers: int = 64
    messages: int = 64  # from the server, in each `tick_seconds`
    unit_bytes: int = 8 * MIB  # one access unit
    unsent_bytes: int = 64 * KIB  # of ours, that the server does not read
