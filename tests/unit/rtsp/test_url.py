"""URLs of cameras: what goes into requests, what into logs, and what is refused."""

import pytest

from snapplatform.errors import InvalidValue
from snapplatform.rtsp import RtspUrl


@pytest.mark.parametrize(
    ("text", "host", "port", "request_url"),
    [
        ("rtsp://cam.example/live", "cam.example", 554, "rtsp://cam.example/live"),
        ("rtsp://cam.example", "cam.example", 554, "rtsp://cam.example/"),
        ("rtsps://cam.example/live", "cam.example", 322, "rtsps://cam.example/live"),
        ("RTSP://Cam.Example:8554/A/b", "cam.example", 8554, "rtsp://cam.example:8554/A/b"),
        ("rtsp://[2001:db8::1]:8554/a", "2001:db8::1", 8554, "rtsp://[2001:db8::1]:8554/a"),
        ("rtsp://cam.example/a%20b?c=%41&d", "cam.example", 554, "rtsp://cam.example/a%20b?c=%41&d"),
        ("rtsp://cam.example/caf\u00e9", "cam.example", 554, "rtsp://cam.example/caf%C3%A9"),
        (
            "rtsp://cam.example/cam/realmonitor?channel=1&subtype=0",
            "cam.example",
            554,
            "rtsp://cam.example/cam/realmonitor?channel=1&subtype=0",
        ),
    ],
)
def test_where_it_leads(text: str, host: str, port: int, request_url: str) -> None:
    url = RtspUrl.parse(text)
    assert (url.host, url.port, url.request) == (host, port, request_url)
    assert url.secure == text.lower().startswith("rtsps")
    assert url.user is None


def test_user_and_password_are_split_off() -> None:
    url = RtspUrl.parse("rtsp://b%40b:pa%3Ass%2Fword@cam.example:8554/live?key=SECRET")
    assert (url.user, url.password) == ("b@b", "pa:ss/word")
    assert url.request == "rtsp://cam.example:8554/live?key=SECRET"
    assert url.redacted == "rtsp://cam.example:8554/live?***"
    assert "word" not in repr(url)
    assert "SECRET" not in repr(url)


def test_a_password_in_the_path_is_not_logged() -> None:
    url = RtspUrl.parse("rtsp://cam.example/user=admin_password=SECRET_channel=1_stream=0.sdp")
    assert url.redacted == "rtsp://cam.example/***"
    assert "SECRET" not in repr(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "rtmp://cam.example/live",
        "rtsp://cam.example/a\r\nTEARDOWN rtsp://other.example RTSP/1.0",
        "rtsp://cam.example/a\0b",
        "rtsp://cam.example/a b",
        "rtsp://cam.example/a\\b",
        "rtsp://a%0d%0aX:b@cam.example/",
        "rtsp://cam.example/live#part",
        "rtsp://cam.example:0/live",
        "rtsp://127.1/live",
        "rtsp:///live",
        "rtsp://cam.example/" + "a" * 3000,
    ],
)
def test_what_is_refused(text: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        RtspUrl.parse(text)
    assert "cam.example" not in str(caught.value)
