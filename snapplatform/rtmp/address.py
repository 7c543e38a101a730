"""From what clients put into connect, publish and play to the address of a stream.

Clients cut a URL differently: of rtmp://host/live/a/b one sends the app "live/a" and the name "b", another
"live" and "a/b". Here the app is always the first part of the path, and all the rest is the name.
"""

from urllib.parse import unquote, urlsplit

from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Refused, StreamAddress

MAX_NAME = 512
MAX_QUERY = 4096
MAX_PAIRS = 32


def parse_address(
    app: str, tc_url: str, name: str, *, peer: str, client: str, bad_name: str
) -> StreamAddress:
    """Raises Refused (code `bad_name`) for a name that cannot be one, ProtocolError for an absurd query.

    Where a query names something twice, the more specific place wins: stream name, then app, then tcUrl.
    """
    app_path, _, app_query = app.partition("?")
    stream, _, name_query = name.partition("?")
    query = parse_query(_url_query(tc_url)) | parse_query(app_query) | parse_query(name_query)
    first, _, rest = app_path.strip("/").partition("/")
    full = "/".join(part for part in (rest.strip("/"), stream.strip("/")) if part)
    if not full or len(full) > MAX_NAME or not full.isprintable():
        raise Refused(bad_name, f"A stream name has 1 to {MAX_NAME} printable characters.")
    return StreamAddress(app=first, name=full, query=query, peer=peer, client=client)


def parse_query(text: str) -> dict[str, str]:
    """The pairs of a query. "+" stays "+": RTMP clients send URLs as typed, not as HTML forms do."""
    if len(text) > MAX_QUERY or text.count("&") >= MAX_PAIRS:
        raise ProtocolError("command", "query too long")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote(key): unquote(value) for key, _, value in pairs}


def printable(text: str, size: int = 64) -> str:
    """Fit for a log line: short, and without control characters."""
    return "".join(char for char in text[:size] if char.isprintable())


def _url_query(tc_url: str) -> str:
    try:
        return urlsplit(tc_url).query
    except ValueError:  # odd brackets in the host; the app command says the same anyway
        return ""
