"""Every way in which clients cut a URL gives the same address."""

import pytest

from snapplatform.rtmp import ProtocolError, Refused, StreamAddress
from snapplatform.rtmp.address import parse_address, printable


def address(app: str, name: str, tc_url: str = "") -> StreamAddress:
    return parse_address(app, tc_url, name, peer="10.0.0.1", client="x", bad_name="Bad")


@pytest.mark.parametrize(
    ("app", "name", "tc_url", "expected"),
    [
        ("live", "cam", "rtmp://h/live", ("live", "cam", {})),
        ("live", "cam?key=K", "rtmp://h/live", ("live", "cam", {"key": "K"})),
        ("live?key=K", "cam", "rtmp://h/live?key=K", ("live", "cam", {"key": "K"})),
        ("live", "cam", "rtmp://h/live?key=K", ("live", "cam", {"key": "K"})),
        (
            "live?key=app",
            "cam?key=name",
            "rtmp://h/live?key=url&a=b",
            ("live", "cam", {"key": "name", "a": "b"}),
        ),
        ("live/", "/cam/", "", ("live", "cam", {})),
        ("live/hall", "cam:1", "", ("live", "hall/cam:1", {})),
        ("live", "hall/cam:1", "", ("live", "hall/cam:1", {})),
        ("live/hall?key=K", "door", "", ("live", "hall/door", {"key": "K"})),
        ("", "cam", "", ("", "cam", {})),
        ("live", "cam?key=a+b%2Fc&empty&x=", "", ("live", "cam", {"key": "a+b/c", "empty": "", "x": ""})),
        ("live", "cam", "rtmp://[broken/live?key=K", ("live", "cam", {})),
    ],
)
def test_urls(app: str, name: str, tc_url: str, expected: tuple[str, str, dict[str, str]]) -> None:
    found = address(app, name, tc_url)
    assert (found.app, found.name, dict(found.query)) == expected


@pytest.mark.parametrize("name", ["", "?key=K", "/", "a\0b", "a\nb", "x" * 513])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        address("live", name)
    assert caught.value.code == "Bad"


@pytest.mark.parametrize("query", ["a=" + "x" * 5000, "&".join(f"k{n}=1" for n in range(50))])
def test_an_absurd_query_costs_the_connection(query: str) -> None:
    with pytest.raises(ProtocolError):
        address("live", "cam?" + query)


def test_an_address_does_not_show_its_key() -> None:
    assert "SECRET" not in repr(address("live", "cam?key=SECRET"))


def test_what_a_client_calls_itself_is_cut_and_printable() -> None:
    assert printable("OBS\n" + "x" * 100) == "OBS" + "x" * 60
