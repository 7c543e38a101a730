"""Status codes of RTSP (RFC 2326, 11) in words of our own: what a server writes beside them may hold
anything."""

_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Stream Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    415: "Unsupported Media Type",
    451: "Parameter Not Understood",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid In This State",
    457: "Invalid Range",
    459: "Aggregate Operation Not Allowed",
    460: "Only Aggregate Operation Allowed",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option Not Supported",
}
_REASONS = {
    461: "the server gives no RTP over TCP",
}


def explain(status: int, why: str = "") -> str:
    """For people: "461 Unsupported Transport: the server gives no RTP over TCP"."""
    if 300 <= status < 400:
        return f"{status} Redirect: another address is not followed; give it as the stream's URL"
    words = f"{status} {_WORDS[status]}" if status in _WORDS else str(status)
    why = why or _REASONS.get(status, "")
    return f"{words}: {why}" if why else words
