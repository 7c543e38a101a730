"""What the library opens while it reads HLS: playlists, segments, keys and maps, all through own requests."""

import time
from collections.abc import Callable

from snapplatform.net.ending import EndKind, PullEnd

from .bodies import Headed, Nothing, Readable, read_head, read_whole
from .cut import Cut
from .failures import Failed
from .formats import is_playlist
from .playlist import MAX_BYTES, MediaPlaylist, read_playlist
from .requests import Requests

# A playlist that says that its segments last no time would be asked for as fast as it comes.
_BETWEEN_SECONDS = 0.5
# In a row, of segments or of playlists: a server may lose one, and another may come.
_MOST_FAILURES = 3
_FATAL = (EndKind.CANCELLED, EndKind.ADDRESS_REFUSED, EndKind.UNSUPPORTED)
_KEY_BYTES = 16
_NESTING = 2  # a master playlist leads to a media playlist
_END = b"#EXT-X-ENDLIST\n"


class HlsOpener:
    """PyAV's io_open. It never raises: after its `end` there are only empty segments and the end of the
    playlist, so that the library ends by itself. An exception would make it try the next segment."""

    def __init__(self, requests: Requests, cut: Cut, count: Callable[[int], None]) -> None:
        self.url = ""  # of the media playlist
        self.end: PullEnd | None = None
        self._requests = requests
        self._cut = cut
        self._count = count
        self._playlist = MediaPlaylist(b"", False, frozenset())
        self._loaded_at = 0.0
        self._fresh = False  # what begin() loaded has not been given away yet
        self._failures = 0

    @property
    def finished(self) -> bool:
        """Whether it is a recording."""
        return self._playlist.finished

    def begin(self, data: bytes, url: str) -> None:
        """A playlist that was recognised by its first bytes, and where it came from. Raises Failed."""
        for _ in range(_NESTING):
            read = read_playlist(data, url)
            if isinstance(read, MediaPlaylist):
                self.url, self._playlist, self._fresh = url, read, True
                self._loaded_at = time.monotonic()
                return
            body = self._requests.get(read)
            url, data = body.url, self._whole(body)
        raise Failed(EndKind.PROTOCOL, "its playlists only lead to each other")

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> Readable:
        if url == self.url:
            return Headed(self._text(), Nothing(), lambda size: None)
        if self.end is not None:
            return Nothing()
        key = url in self._playlist.keys
        try:
            if key:
                return Headed(self._key(url), Nothing(), lambda size: None)
            return _Segment(self._segment(url, options), self)
        except Failed as error:
            self.failed(error.end, fatal=key)
            return Nothing()

    def failed(self, end: PullEnd, *, fatal: bool = False) -> None:
        """A request or a segment; one too many ends it all."""
        self._failures += 1
        if self.end is None and (fatal or end.kind in _FATAL or self._failures >= _MOST_FAILURES):
            self.end = end

    def succeeded(self) -> None:
        self._failures = 0

    def _segment(self, url: str, options: dict[str, str]) -> Readable:
        self._cut.check()
        start, stop = int(options.get("offset", 0)), int(options.get("end_offset", 0))
        body = self._requests.get(url.removeprefix("crypto+"), start, stop or None)
        source: Readable = Headed(b"", body, self._count)
        if url.startswith("crypto+"):
            from .decrypting import Decrypted  # noqa: PLC0415 - its library is large, and few streams need it

            source = Decrypted(source, bytes.fromhex(options["key"]), bytes.fromhex(options["iv"]))
        head = read_head(source, 8)
        if is_playlist(head):
            raise Failed(EndKind.PROTOCOL, "a playlist where a segment should be")
        return Headed(head, source, lambda size: None)

    def _key(self, url: str) -> bytes:
        body = self._requests.get(url)
        data = read_head(body, _KEY_BYTES + 1)
        body.close()
        if len(data) != _KEY_BYTES:
            raise Failed(EndKind.UNSUPPORTED, "it is encrypted, and its key is not one of 16 bytes")
        return data

    def _text(self) -> bytes:
        """The playlist of now; the last one where there is none, and its end where there will be none."""
        if self._fresh:
            self._fresh = False
        elif self.end is None:
            try:
                self._reload()
            except Failed as error:
                self.failed(error.end)
        return self._playlist.text if self.end is None else self._playlist.text + _END

    def _reload(self) -> None:
        self._cut.sleep(max(0.0, self._loaded_at + _BETWEEN_SECONDS - time.monotonic()))
        self._loaded_at = time.monotonic()
        body = self._requests.get(self.url)
        read = read_playlist(self._whole(body), body.url)
        if isinstance(read, MediaPlaylist):
            self._playlist = read

    def _whole(self, body: Readable) -> bytes:
        data = read_whole(Headed(b"", body, self._count), MAX_BYTES, "a playlist")
        body.close()
        return data


class _Segment:
    """Where it breaks off, it ends: the next one may be whole."""

    def __init__(self, source: Readable, opener: HlsOpener) -> None:
        self._source = source
        self._opener = opener
        self._broken = False

    def read(self, size: int) -> bytes:
        if self._broken:
            return b""
        try:
            data = self._source.read(size)
        except Failed as error:
            self._broken = True
            self._opener.failed(error.end)
            return b""
        if data:
            self._opener.succeeded()
        return data

    def close(self) -> None:
        self._source.close()
