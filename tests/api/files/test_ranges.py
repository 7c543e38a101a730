"""The Range header: what it may ask of ten bytes, and what is ignored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.api.files.ranges import RangeNotSatisfiable, parse


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-9", (0, 10)),
        ("bytes=0-10", (0, 10)),
        ("bytes=0-999999999999999999", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=9-", (9, 10)),
        ("bytes=0-", (0, 10)),
        ("bytes=-1", (9, 10)),
        ("bytes=-10", (0, 10)),
        ("bytes=-99", (0, 10)),
        ("Bytes= 3-5 ", (3, 6)),
    ],
)
def test_ranges_that_are_given(header, part):
    assert parse(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=999999999999999999-", "bytes=-0"])
def test_ranges_that_the_file_does_not_have(header):
    with pytest.raises(RangeNotSatisfiable):
        parse(header, 10)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "bytes=a-b", "bytes=0x1-2", "bytes=-1-2",
     "bytes=+1-2", "bytes=1.5-2", "items=0-1", "bytes=٣-٥", "bytes=0-1;", "bytes=" + "9" * 5000 + "-", "0-1"],
)  # fmt: skip
def test_what_cannot_be_read_means_the_whole_file(header):
    assert parse(header, 10) is None


def test_an_empty_file_has_no_ranges():
    for header in ("bytes=0-", "bytes=-1", "bytes=0-0"):
        with pytest.raises(RangeNotSatisfiable):
            parse(header, 0)


@given(st.text() | st.from_regex(r"bytes=[0-9]*-[0-9]*", fullmatch=True), st.integers(0, 10**12))
def test_a_part_always_lies_inside_the_file(header, size):
    try:
        part = parse(header, size)
    except RangeNotSatisfiable:
        return
    if part:
        assert 0 <= part[0] < part[1] <= size
