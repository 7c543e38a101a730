"""What check_url() takes apart, and how it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.errors import InvalidValue
from snapplatform.net import Url, check_url

SCHEMES = ("rtmp", "rtmps", "http", "https", "rtsp")


def read(text: object) -> Url:
    return check_url(text, schemes=SCHEMES, parameter="StreamInput.Url")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("rtmp://h/live/a", Url("rtmp", "h", None, "/live/a")),
        ("RTMP://H.Example:1935/Live/A", Url("rtmp", "h.example", 1935, "/Live/A")),
        ("rtmp://h/stream?auth_key=1-0-0-a#x", Url("rtmp", "h", None, "/stream?auth_key=1-0-0-a#x")),
        ("http://h?a=/b@c", Url("http", "h", None, "?a=/b@c")),
        ("http://h", Url("http", "h", None, "")),
        ("rtsp://u:p%40@h:554/a", Url("rtsp", "h", 554, "/a", "u", "p@")),
        ("rtsp://u@h/a", Url("rtsp", "h", None, "/a", "u")),
        ("rtsp://:@h/a", Url("rtsp", "h", None, "/a", "", "")),
        ("rtmp://bücher.example/live/ä", Url("rtmp", "xn--bcher-kva.example", None, "/live/ä")),
        ("rtmp://cam_1.lan./a", Url("rtmp", "cam_1.lan", None, "/a")),
        ("rtmp://１９２.０.２.１/a", Url("rtmp", "192.0.2.1", None, "/a")),
        ("rtmp://[2001:DB8:0::1]:1/a", Url("rtmp", "2001:db8::1", 1, "/a")),
        ("rtmp://1.example/a", Url("rtmp", "1.example", None, "/a")),
    ],
)
def test_a_url_is_taken_apart(text: str, url: Url) -> None:
    assert read(text) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "must be a URL"),
        (7, "must be a URL"),
        ("", "must be a URL"),
        ("rtmp://h/" + "a" * 2040, "at most 2048 characters"),
        ("rtmp://h/a b", "spaces"),
        ("rtmp://h/a\x7f", "control"),
        ("rtmp://h/a\x85", "control"),
        ("rtmp://h/a\\b", "backslashes"),
        ("file:///etc/passwd", "must begin with rtmp:// or rtmps://"),
        ("h/live/a", "must begin with"),
        ("rtmp:h/live/a", "must begin with"),
        ("ｒtmp://h/a", "must begin with"),
        ("rtsp://a@b@h/a", "%40"),
        ("rtsp://a%0d%0aX:b@h/a", "no control characters"),
        ("rtmp:///a", "host is missing"),
        ("rtmp://./a", "not a valid name"),
        ("rtmp://a..b/a", "not a valid name"),
        ("rtmp://-a/a", "not a valid name"),
        (f"rtmp://{'a' * 64}/a", "not a valid name"),
        (f"rtmp://{'a.' * 127}com/a", "not a valid name"),
        ("rtmp://ä..b/a", "not a valid name"),
        ("rtmp://a%2eb/a", "not a valid name"),
        ("rtmp://h:0/a", "from 1 to 65535"),
        ("rtmp://h:65536/a", "from 1 to 65535"),
        ("rtmp://h:/a", "port number"),
        ("rtmp://h:１/a", "port number"),
        ("rtmp://h:1:2/a", "port number"),
        ("rtmp://::1/a", "port number"),
        ("rtmp://[::1/a", "port number"),
        ("rtmp://[::1]x/a", "port number"),
        ("rtmp://[h]/a", "IPv6"),
        ("rtmp://[fe80::1%25eth0]/a", "IPv6"),
        ("rtmp://0x7f.1/a", "four decimal numbers"),
        ("rtmp://cam.0x/a", "four decimal numbers"),
        ("rtmp://1.2.3.04/a", "four decimal numbers"),
        ("rtmp://256.1.1.1/a", "four decimal numbers"),
    ],
)
def test_a_refusal_names_the_parameter_and_the_reason(text: object, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        read(text)
    assert caught.value.parameter == "StreamInput.Url"
    assert reason in caught.value.reason


def test_secrets_are_in_no_repr_and_in_no_error() -> None:
    assert "SECRET" not in repr(read("rtsp://SECRET:SECRET@h/a?key=SECRET"))
    with pytest.raises(InvalidValue) as caught:
        read("rtsp://SECRET:SECRET@h:0/a?key=SECRET")
    assert "SECRET" not in str(caught.value)


def test_the_authority_has_brackets_where_they_belong() -> None:
    assert read("rtmp://[::1]:1935/a").authority == "[::1]:1935"
    assert read("rtmp://u:p@h/a").authority == "h"


@given(st.text(max_size=60).map("rtmp://{}".format))
def test_whatever_is_let_through_has_a_plain_host_and_no_control(text: str) -> None:
    try:
        url = read(text)
    except InvalidValue:
        return
    assert url.host.isascii()
    assert url.host.isprintable()
    assert not set(url.host) & set("@/?#\\ %[]")
    assert url.rest.isprintable()
