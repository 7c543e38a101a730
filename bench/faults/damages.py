"""Ways in which media are damaged: by the wire, by a disk, by an encoder that died. All of one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from bench.content import Message
from snapplatform.rtmp import flv
from snapplatform.rtmp.messages import VIDEO

LONGEST_BLOCK = 600
_LENGTH = 4  # bytes before each NAL unit, as x264 and x265 write them into FLV
Damage = Callable[[bytes, Random], bytes]


def damaged(messages: tuple[Message, ...], kind: str, chance: Random) -> list[Message]:
    """The messages with one damage of `kind`. Half of those in a frame have the lengths of their NAL units
    put right afterwards, or nearly all would be refused by their framing and never reach a decoder."""
    if kind == "truncation":
        return _truncated(messages, chance)
    found = [at for at, message in enumerate(messages) if _hurts(message, kind)]
    weights = [len(messages[at].body) for at in found]
    [chosen] = chance.choices(found, weights)
    body = messages[chosen].body
    frame = flv.parse_video(body)
    if kind != "header bytes" and frame and frame.packet == flv.FRAMES and chance.random() < 0.5:
        new = body[: frame.data_at] + _in_a_unit(body[frame.data_at :], KINDS[kind], chance)
    else:
        new = KINDS[kind](body, chance)
    return [*messages[:chosen], replace(messages[chosen], body=new), *messages[chosen + 1 :]]


def _hurts(message: Message, kind: str) -> bool:
    if message.kind != VIDEO:
        return False
    tag = flv.parse_video(message.body)
    return (tag is not None and tag.packet == flv.SEQUENCE_HEADER) == (kind == "header bytes")


def _truncated(messages: tuple[Message, ...], chance: Random) -> list[Message]:
    """Cut somewhere after the first message, as a connection that broke; the rest never comes."""
    sizes = [len(message.body) for message in messages]
    cut = chance.randrange(sizes[0] + 1, sum(sizes))
    kept = []
    for message in messages:
        if cut <= 0:
            break
        kept.append(replace(message, body=message.body[:cut]))
        cut -= len(message.body)
    return kept


def _in_a_unit(data: bytes, damage: Damage, chance: Random) -> bytes:
    """Damage one NAL unit and put its length right."""
    units, at = [], 0
    while at + _LENGTH <= len(data):
        size = int.from_bytes(data[at : at + _LENGTH], "big")
        units.append(data[at + _LENGTH : at + _LENGTH + size])
        at += _LENGTH + size
    [chosen] = chance.choices(range(len(units)), [len(unit) for unit in units])
    units[chosen] = damage(units[chosen], chance)
    return b"".join(len(unit).to_bytes(_LENGTH, "big") + unit for unit in units)


def _flips(share: float) -> Damage:
    def flip(data: bytes, chance: Random) -> bytes:
        """About this share of all bits, and at least one."""
        changed = bytearray(data)
        for _ in range(max(1, round(len(data) * 8 * share * chance.uniform(0.5, 1.5)))):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return bytes(changed)

    return flip


def _block(fill: Callable[[int, Random], bytes], *, insert: bool) -> Damage:
    def hurt(data: bytes, chance: Random) -> bytes:
        size = chance.randint(1, min(LONGEST_BLOCK, len(data)))
        at = chance.randrange(len(data) - size + 1)
        return data[:at] + fill(size, chance) + data[at if insert else at + size :]

    return hurt


def _header_bytes(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _random(size: int, chance: Random) -> bytes:
    return chance.randbytes(size)


KINDS: dict[str, Damage] = {
    "truncation": lambda data, chance: data[: chance.randrange(len(data))],
    "bit flips 1e-5": _flips(1e-5),
    "bit flips 1e-4": _flips(1e-4),
    "random block": _block(_random, insert=False),
    "zero block": _block(lambda size, _: bytes(size), insert=False),
    "deleted block": _block(lambda size, _: b"", insert=False),
    "inserted block": _block(_random, insert=True),
    "header bytes": _header_bytes,
}
