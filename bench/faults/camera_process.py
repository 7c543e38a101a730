"""Cameras that publish over real RTMP and number each frame they ever send; the process behind cameras.py.

Obeys lines of JSON on standard input: start, reconnect, silence, stop. Tells events on standard output.
Frame numbers: connection (counted per camera) x SPAN + frame. So a picture tells which connection it is of.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from random import Random
from typing import Any

from bench.content import Message
from bench.faults.encoder import Encoder
from snapplatform.media import synthetic
from snapplatform.rtmp.messages import VIDEO

SPAN = 1 << 14  # of the 24 bits that a picture can show: 1024 connections
FPS = 10
GOP_FRAMES = 5
GOP_SECONDS = GOP_FRAMES / FPS
LOOKS = synthetic.Camera(
    width=192, height=108, fps=FPS, gop_seconds=GOP_SECONDS, preset="ultrafast", bitrate=100_000
)
CONNECT_SECONDS = 1.5
# What an encoder waits between two tries. Real ones wait longer; here it must not hide how fast we are.
RETRY_SECONDS = (0.1, 0.3)


class Camera:
    """One stream: publishes, and connects anew whenever its connection goes."""

    def __init__(self, name: str, port: int, random: Random) -> None:
        self.name = name
        self._port = port
        self._random = random
        self._connections = 0
        self._silent = False
        self._current: asyncio.Task[None] | None = None
        self._ghosts: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._silent = False
        self._current = asyncio.create_task(self._stay())

    def silence(self) -> None:
        """Stay connected, and send nothing more."""
        self._silent = True

    def reconnect(self, ghost_seconds: float) -> None:
        """Connect anew, as an encoder does that got another network; its old connection goes on for a while,
        as one does whose packets are still on their way."""
        if self._current is not None:
            self._ghosts.append(self._current)
            asyncio.get_running_loop().call_later(ghost_seconds, self._current.cancel)
        self.start()

    async def stop(self) -> None:
        tasks = [task for task in [self._current, *self._ghosts] if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stay(self) -> None:
        first = True
        while first or asyncio.current_task() is self._current:  # a connection that was replaced ends here
            first = False
            encoder = Encoder(self._port, self.name)
            number, self._connections = self._connections, self._connections + 1
            why = "refused"
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await encoder.connect()
                    await encoder.publish()
                if encoder.accepted:
                    tell("publishing", stream=self.name, connection=number)
                    await self._film(encoder, number)
                    why = "closed"
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                why = type(error).__name__
            finally:
                with suppress(AttributeError):  # never connected
                    encoder.writer.transport.abort()
            tell("gone", stream=self.name, connection=number, why=why)
            await asyncio.sleep(self._random.uniform(*RETRY_SECONDS))

    async def _film(self, encoder: Encoder, number: int) -> None:
        """Until the connection goes."""
        gone = asyncio.create_task(encoder.gone())
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        try:
            while not gone.done():
                if not self._silent:
                    for message in gop(number * SPAN + sent, with_header=sent == 0):
                        await encoder.send([message], at=round(1000 * sent / FPS))
                        await asyncio.wait({gone}, timeout=max(0.0, began + sent / FPS - loop.time()))
                        sent += message.body[1]
                else:
                    await asyncio.wait({gone}, timeout=GOP_SECONDS)
        finally:
            gone.cancel()


def gop(first_frame: int, *, with_header: bool) -> list[Message]:
    """Five frames, the first one a keyframe; times count from 0."""
    config, packets = synthetic.encode_sample(LOOKS, GOP_FRAMES, first_frame)
    header = [Message(VIDEO, 0, b"\x17\0\0\0\0" + config.extradata)] if with_header else []
    bodies = [bytes((0x17 if each.keyframe else 0x27, 1, 0, 0, 0)) + bytes(each.data) for each in packets]
    return header + [Message(VIDEO, 0, body) for body in bodies]


def tell(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, "at": time.time(), **facts}), flush=True)


class Cameras:
    """All of the process, by name."""

    def __init__(self) -> None:
        self._cameras: dict[str, Camera] = {}

    async def obey(self, command: dict[str, Any]) -> None:
        if command["do"] == "start":
            for name in command["streams"]:
                if name not in self._cameras:  # one that was stopped goes on counting
                    random = Random(f"{command['seed']} {name}")
                    self._cameras[name] = Camera(name, command["port"], random)
                self._cameras[name].start()
            return
        for camera in [self._cameras[name] for name in command["streams"]]:
            if command["do"] == "reconnect":
                camera.reconnect(command["ghost_seconds"])
            elif command["do"] == "silence":
                camera.silence()
            elif command["do"] == "stop":
                await camera.stop()
        tell(f"{command['do']} done")


async def main() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    cameras = Cameras()
    while line := await reader.readline():  # the end of it is the parent's end
        await cameras.obey(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main())
