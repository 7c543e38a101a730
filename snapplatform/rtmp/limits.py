"""Bounds on what one peer may cost; each has a default that suits cameras and encoders."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class WireLimits:
    """What holds for a connection whoever opened it."""

    handshake_seconds: float = 10.0
    silence_seconds: float = 30.0  # who should send media sends no byte at all
    tick_seconds: float = 1.0

    message_bytes: int = 8 * MIB  # one audio or video message of an accepted publisher
    partial_bytes: int = 12 * MIB  # all unfinished messages of an accepted publisher together
    command_bytes: int = 64 * KIB  # one message of anybody else, and any AMF anywhere
    command_partial_bytes: int = 128 * KIB
    commands: int = 64  # before publish or play
    chunk_streams: int = 64
    amf_depth: int = 16
    amf_values: int = 4096
    reply_bytes: int = 256 * KIB  # answers that the peer does not read


@dataclass(frozen=True, slots=True)
class Limits(WireLimits):
    """Of the server. Sizes are bytes, times are seconds. Times are kept to about `tick_seconds`."""

    connections: int = 1000
    connections_per_peer: int = 500
    idle_seconds: float = 15.0  # connected, but neither publishing nor playing
    answer_seconds: float = 10.0  # how long the directory may think
    linger_seconds: float = 2.0  # for a refused peer to read why
    player_buffer_bytes: int = 8 * MIB
    player_behind_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class ClientLimits(WireLimits):
    """Of a pulled stream; what is sent to us is bounded as the server bounds a publisher."""

    connect_seconds: float = 10.0  # TCP, and TLS where there is one
    silence_seconds: float = 10.0
    answer_seconds: float = 10.0  # from the handshake to the start of playing
    video_seconds: float = 10.0  # without a picture, whatever else comes
    keyframe_seconds: float = 60.0  # when only one keyframe is wanted
