"""URLs are cut where FFmpeg cuts them, and keys are shown to nobody."""

import pytest

from snapplatform.errors import InvalidValue
from snapplatform.rtmp import PullTarget, RtmpUrl


@pytest.mark.parametrize(
    ("rest", "app", "name"),
    [
        ("live/cam", "live", "cam"),
        ("live/cam?key=K", "live", "cam?key=K"),
        ("live/cam?key=a/b:c", "live", "cam?key=a/b:c"),
        ("live?key=a/b", "live?key=a/b", ""),
        ("stream?auth_key=1-0-0-a", "stream?auth_key=1-0-0-a", ""),
        ("stream", "stream", ""),
        ("live/", "live", ""),
        ("live/hall/cam?key=K", "live/hall", "cam?key=K"),
        ("live/hall/left/cam", "live/hall", "left/cam"),
        ("vod/mp4:a/b", "vod", "mp4:a/b"),
        ("vod/inst/mp4:a/b", "vod/inst", "mp4:a/b"),
        ("vod/a.mp4", "vod", "mp4:a.mp4"),
        ("vod/a.mp4?key=K", "vod", "a.mp4?key=K"),
        ("live/cam.flv", "live", "cam"),
        ("live/a%20b%2Fc", "live", "a%20b%2Fc"),
        ("live/Tür", "live", "Tür"),
        ("live/cam#x", "live", "cam#x"),
        ("/live/cam", "/live", "cam"),
    ],
)
def test_application_and_name(rest: str, app: str, name: str) -> None:
    url = RtmpUrl.parse(f"rtmp://h/{rest}")
    assert (url.app, url.name) == (app, name)
    assert url.tc_url == f"rtmp://h:1935/{app}"


@pytest.mark.parametrize(
    ("text", "host", "port", "tc_url"),
    [
        ("rtmp://H.example/a/b", "h.example", 1935, "rtmp://h.example:1935/a"),
        ("rtmps://h/a/b", "h", 443, "rtmps://h:443/a"),
        ("RTMPS://h:1936/a/b", "h", 1936, "rtmps://h:1936/a"),
        ("rtmp://[2001:DB8::1]/a/b", "2001:db8::1", 1935, "rtmp://[2001:db8::1]:1935/a"),
    ],
)
def test_host_and_port(text: str, host: str, port: int, tc_url: str) -> None:
    url = RtmpUrl.parse(text)
    assert (url.host, url.port, url.tc_url) == (host, port, tc_url)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://h/live/cam", "must begin with rtmp:// or rtmps://"),
        ("rtmp://h", "must name an application"),
        ("rtmp://h/", "must name an application"),
        ("rtmp://h/?key=K", "must name an application"),
        ("rtmp://h?key=K", "must name an application"),
        ("rtmp://user:SECRET@h/live/cam", "no user and password"),
        ("rtmp://h/live/cam live=1", "spaces"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason) as caught:
        RtmpUrl.parse(text, parameter="StreamInput.Url")
    assert caught.value.parameter == "StreamInput.Url"
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("rest", "redacted"),
    [
        ("live/hall/cam?key=SECRET", "rtmp://h:1935/live/hall/cam?***"),
        ("live/cam", "rtmp://h:1935/live/cam"),
        ("live/cam?SECRET", "rtmp://h:1935/live/cam?***"),
        ("live/cam#SECRET", "rtmp://h:1935/live/cam?***"),
        ("stream?auth_key=SECRET/x", "rtmp://h:1935/stream?***"),
    ],
)
def test_keys_are_shown_to_nobody(rest: str, redacted: str) -> None:
    target = PullTarget(RtmpUrl.parse(f"rtmp://h/{rest}"), "192.0.2.1")
    assert target.url.redacted == redacted
    assert "SECRET" not in repr(target) + str(target)
