"""A process that publishes many streams in real time at little cost: the load of the bench.

Takes commands as lines of JSON on standard input and tells events on standard output; see fleet.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, cast

import uvloop

from bench import content, wire
from snapplatform.rtmp import Limits, amf0, messages
from snapplatform.rtmp.chunk_reader import ChunkReader


class Publisher(asyncio.Protocol):
    """One connection: handshake, commands, then the reel round and round."""

    def __init__(
        self, fleet: Fleet, name: str, port: int, chunk_size: int, reel: wire.Reel, phase: float
    ) -> None:
        self.name = name
        self.backlog = 0
        self.late = 0.0
        self._fleet, self._port, self._chunk_size, self._reel, self._phase = (
            fleet,
            port,
            chunk_size,
            reel,
            phase,
        )
        self._loop = asyncio.get_running_loop()
        self._reader = ChunkReader(self._on_message, Limits())
        self._handshake = 1 + 2 * wire.HANDSHAKE_BYTES  # bytes of the server's part that are still to come
        self._rest = b""
        self._received = self._acknowledged = 0
        self._window = 2_500_000
        self._round = self._index = 0
        self._begin = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=64 << 20)
        self._transport.write(b"\3" + bytes(8) + os.urandom(wire.HANDSHAKE_BYTES - 8))

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        data = self._rest + data
        self._rest = b""
        if self._handshake:
            if len(data) < self._handshake:
                self._rest = data
                return
            self._transport.write(data[1 : 1 + wire.HANDSHAKE_BYTES] + wire.connect(self._port))
            data, self._handshake = data[self._handshake :], 0
        self._rest = data[self._reader.feed(data, 0, len(data)) :]
        if self._received - self._acknowledged >= self._window:
            self._acknowledged = self._received
            self._transport.write(messages.control(messages.ACKNOWLEDGEMENT, self._received))

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop()
        self._fleet.gone(self, str(exc or "closed"))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport.close()

    def _on_message(self, kind: int, timestamp: int, stream_id: int, payload: bytes) -> None:
        if kind == messages.WINDOW_SIZE:
            self._window = int.from_bytes(payload[:4], "big")
        elif kind == messages.USER_CONTROL and payload[:2] == b"\0\6":
            self._transport.write(
                messages.user_control(messages.PING_RESPONSE, int.from_bytes(payload[2:6], "big"))
            )
        elif kind == messages.COMMAND:
            self._on_command(amf0.decode_all(payload))

    def _on_command(self, values: list[Any]) -> None:
        if values[:2] == ["_result", 1.0]:
            self._transport.write(wire.announce(self.name, self._chunk_size))
        elif values[:2] == ["_result", 4.0]:
            self._transport.write(wire.publish(self.name, int(values[3])))
        elif values[0] == "onStatus" and values[3]["code"] == "NetStream.Publish.Start":
            self._fleet.tell("publishing", stream=self.name)
            self._begin = self._loop.time() + self._phase
            self._timer = self._loop.call_at(self._begin, self._first)
        elif values[0] in ("_error", "onStatus"):
            self._fleet.tell("refused", stream=self.name, why=str(values[2:]))

    def _first(self) -> None:
        self._transport.write(self._reel.headers)
        # The moment before it is handed to the kernel, so that no delay of ours makes anybody look faster.
        self._fleet.tell("live", stream=self.name, keyframe_at=time.time())
        self._send()

    def _send(self) -> None:
        reel = self._reel
        step = reel.steps[self._index]
        self._transport.write(reel.data[step.start : step.end])
        self._index += 1
        if self._index == len(reel.steps):
            self._index, self._round = 0, self._round + 1
        due = self._begin + (self._round * reel.duration + reel.steps[self._index].time) / 1000
        self.late = max(self.late, self._loop.time() - due)
        self.backlog = max(self.backlog, self._transport.get_write_buffer_size())
        self._timer = self._loop.call_at(due, self._send)


class Fleet:
    """All connections of the process, and its talk with the parent."""

    def __init__(self) -> None:
        self._publishers: dict[str, Publisher] = {}
        self._reels: dict[tuple[str, int], wire.Reel] = {}

    def tell(self, event: str, **facts: object) -> None:
        print(json.dumps({"event": event, **facts}), flush=True)

    def gone(self, publisher: Publisher, why: str) -> None:
        if self._publishers.pop(publisher.name, None) is publisher:
            self.tell("gone", stream=publisher.name, why=why)

    async def obey(self, command: dict[str, Any]) -> None:
        if command["do"] == "publish":
            for name, phase in command["streams"]:
                await self._publish(name, phase, command["port"], command["content"], command["chunk_size"])
        elif command["do"] == "stop":
            publishers, self._publishers = list(self._publishers.values()), {}
            for publisher in publishers:
                publisher.stop()
            self.tell("stopped")
        elif command["do"] == "report":
            everybody = self._publishers.values()
            self.tell(
                "report",
                streams=len(everybody),
                late_ms=1000 * max((one.late for one in everybody), default=0.0),
                backlog=max((one.backlog for one in everybody), default=0),
            )
            for one in everybody:
                one.late, one.backlog = 0.0, 0

    async def _publish(self, name: str, phase: float, port: int, what: str, chunk_size: int) -> None:
        if (what, chunk_size) not in self._reels:
            self._reels[what, chunk_size] = wire.reel(content.load(what), chunk_size)
        reel = self._reels[what, chunk_size]
        publisher = Publisher(self, name, port, chunk_size, reel, phase)
        self._publishers[name] = publisher
        await asyncio.get_running_loop().create_connection(lambda: publisher, "127.0.0.1", port)


async def main() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    fleet = Fleet()
    while line := await reader.readline():  # the end of it is the parent's end
        await fleet.obey(json.loads(line))


if __name__ == "__main__":
    uvloop.run(main())
