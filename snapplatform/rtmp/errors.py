"""What can go wrong on a connection by the peer's fault; it costs that connection and nothing else."""


class ProtocolError(Exception):
    """The peer broke the protocol or a limit.

    `kind` is one of a few fixed words (a metric label): handshake, chunk, size, amf, command, timeout,
    slow reader. `detail` is for the log; it never holds text that the peer sent.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
