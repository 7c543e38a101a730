"""EXIF of all three formats reads back through Pillow."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import ExifTags

from snapplatform.media.exif import exif_bytes, insert_exif
from snapplatform.media.picture import take_picture
from snapplatform.media.types import OutputSpec, PictureFacts

from .samples import opened, request

FACTS = PictureFacts(
    stream="Tor 3/außen",
    taken_at=datetime(2026, 3, 29, 1, 2, 3, 45678, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    received_at=datetime(2026, 3, 29, 4, 32, 3, 50000, tzinfo=UTC),
    media_time_ms=123456,
    clock_offset_ms=-1.5,
    capture_id="c-1",
)


@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp"])
def test_facts_read_back(image_format):
    result = take_picture(request(outputs=[OutputSpec(image_format)], exif=FACTS))
    exif = opened(result.pictures[0]).getexif()
    assert exif[ExifTags.Base.ImageDescription] == "Tor 3/au?en"
    assert exif[ExifTags.Base.Software] == "Snapplatform"
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    assert taken[ExifTags.Base.DateTimeOriginal] == "2026:03:29 01:02:03"
    assert taken[ExifTags.Base.SubsecTimeOriginal] == "045"
    assert taken[ExifTags.Base.OffsetTimeOriginal] == "-03:30"
    comment = taken[ExifTags.Base.UserComment]
    assert comment[:8] == b"ASCII\0\0\0"
    assert json.loads(comment[8:]) == {
        "stream": "Tor 3/außen",
        "received_at": "2026-03-29T04:32:03.050000+00:00",
        "media_time_ms": 123456,
        "clock_offset_ms": -1.5,
        "capture_id": "c-1",
    }


def test_a_picture_without_facts_has_no_exif():
    assert not opened(take_picture(request()).pictures[0]).getexif()


def test_the_jpeg_is_otherwise_the_same():
    plain = take_picture(request()).pictures[0].data
    payload = exif_bytes(FACTS)
    with_exif = take_picture(request(exif=FACTS)).pictures[0].data
    assert with_exif == insert_exif(plain, payload)
    assert len(with_exif) == len(plain) + len(payload) + 4


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        exif_bytes(PictureFacts("a", datetime(2026, 1, 1)))  # noqa: DTZ001  (the error under test)


def test_too_long_a_payload_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        insert_exif(b"\xff\xd8", bytes(65534))
