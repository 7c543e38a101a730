"""AMF0 values travel unchanged; malformed ones end in ProtocolError, fast and small."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtmp import ProtocolError, amf0, decode_metadata
from snapplatform.rtmp.messages import metadata_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    TEXT,
    st.just(amf0.UNDEFINED),
    st.builds(amf0.Date, st.floats(allow_nan=False), st.integers(-720, 720)),
)
VALUE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(TEXT, inner, max_size=4),
        st.dictionaries(TEXT, inner, max_size=4).map(amf0.EcmaArray),
    ),
    max_leaves=20,
)


@given(st.lists(VALUE, max_size=4))
def test_values_come_back_as_they_went(values: list[object]) -> None:
    decoded = amf0.decode_all(amf0.encode_all(*values), depth=40)
    assert decoded == values
    assert [type(value) for value in decoded] == [type(value) for value in values]


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        amf0.decode_all(data)
    except ProtocolError as error:
        assert error.kind == "amf"


def test_a_text_beyond_64_kib_is_a_long_string() -> None:
    text = "x" * 70_000
    encoded = amf0.encode_all(text)
    assert encoded[0] == amf0.LONG_STRING
    assert amf0.decode_all(encoded) == [text]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((b"\x03" + struct.pack(">H", 1) + b"a") * 5000, id="nested objects"),
        pytest.param((b"\x0a" + struct.pack(">I", 1)) * 5000, id="nested arrays"),
        pytest.param(b"\x0a" + struct.pack(">I", 0xFFFFFFFF), id="array of four thousand million"),
        pytest.param(b"\x05" * 60_000, id="many values"),
        pytest.param(b"\x02\xff\xff" + b"short", id="text longer than the message"),
        pytest.param(b"\x0c\xff\xff\xff\xff" + b"short", id="long text longer than the message"),
        pytest.param(b"\x00\x00", id="number cut short"),
        pytest.param(b"\x01", id="boolean without value"),
        pytest.param(b"\x03\x00\x01a", id="object cut short"),
        pytest.param(b"\x07\x00\x00", id="reference"),
        pytest.param(b"\x11\x01", id="AMF3"),
    ],
)
def test_a_bomb_or_a_fragment_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        amf0.decode_all(data)


def test_damaged_text_does_not_fail() -> None:
    assert amf0.decode_all(b"\x02\x00\x02\xff\xfe") == ["\ufffd\ufffd"]


def test_an_ecma_array_without_its_end_is_taken() -> None:
    assert amf0.decode_all(b"\x08\x00\x00\x00\x09" + b"\x00\x01a\x05") == [{"a": None}]


def test_what_amf0_cannot_carry_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        amf0.encode_all(b"bytes")


def test_metadata_is_found_with_and_without_its_envelope() -> None:
    body = amf0.encode_all("onMetaData", amf0.EcmaArray({"width": 640.0}))
    assert metadata_of(amf0.encode_all("@setDataFrame") + body) == body
    assert metadata_of(body) == body
    assert metadata_of(amf0.encode_all("onCuePoint", {})) is None
    assert metadata_of(body[:-5] + b"\xff" * 5) is None
    assert decode_metadata(body) == {"width": 640.0}
    assert decode_metadata(amf0.encode_all("onMetaData")) == {}
