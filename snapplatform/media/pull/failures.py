"""Why a stream can't be read any further, inside the child; the words are ours, never a server's."""

from http import HTTPStatus

from snapplatform.net.ending import EndKind, PullEnd


class Failed(Exception):
    """Ends the stream."""

    def __init__(self, kind: EndKind, detail: str = "") -> None:
        super().__init__(str(kind))
        self.end = PullEnd(kind, detail)


class Cancelled(Failed):
    """The node has hung up."""

    def __init__(self) -> None:
        super().__init__(EndKind.CANCELLED)


def refused(status: int) -> Failed:
    """An HTTP status that is not a success."""
    try:
        words = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        words = str(status)
    return Failed(EndKind.REFUSED, words)


def end_of(error: BaseException) -> PullEnd:
    """How it ended, of whatever was raised: damaged media makes the library raise nearly anything."""
    if isinstance(error, Failed):
        return error.end
    if isinstance(error, MemoryError):
        return PullEnd(EndKind.PROTOCOL, "reading it takes more memory than a stream may use")
    if isinstance(error, TimeoutError) or type(error).__name__ == "ExitError":  # the library's own time-out
        return PullEnd(EndKind.SILENCE, "nothing came in time")
    if isinstance(error, EOFError):
        return PullEnd(EndKind.PROTOCOL, "it holds nothing that can be read")
    return PullEnd(EndKind.PROTOCOL, f"the media can't be read ({type(error).__name__})")
