"""One chunk stream of a connection, and the joining of its chunks where they lie one after the other."""


class ChunkStream:
    """What the next header of this id may leave out, and the message so far."""

    __slots__ = ("basic", "extended", "field", "kind", "length", "part", "stream_id", "timestamp")

    def __init__(self, basic: bytes) -> None:
        self.basic = basic  # its basic header in format 3
        self.timestamp = 0
        self.field = 0  # time field of the last full header: absolute or delta
        self.extended = b""  # the 32-bit form of `field` as it was sent, if it was
        self.length = 0
        self.kind = 0
        self.stream_id = 0
        self.part = bytearray()


def join_strides(
    header: bytes, chunk_size: int, missing: int, buf: bytes | bytearray, pos: int, end: int
) -> tuple[bytearray, int]:
    """Payloads of the chunks from `pos` on that begin with `header`, up to `missing` bytes or the first
    chunk of another stream; and where they end. A last chunk that is not all here is left.

    However many chunks there are, Python does a few steps: for each byte of the header, one slice compares
    all the headers, and another deletes them.
    """
    width = len(header)
    stride = chunk_size + width
    span = missing + -(-missing // chunk_size) * width
    if span > end - pos:
        span = (end - pos) // stride * stride
    for at in range(width):
        column = buf[pos + at : pos + span : stride]
        same = len(column) - len(column.lstrip(header[at : at + 1]))
        if same < len(column):
            span = same * stride
    block = bytearray(memoryview(buf)[pos : pos + span])
    for at in range(width):
        del block[:: stride - at]
    return block, pos + span
