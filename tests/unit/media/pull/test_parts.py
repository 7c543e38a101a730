"""The small parts of reading: NAL units, times, the gate, first bytes, addresses, messages."""

import socket
import time
from fractions import Fraction
from itertools import pairwise

import pytest

from snapplatform.errors import InvalidValue
from snapplatform.media.pull import link, wire
from snapplatform.media.pull.failures import Failed
from snapplatform.media.pull.formats import recognise
from snapplatform.media.pull.gate import Gate
from snapplatform.media.pull.playlist import MediaPlaylist, read_playlist
from snapplatform.media.pull.schemes import AvUrl
from snapplatform.media.pull.times import Times
from snapplatform.media.pull.units import Converter, annex_b_units, prefixed_units
from snapplatform.media.synthetic import encode_sample
from snapplatform.net.ending import EndKind, PullEnd
from tests.unit.media.pull.media import HEVC, REORDERED, SMALL, encoded

MARK = b"\0\0\0\1"


def test_annex_b_is_cut_at_start_codes_of_three_and_four_bytes() -> None:
    assert list(annex_b_units(b"\0\0\0\1abc\0\0\1de\0\0\0\1\0\0\1f\0\0\3\0\0\0")) == [
        b"abc",
        b"de",
        b"f\0\0\3",
    ]
    assert list(annex_b_units(b"")) == list(annex_b_units(b"abc")) == list(annex_b_units(b"\0\0\1")) == []


def test_lengths_that_pass_the_end_are_told() -> None:
    assert list(prefixed_units(b"\0\2ab\0\0\0\1c", 2)) == [b"ab", b"c"]
    for bad in (b"\0\3ab", b"\0", b"\0\2ab\0"):
        with pytest.raises(ValueError, match="passes the end"):
            list(prefixed_units(bad, 2))


@pytest.mark.parametrize("camera", [SMALL, REORDERED, HEVC], ids=["h264", "b-frames", "hevc"])
@pytest.mark.parametrize("length_size", [0, 1, 2, 4])
def test_each_form_becomes_the_one_form(camera, length_size: int) -> None:
    config, packets = encode_sample(camera, 3)
    units = list(prefixed_units(bytes(packets[1].data), 4))
    short = [unit for unit in units if len(unit) < 256]
    if length_size == 0:
        extradata = b"".join(MARK + unit for unit in _sets(camera.codec, config.extradata))
        data = b"".join(MARK + unit for unit in units)
    else:
        at = 4 if camera.codec == "h264" else 21
        head = bytearray(config.extradata)
        head[at] = head[at] & 0xFC | length_size - 1
        extradata, units = bytes(head), units if length_size > 1 else short
        data = b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)
    converter = Converter(camera.codec, extradata)
    assert converter.config is not None
    assert _sets(camera.codec, converter.config) == _sets(camera.codec, config.extradata)
    assert converter.convert(data) == b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def _sets(codec: str, extradata: bytes) -> list[bytes]:
    from snapplatform.media.pull.units import _units_of_avcc, _units_of_hvcc

    units = (_units_of_avcc if codec == "h264" else _units_of_hvcc)(extradata)
    if codec == "h264":
        return [unit for unit in units if unit[0] & 31 in (7, 8)]
    return [unit for unit in units if 32 <= unit[0] >> 1 & 63 <= 34]


def test_delimiters_and_filler_are_left_out_and_new_sets_are_noticed() -> None:
    config, _ = encode_sample(SMALL, 1)
    other, _ = encode_sample(HEVC.__class__(640, 360, 20), 1)
    converter = Converter("h264", b"")
    assert converter.config is None
    sets = _sets("h264", config.extradata)
    data = b"".join(MARK + unit for unit in (b"\x09\xf0", *sets, b"\x0c\xff\xff", b"\x65abc"))
    assert b"\x09\xf0" not in converter.convert(data)
    first = converter.config
    assert first is not None
    converter.convert(b"".join(MARK + unit for unit in _sets("h264", other.extradata)))
    assert converter.config not in (None, first)


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_sequence_headers_that_are_cut_off_raise_nothing(size: int) -> None:
    for camera in (SMALL, HEVC):
        config, packets = encode_sample(camera, 1)
        Converter(camera.codec, config.extradata[:size]).convert(bytes(packets[0].data))


def test_times_begin_at_zero_and_never_go_back() -> None:
    times = Times(Fraction(1, 90_000))
    ticks = 2**33 - 9000
    assert times.next(ticks + 7200, ticks) == (80, 0)
    assert times.next(ticks + 3600, ticks + 3600) == (40, 40)
    assert times.next(900, 0) == (90, 80)  # the counter has wrapped
    assert times.next(3600, None) == (120, 120)
    assert times.next(None, None) == (160, 160)
    assert times.next(90_000 * 60 + 7200, 90_000 * 60) == (280, 200)  # a minute is left out
    assert times.next(0, 90_000 * 60 + 3600)[0] == 240  # shown before it is decoded


def test_the_gate_opens_with_a_keyframe_and_leaves_out_what_refers_to_before() -> None:
    gate = Gate(keyframes_only=False)
    steps = [(40, False), (120, True), (80, False), (160, False), (240, True), (200, False)]
    assert [gate.lets(pts, key, False) for pts, key in steps] == [False, True, False, True, True, True]
    assert not gate.lets(280, False, True)
    assert not gate.lets(320, False, False)
    assert gate.lets(360, True, False)


@pytest.mark.parametrize("form", ["flv", "mpegts", "mp4"])
def test_forms_are_known_by_their_first_bytes(form: str) -> None:
    assert recognise(encoded(form)[:1024]) == form
    if form == "mpegts":
        assert recognise(encoded(form)[77:1101]) == form
    with pytest.raises(Failed):
        recognise(encoded(form)[:3] if form != "flv" else b"FL")


def test_playlists_get_whole_addresses() -> None:
    text = b'\xef\xbb\xbf#EXTM3U\r\n#EXT-X-MAP:URI="i.mp4",BYTERANGE="9@0"\r\n'
    text += b"#EXTINF:1,\r\na b.ts?x=1\r\n#EXTINF:1,\n//h/c\n"
    read = read_playlist(text, "https://cam.example/live/x.m3u8?k=1")
    assert isinstance(read, MediaPlaylist)
    assert read.text.splitlines()[1:] == [
        b'#EXT-X-MAP:URI="https://cam.example/live/i.mp4",BYTERANGE="9@0"',
        b"#EXTINF:1,",
        b"https://cam.example/live/a%20b.ts?x=1",
        b"#EXTINF:1,",
        b"https://h/c",
    ]
    assert not read.finished


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://cam/\r\nx", "control"),
        ("http://cam/\\x", "backslash"),
        ("http://cam/" + "x" * 3000, "2048"),
        ("ftp://cam/x", "must begin with"),
        ("srt://cam:9000", "must begin with"),
        ("tcp://cam", "needs a port"),
        ("tcp://cam:80/x", "nothing else"),
        ("udp://user@cam:5000", "nothing else"),
        ("udp://239.0.0.1:53", "from 1024 on"),
    ],
)
def test_urls_are_read_strictly(text: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        AvUrl.parse(text)


def test_a_url_keeps_its_secrets() -> None:
    url = AvUrl.parse("HTTPS://user:secret@Cam.Example:8443/a b?token=secret".replace(" ", "\u00e9"))
    assert url.full == "https://cam.example:8443/a%C3%A9b?token=secret"
    assert url.redacted == "https://cam.example:8443/a%C3%A9b?***"
    assert (url.user, url.password) == ("user", "secret")
    assert "secret" not in repr(url)


def test_what_a_node_does_not_take_is_dropped_by_whole_gops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_MOST_WAITING", 200_000)
    monkeypatch.setattr(link, "_FLUSH_SECONDS", 0.01)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one = link.Link(theirs)
        one.config("h264", b"\1abc")
        begun = time.monotonic()
        for number in range(100):
            one.unit(number, number, number % 10 == 0, bytes(20_000))
        assert time.monotonic() - begun < 1
        assert one.dropped > 50
        splitter, came = wire.Splitter(30_000), []
        ours.settimeout(0.2)
        for number in range(100, 200):
            try:
                came += splitter.feed(ours.recv(1 << 20))
            except TimeoutError:
                pass
            one.unit(number, number, number % 10 == 0, bytes(20_000))
    assert came[0][0] == wire.CONFIG
    numbers = [wire.read_unit(payload)[:3] for kind, payload in came if kind == wire.UNIT]
    holes = [later for earlier, later in pairwise(numbers) if later[0] != earlier[0] + 1]
    assert holes and all(keyframe for _, _, keyframe in holes)
    assert numbers[-1][0] > 150


def test_messages_are_cut_and_checked() -> None:
    end = PullEnd(EndKind.LOST, "closed")
    data = wire.pack_end(end) + wire.pack(wire.UNIT, wire.TIMES.pack(80, 40, True) + b"abc")
    splitter = wire.Splitter(unit_bytes=3)
    found = [message for byte in data for message in splitter.feed(bytes((byte,)))]
    assert wire.read_end(found[0][1]) == end
    assert wire.read_unit(found[1][1]) == (80, 40, True, b"abc")


@pytest.mark.parametrize(
    "data",
    [
        wire.HEAD.pack(99, 1),
        wire.HEAD.pack(wire.UNIT, wire.TIMES.size + 4),
        wire.HEAD.pack(wire.ASK, 1 << 30),
    ],
)
def test_messages_that_are_too_long_or_unknown_are_told(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.Splitter(unit_bytes=3).feed(data)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{", b"[" * 100_000, b'{"kind": "no such end"}', b'{"kind": 5}', b"\xff"]
)
def test_ends_are_of_a_closed_set(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.read_end(payload)
