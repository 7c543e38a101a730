"""What the library opens while it reads HLS: playlists, segments, keys and maps, all through own requests."""

import time
from collections.abc import Callable

from snapplatform.net.ending import EndKind

from .bodies import Headed, Nothing, Readable, read_head, read_whole
from .cut import Cut
from .failures import Cancelled, Failed
from .formats import is_playlist
from .playlist import MAX_BYTES, MediaPlaylist, read_playlist
from .requests import Requests

# A playlist that says that its segments last no time would be asked for as fast as it comes.
_BETWEEN_SECONDS = 0.5
# In a row, of segments or of playlists: a server may lose one, and another may come.
_MOST_FAILURES = 3
_KEY_BYTES = 16
_BLOCK = 16
_NESTING = 2  # a master playlist leads to a media playlist


class HlsOpener:
    """PyAV's io_open. Its errors come out of demux(), in the thread that reads."""

    def __init__(self, requests: Requests, cut: Cut, count: Callable[[int], None]) -> None:
        self.url = ""  # of the media playlist
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
        """A playlist that was recognised by its first bytes, and where it came from."""
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
        self._cut.check()
        if url == self.url:
            return Headed(self._reload(), Nothing(), lambda size: None)
        key = url in self._playlist.keys
        try:
            source = self._open(url, options)
        except Cancelled:
            raise
        except Failed as error:
            if key or error.end.kind is EndKind.ADDRESS_REFUSED:
                raise
            self._fail(error)
            return Nothing()
        if key:
            return Headed(_key(source), Nothing(), lambda size: None)
        return _Segment(source, self._fail, self._succeed)

    def _open(self, url: str, options: dict[str, str]) -> Readable:
        encrypted = url.startswith("crypto+")
        start, stop = int(options.get("offset", 0)), int(options.get("end_offset", 0))
        body = self._requests.get(url.removeprefix("crypto+"), start, stop or None)
        source: Readable = Headed(b"", body, self._count)
        if encrypted:
            from .decrypting import Decrypted  # noqa: PLC0415 - its library is large, and few streams need it

            source = Decrypted(source, bytes.fromhex(options["key"]), bytes.fromhex(options["iv"]))
        head = read_head(source, 8)
        if is_playlist(head):
            raise Failed(EndKind.PROTOCOL, "a playlist where a segment should be")
        return Headed(head, source, lambda size: None)

    def _reload(self) -> bytes:
        if self._fresh:
            self._fresh = False
            return self._playlist.text
        self._cut.sleep(max(0.0, self._loaded_at + _BETWEEN_SECONDS - time.monotonic()))
        self._loaded_at = time.monotonic()
        try:
            body = self._requests.get(self.url)
            read = read_playlist(self._whole(body), body.url)
        except Cancelled:
            raise
        except Failed as error:
            if error.end.kind in (EndKind.ADDRESS_REFUSED, EndKind.UNSUPPORTED):
                raise
            self._fail(error)
            return self._playlist.text
        if isinstance(read, MediaPlaylist):
            self._playlist = read
        return self._playlist.text

    def _whole(self, body: Readable) -> bytes:
        data = read_whole(Headed(b"", body, self._count), MAX_BYTES, "a playlist")
        body.close()
        return data

    def _succeed(self) -> None:
        self._failures = 0

    def _fail(self, error: Failed) -> None:
        self._failures += 1
        if self._failures >= _MOST_FAILURES:
            raise error


class _Segment:
    """Where it breaks off, it ends: the next one may be whole."""

    def __init__(self, source: Readable, fail: Callable[[Failed], None], succeed: Callable[[], None]) -> None:
        self._source = source
        self._fail = fail
        self._succeed = succeed
        self._broken = False

    def read(self, size: int) -> bytes:
        if self._broken:
            return b""
        try:
            data = self._source.read(size)
        except Cancelled:
            raise
        except Failed as error:
            self._broken = True
            self._fail(error)
            return b""
        if data:
            self._succeed()
        return data

    def close(self) -> None:
        self._source.close()


def _key(source: Readable) -> bytes:
    data = read_head(source, _KEY_BYTES + 1)
    source.close()
    if len(data) != _KEY_BYTES:
        raise Failed(EndKind.UNSUPPORTED, "it is encrypted, and its key is not one of 16 bytes")
    return data
