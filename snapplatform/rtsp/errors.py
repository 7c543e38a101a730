"""What can end a pull by the server's doing; it costs that connection and nothing else."""


class ProtocolError(Exception):
    """The server broke the protocol or a limit.

    `kind` is one of a few fixed words (a metric label): message, size, sdp, slow reader. `detail` is for the
    log; it never holds text that the server sent.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Unsupported(Exception):
    """The server follows the standards, but in a way that is not taken here; the text says which."""
