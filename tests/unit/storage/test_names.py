"""Object names: what is accepted expands to exactly its key, and nothing leads out of the bucket."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.errors import InvalidValue
from snapplatform.storage import names

VALUES = {
    "JobId": "01890000-0000-7000-8000-000000000000",
    "UnixTimestamp": "1763630000000",
    "Sequence": "000001",
    "Date": "2026-11-20",
}

# Each piece, wherever it stands, spoils a name.
HOSTILE = [
    "../", "/../", "..", "./", "/.", "//", "/", "\\", "..\\", "\0", "\n", "\r", "\t", "\x1b[2J", "\x7f",
    "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\ud800", "\udfff", "\ue000", "\u00a0", "{", "}", "{}",
    "{{", "}}", "{{JobId}}", "{{}}", "{0}", "{JobId", "JobId}", "{jobid}", "{JOBID}", "{JobId }",
    "{ JobId}", "{JobId.account}", "{JobId!r}", "{JobId:>999999999}", "{JobId[0]}", "{JobId.__class__}",
    "{JobId.__class__.__mro__}", "{self}", "{Secret}", "{Date:%Y}", "{Date.year}", "{Sequence:06d}",
    "{Sequence:0>99999999999}", "{UnixTimestamp!s:^99}", "{JobId}{", "}{JobId}", "{Job\nId}", "{\0}",
    "{}{}", "{Sequence}}", "{None}", "{__import__('os')}", "{JobId|x}", "{Jo{JobId}bId}", "%s{x}", "${x}",
    "{{7*7}}", "{%x%}", "\x00{JobId}", "\\\\host\\share", "a\\..\\b", "\x01", "\x1f", "x" * 201, "é" * 101,
    "🎥" * 60, "/".join("x" * 150 for _ in range(8)),
]  # fmt: skip


def hostile_formats():
    for piece in HOSTILE:
        yield f"{piece}shots/{{JobId}}.jpg" if piece not in ("..", "./", "/.") else f"{piece}/{{JobId}}.jpg"
        yield f"shots/{piece}/{{JobId}}.jpg"
        yield f"shots/{{JobId}}/{piece}/.jpg"
        yield f"shots/{{JobId}}.jpg{piece}"


def accepts(text):
    names.check_format("format", text, allowed=names.PLACEHOLDERS, suffixes=[".jpg"])


HOSTILE_FORMATS = sorted(set(hostile_formats()))


def test_the_table_is_long():
    assert len(HOSTILE_FORMATS) >= 280


@pytest.mark.parametrize("text", HOSTILE_FORMATS, ids=ascii)
def test_a_hostile_format_is_refused_with_its_parameter(text):
    with pytest.raises(InvalidValue) as caught:
        accepts(text)
    assert caught.value.parameter == "format"
    assert caught.value.reason


@pytest.mark.parametrize(
    "text",
    ["", ".jpg/", "a.png", "a.jpeg", "a.jpg ", "a.JPG", "jpg", "/", "/a.jpg", "a//b.jpg", "a/../b.jpg",
     "./a.jpg", "../a.jpg", "a/./b.jpg", "~/../../etc/x.jpg", "x" * 256 + ".jpg", "{JobId}" * 7 + ".jpg"],
)  # fmt: skip
def test_formats_that_name_no_object_are_refused(text):
    with pytest.raises(InvalidValue):
        accepts(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("snapshot/{JobId}.jpg", f"snapshot/{VALUES['JobId']}.jpg"),
        ("{Date}/{JobId}/{Sequence}.jpg", f"2026-11-20/{VALUES['JobId']}/000001.jpg"),
        ("{UnixTimestamp}{UnixTimestamp}.jpg", "17636300000001763630000000.jpg"),
        ("камера 1/快照-{Sequence}.jpg", "камера 1/快照-000001.jpg"),
        ("a..b/...{Date}.jpg", "a..b/...2026-11-20.jpg"),
        ("%s$(rm -rf){Sequence}'\"<b>.jpg", "%s$(rm -rf)000001'\"<b>.jpg"),
        (".jpg", ".jpg"),
    ],
)
def test_good_formats_become_exactly_their_keys(text, key):
    accepts(text)
    assert names.expand(text, VALUES) == key


def test_a_needed_placeholder_must_be_there():
    needs = ("UnixTimestamp", "Sequence")
    with pytest.raises(InvalidValue, match="UnixTimestamp"):
        names.check_format("f", "{JobId}.jpg", allowed=names.PLACEHOLDERS, suffixes=[".jpg"], needs=needs)
    names.check_format("f", "{Sequence}.jpg", allowed=names.PLACEHOLDERS, suffixes=[".jpg"], needs=needs)


PIECES = st.one_of(
    st.sampled_from([f"{{{name}}}" for name in VALUES]),
    st.sampled_from(["/", ".", "..", "{", "}", "\\", "\0", " ", ".jpg", "é", "\ud800", "x" * 90]),
    st.text(max_size=5),
    st.text(alphabet=string.ascii_letters, max_size=20),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_is_accepted_expands_to_a_key_inside_the_bucket(text):
    try:
        accepts(text + ".jpg")
    except InvalidValue:
        return
    key = names.expand(text + ".jpg", VALUES)
    parts = key.split("/")
    assert not {"", ".", ".."} & set(parts)
    assert len(key.encode()) <= names.MAX_KEY_BYTES
    assert all(len(part.encode()) <= names.MAX_PART_BYTES for part in parts)
    assert key.isprintable()
    assert "\\" not in key


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_told_what_is_wrong(text):
    try:
        names.check_key("key", text)
    except InvalidValue as error:
        assert error.reason
    else:
        assert text
        assert not text.startswith("/")
