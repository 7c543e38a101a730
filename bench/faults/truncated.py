"""Figure 7: 13,000 places where something is cut off: H.264 and HEVC access units before a decoder, FLV
messages and whole RTMP byte streams before a node. No process may die of one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from bench.faults import corpus
from bench.faults.context import Context
from bench.faults.encoder import HELLO, Encoder, chunks, commands
from bench.faults.onenode import OneNode
from bench.faults.verdict import Verdict
from bench.wire import HANDSHAKE_BYTES
from jobs.models import Job
from snapplatform.media.pool import DecoderPool
from snapplatform.media.ring import Packet
from snapplatform.media.types import DecodeFailed, PictureRequest

UNITS = 4500  # of each codec
MESSAGES = 3000
STREAMS = 1000
TOGETHER = 20
IN_A_PUBLICATION = 250  # cut messages that follow each other in one


def run(context: Context) -> Verdict:
    media = {medium.name: medium for medium in corpus.media()}
    verdict = Verdict(0, 0)
    for name in ("h264", "hevc"):
        asyncio.run(_units(media[name], context.count(UNITS), verdict))
        context.say(f"access units of {name} were cut")
    node = OneNode(context)
    jobs = [node.job(name) for name in ("messages", "bytes", "good")]
    node.start()
    pid, decoders = node.pid, node.decoders()
    asyncio.run(_messages(node, list(media.values()), context.count(MESSAGES), verdict))
    context.say("FLV messages were cut")
    asyncio.run(_streams(node, media["h264 with sound"], context.count(STREAMS), verdict))
    context.say("RTMP byte streams were cut")
    if not node.lives or node.pid != pid:
        verdict.problems.append("the node died")
        verdict.n = 0
    else:
        asyncio.run(_good(node, media["h264"], jobs[-1], verdict))
        replaced = len(set(node.decoders()) - set(decoders))
        verdict.details["decoders_replaced"] += replaced
    return verdict


async def _units(medium: corpus.Medium, points: int, verdict: Verdict) -> None:
    """The last access unit of a GOP, and its keyframe alone, cut at places all over them."""
    pool = DecoderPool(2)
    await pool.start()
    whole, outcomes = corpus.request(medium.codec, medium.messages), Counter[str]()
    line = asyncio.Semaphore(2 * TOGETHER)

    async def one(request: PictureRequest) -> None:
        async with line:
            try:
                result = await pool.take(request)
                known = result.pictures[0].sha256 in right
                outcome = "right picture" if known else "wrong picture"
            except DecodeFailed as error:
                outcome = error.reason
            outcomes[outcome] += 1

    try:
        right = {(await pool.take(request)).pictures[0].sha256 for request in _whole(whole)}
        await asyncio.gather(*(one(request) for request in _cut(whole, points)))
        await pool.take(whole)
    finally:
        replaced = pool.stats.restarts
        await pool.close()
    verdict.of += points
    verdict.n += points - outcomes["died"] - outcomes["timeout"]
    verdict.details[f"units of {medium.name}"] = dict(outcomes)
    verdict.details["decoders_replaced"] = verdict.details.get("decoders_replaced", 0) + replaced


def _whole(whole: PictureRequest) -> list[PictureRequest]:
    """What a cut may leave: all, all but the last, the keyframe alone."""
    return [replace(whole, packets=whole.packets[:end]) for end in (None, -1, 1)]


def _cut(whole: PictureRequest, points: int) -> Iterator[PictureRequest]:
    """Half of them with the lengths of the NAL units put right, which otherwise give a cut away at once."""
    for number in range(points):
        packets = list(whole.packets[: 1 if number % 2 else None])
        last = packets[-1]
        data = bytes(last.data[: len(last.data) * (number // 2) * 2 // points])
        packets[-1] = Packet(
            last.dts_ms, last.cts_ms, last.keyframe, _mended(data) if number % 4 < 2 else data, 0.0
        )
        yield replace(whole, packets=packets)


def _mended(data: bytes) -> bytes:
    """The last NAL unit's length is what is left of it."""
    units, at = [], 0
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        units.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


async def _messages(node: OneNode, media: list[corpus.Medium], points: int, verdict: Verdict) -> None:
    """Sequence headers, frames and sound, each cut somewhere; a whole medium before, so that they count."""
    done = 0
    while done < points:
        async with Encoder(node.port, "messages") as encoder:
            for medium in media:
                many = min(IN_A_PUBLICATION, points - done)
                cut = [
                    replace(message, body=message.body[: len(message.body) * number // many])
                    for number in range(many)
                    for message in [medium.messages[number % len(medium.messages)]]
                ]
                await encoder.send([*medium.messages, *cut])
                done += many
            taken = encoder.accepted
            encoder.writer.write_eof()
            await encoder.gone()
        if not taken:
            verdict.problems.append("a publication was not accepted")
    verdict.of += points
    verdict.n += points if node.lives else 0


async def _streams(node: OneNode, medium: corpus.Medium, points: int, verdict: Verdict) -> None:
    """All that an encoder says, cut anywhere, and the connection closed or dropped there."""
    rest = bytes(HANDSHAKE_BYTES) + commands(node.port, "bytes") + chunks(medium.messages)
    whole = HELLO + rest
    line = asyncio.Semaphore(TOGETHER)
    ends = Counter[str]()

    async def one(number: int) -> None:
        # Most of the stream is media; half of the cuts fall into handshake and commands.
        early = len(whole) - len(chunks(medium.messages))
        cut = early * number // points if number % 2 else early + (len(whole) - early) * number // points
        async with line:
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(whole[:cut])
            if number % 3:
                writer.write_eof()
                ends[await _end(reader)] += 1
            else:
                await asyncio.sleep(0.01)
                writer.transport.abort()
                ends["dropped by us"] += 1
            writer.close()

    await asyncio.gather(*(one(number) for number in range(points)))
    verdict.of += points
    verdict.n += points if node.lives else 0
    verdict.details["byte streams"] = dict(ends)


async def _end(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(20.0):
            while await reader.read(65536):
                pass
        return "closed"
    except ConnectionError:
        return "reset"
    except TimeoutError:
        return "still open after 20 s"


async def _good(node: OneNode, medium: corpus.Medium, job: Job, verdict: Verdict) -> None:
    async with Encoder(node.port, "good") as encoder:
        await encoder.send(medium.messages)
        for _ in range(200):
            if (await asyncio.to_thread(Job.objects.get, pk=job.pk)).captured:
                return
            await asyncio.sleep(0.1)
    verdict.problems.append("a good stream gave no picture afterwards")
