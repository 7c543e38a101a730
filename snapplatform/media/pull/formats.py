"""What a stream is, by its first bytes: names and content types lie, and the library knows 400 formats."""

from snapplatform.net.ending import EndKind

from .failures import Failed

HEAD_BYTES = 1024
HLS, FLV, TS, MP4 = "hls", "flv", "mpegts", "mp4"

_TS_PACKET = 188
_BOXES = (b"ftyp", b"styp", b"moof", b"moov", b"sidx", b"free", b"skip", b"mdat", b"wide")
_KNOWN = {
    b"\x1aE\xdf\xa3": "Matroska or WebM",
    b"OggS": "Ogg",
    b"RIFF": "AVI or WAV",
    b"--": "a multipart stream (motion JPEG?)",
    b"\xff\xd8\xff": "a JPEG picture",
    b"ID3": "sound",
    b"v=0": "a session description (SDP)",
    b"<": "a page or a manifest in XML",
    b"{": "JSON",
}


def recognise(head: bytes) -> str:
    """One of the names above, which are the library's; Failed for all that is not pulled."""
    if is_playlist(head):
        return HLS
    if head.startswith(b"FLV"):
        return FLV
    if head[4:8] in _BOXES:
        return MP4
    if _has_ts_packets(head):
        return TS
    found = next((name for start, name in _KNOWN.items() if head.lstrip().startswith(start)), "")
    detail = f"it is {found}, " if found else "it is "
    raise Failed(EndKind.UNSUPPORTED, f"{detail}not HLS, FLV, MPEG-TS or MP4")


def is_playlist(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"#EXTM3U")


def _has_ts_packets(head: bytes) -> bool:
    """Three in a row; a relay may begin in the middle of one."""
    return any(
        head[at] == head[at + _TS_PACKET] == head[at + 2 * _TS_PACKET] == 0x47
        for at in range(min(_TS_PACKET, len(head) - 2 * _TS_PACKET))
    )
