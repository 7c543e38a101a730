"""Descriptions of streams, addresses of their parts, and answers to SETUP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtsp import ProtocolError, Unsupported
from snapplatform.rtsp.aac import config_of
from snapplatform.rtsp.sdp import Description, control_url, read_sdp
from snapplatform.rtsp.tracks import choose_audio, choose_video
from snapplatform.rtsp.transport import Channels, read_channels, read_session

# As a camera writes it, with parameter sets as RFC 6184, 8.2.1 shows them.
CAMERA = b"""v=0\r
o=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w\r
s=Media Presentation\r
c=IN IP4 0.0.0.0\r
b=AS:5100\r
t=0 0\r
a=control:rtsp://192.0.2.1/cam/\r
m=audio 0 RTP/AVP 0\r
a=control:trackID=2\r
m=video 0 RTP/AVP 96\r
a=recvonly\r
a=control:trackID=1\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 profile-level-id=42A01E; packetization-mode=1;\r
 \r
a=fmtp:96 sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
"""


def test_a_camera() -> None:
    description = read_sdp(CAMERA)
    assert description.control == "rtsp://192.0.2.1/cam/"
    assert [one.kind for one in description.media] == ["audio", "video", "application"]
    video = choose_video(description)
    assert (video.payload_type, video.encoding, video.rate, video.control) == (96, "h264", 90000, "trackID=1")
    sets = video.parameter_sets("sprop-parameter-sets")
    assert sets == [bytes.fromhex("6742000a9653058988"), bytes.fromhex("68c96388")]
    assert video.number("packetization-mode") == 1
    assert description.media[0].encoding == "pcmu"
    assert choose_audio(description) is None


def test_hevc_with_its_three_lists() -> None:
    text = "v=0\nm=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\n"
    text += "a=fmtp:98 sprop-vps=QAE=; sprop-sps=QgE;sprop-pps=RAE=,!!\n"
    video = choose_video(read_sdp(text.encode()))
    found = video.parameter_sets("sprop-vps", "sprop-sps", "sprop-pps")
    assert found == [b"\x40\x01", b"\x42\x01", b"\x44\x01"]


def section(*lines: str, head: str = "m=video 0 RTP/AVP 96") -> Description:
    return read_sdp("\n".join(("v=0", head, *lines)).encode())


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        (read_sdp(b"v=0"), "no video in the server's description"),
        (read_sdp(b"v=0\nm=audio 0 RTP/AVP 0"), "no video in the server's description"),
        (section(head="m=video 0 RTP/AVP 26"), "video is jpeg; H.264 and HEVC can be taken"),
        (section("a=rtpmap:96 SECRET/90000"), "video is of an unknown codec; H.264 and HEVC can be taken"),
        (
            section("a=rtpmap:96 H264/90000", head="m=video 0 RTP/SAVP 96"),
            "the server gives its video encrypted only",
        ),
    ],
)
def test_what_can_not_be_taken(description: Description, reason: str) -> None:
    with pytest.raises(Unsupported) as caught:
        choose_video(description)
    assert str(caught.value) == reason


def test_the_second_video_is_taken_if_it_is_the_first_that_can_be() -> None:
    text = b"v=0\nm=video 0 RTP/AVP 26\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:b"
    assert choose_video(read_sdp(text)).control == "b"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"v=0\na=control:a b", b"v=0\na=control:a\xc3\xa9", b"v=0\nm=video\na=control:\x01"],
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_sdp(body)


def test_a_number_that_is_none() -> None:
    media = section("a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=x").media[0]
    with pytest.raises(ProtocolError):
        media.number("packetization-mode")


@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    try:
        for media in read_sdp(b"v=0\nm=video 0 RTP/AVP 96\na=" + data).media:
            media.parameter_sets("sprop-parameter-sets")
            config_of(media)
    except ProtocolError:
        pass


@pytest.mark.parametrize(
    ("base", "control", "found"),
    [
        ("rtsp://h/a", "", "rtsp://h/a"),
        ("rtsp://h/a", "*", "rtsp://h/a"),
        ("rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a?b=c", "trackID=1", "rtsp://h/a?b=c/trackID=1"),
        ("rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a", "/trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a", "rtsp://192.0.2.1/x/1", "rtsp://192.0.2.1/x/1"),
        ("rtsp://h/a", "RTSP://192.0.2.1/x/1", "RTSP://192.0.2.1/x/1"),
    ],
)
def test_addresses_of_parts(base: str, control: str, found: str) -> None:
    assert control_url(base, control) == found


@pytest.mark.parametrize(
    ("transport", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=D2A6E5B2", Channels(0, 1)),
        ("RTP/AVP/TCP;interleaved=6-7;mode=play", Channels(6, 7)),
        ("RTP/AVP/TCP;unicast;interleaved=4", Channels(4, None)),
        ("rtp/avp/tcp; unicast; Interleaved=2-3", Channels(2, 3)),
        ("RTP/AVP/TCP;unicast", Channels(2, 3)),
        ("", Channels(2, 3)),
    ],
)
def test_channels(transport: str, channels: Channels) -> None:
    assert read_channels(transport, 2) == channels


def test_a_server_that_answers_with_udp() -> None:
    with pytest.raises(Unsupported):
        read_channels("RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257", 0)


@pytest.mark.parametrize("channels", ["300-301", "0-1000", "a-b", ""])
def test_channels_that_are_none(channels: str) -> None:
    with pytest.raises(ProtocolError):
        read_channels(f"RTP/AVP/TCP;interleaved={channels}", 0)


@pytest.mark.parametrize(
    ("text", "name", "seconds"),
    [
        ("12345678", "12345678", 60.0),
        ("12345678;timeout=30", "12345678", 30.0),
        ("a.B-$_+ ; Timeout = 5", "a.B-$_+", 5.0),
        ("a;timeout=0", "a", 60.0),
        ("a;timeout=x", "a", 60.0),
    ],
)
def test_sessions(text: str, name: str, seconds: float) -> None:
    assert read_session(text) == (name, seconds)


@pytest.mark.parametrize("text", ["", ";timeout=5", "a b", "\u00e9", "a" * 300])
def test_sessions_that_are_none(text: str) -> None:
    with pytest.raises(ProtocolError):
        read_session(text)


AAC = "a=rtpmap:97 mpeg4-generic/48000/2"
FORMAT = "a=fmtp:97 mode={}; sizelength={}; indexlength=3; indexdeltalength=3; config={}"


@pytest.mark.parametrize(
    ("mode", "size", "config", "found"),
    [
        ("AAC-hbr", "13", "1190", b"\x11\x90"),
        ("AAC-lbr", "13", "1190", None),
        ("AAC-hbr", "6", "1190", None),
        ("AAC-hbr", "13", "119", None),
        ("AAC-hbr", "13", "", None),
    ],
)
def test_sound(mode: str, size: str, config: str, found: bytes | None) -> None:
    description = section(AAC, FORMAT.format(mode, size, config), head="m=audio 0 RTP/AVP 97")
    assert config_of(description.media[0]) == found
    assert (choose_audio(description) is not None) == (found is not None)
