"""What a picture costs: stages in one process, round trips through the pool, memory of a decoder.

Run: python bench/picture_cost.py [--seconds 1.0]. Ends after about 20 times the seconds given.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from snapplatform.media import quality
from snapplatform.media.codec import CodecConfig
from snapplatform.media.colours import to_rgb
from snapplatform.media.picture import decode_newest, packets_to_newest, take_picture
from snapplatform.media.pool import DecoderPool
from snapplatform.media.ring import GopRing, Packet
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.media.types import OutputSpec, PictureRequest

JPEG = OutputSpec("jpeg", 85)
CAMERAS = {
    "1080p30 4 Mb/s": Camera(1920, 1080, fps=30, bitrate=4_000_000, noise=6),
    "720p25 2 Mb/s": Camera(1280, 720, fps=25, bitrate=2_000_000, noise=6),
}


def timed(action: Callable[[], object], seconds: float) -> str:
    """Median and 95th percentile in milliseconds, of as many runs as fit."""
    action()
    spent: list[float] = []
    while len(spent) < 3 or sum(spent) < seconds:
        started = time.perf_counter()
        action()
        spent.append(time.perf_counter() - started)
    ordered = sorted(spent)
    return f"{statistics.median(ordered) * 1e3:8.2f} {ordered[int(len(ordered) * 0.95)] * 1e3:8.2f}"


def stages(name: str, config: CodecConfig, packets: Sequence[Packet], seconds: float) -> None:
    frame = decode_newest(config, packets[:1]).frame
    size = frame.width, frame.height
    small = size[0] // 3, size[1] // 3
    before = quality.assess(frame, None).signature
    rows: dict[str, Callable[[], object]] = {
        "decode keyframe": lambda: decode_newest(config, packets[:1]),
        "assess quality": lambda: quality.assess(frame, before),
        "convert to RGB": lambda: to_rgb(frame, *size),
        "convert and scale to a third": lambda: to_rgb(frame, *small),
    }
    kinds = (JPEG, OutputSpec("jpeg", 85, small[0]), OutputSpec("png"), OutputSpec("webp"))
    for spec in kinds:
        label = f"whole picture, {spec.format}{'' if spec.width is None else f' {spec.width} wide'}"
        request = PictureRequest(config, packets[:1], [spec], before)
        rows[label] = lambda request=request: take_picture(request)
    for depth in (15, 30, len(packets)):
        fed = packets_to_newest(packets[:depth])
        request = PictureRequest(config, fed, [JPEG], before)
        rows[f"whole picture, exact, {depth} deep"] = lambda request=request: take_picture(request)
    for label, action in rows.items():
        print(f"{name:15} {label:34} {timed(action, seconds)}")


def ring_cost(packets: Sequence[Packet]) -> None:
    ring, rounds = GopRing(), 2000
    started = time.perf_counter()
    for _ in range(rounds):
        for packet in packets:
            ring.append(packet)
    print(f"ring append: {(time.perf_counter() - started) / rounds / len(packets) * 1e6:.2f} µs a packet")


def pss_of(pid: int) -> str:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return "unknown here"
    return f"{next(int(line.split()[1]) for line in lines if line.startswith('Pss:')) / 1024:.0f} MB"


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def through_pool(name: str, request: PictureRequest, seconds: float) -> None:
    pool = DecoderPool(2)
    started = time.perf_counter()
    await pool.start()
    ready = time.perf_counter() - started
    print(f"{name}: 2 decoders ready in {ready * 1e3:.0f} ms, PSS idle {[pss_of(p) for p in pool.pids]}")
    try:
        trips: list[float] = []
        while sum(trips) < seconds:
            started = time.perf_counter()
            await pool.take(request)
            trips.append(time.perf_counter() - started)
        trips.sort()
        p95 = trips[int(len(trips) * 0.95)]
        print(f"{name}: round trip median {statistics.median(trips) * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms")
        used, started, count = cpu(), time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            await asyncio.gather(*(pool.take(request) for _ in range(16)))
            count += 16
        wall = time.perf_counter() - started
        own = (cpu() - used) / count
        print(
            f"{name}: {count / wall:.0f} pictures/s from 2 decoders, {own * 1e3:.2f} ms CPU each in the node"
        )
        print(f"{name}: PSS after work {[pss_of(p) for p in pool.pids]}")
    finally:
        await pool.close()


def camera_cost(seconds: float) -> None:
    for camera in (Camera(), Camera(audio=True), Camera(preset="ultrafast"), Camera(noise=6)):
        used, count = cpu(), max(25, int(camera.fps * seconds * 2))
        encode_sample(camera, count)
        share = (cpu() - used) / (count / camera.fps)
        what = f"{camera.preset}{' audio' if camera.audio else ''}{' grain' if camera.noise else ''}"
        print(f"synthetic 720p25 camera, {what}: {share * 100:.1f} % of a core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each line (default 1)")
    seconds = parser.parse_args().seconds
    print(f"{'stream':15} {'stage':34} {'median':>8} {'p95':>8}  (ms)")
    for name, camera in CAMERAS.items():
        config, packets = encode_sample(camera, int(camera.fps * camera.gop_seconds))
        total = sum(len(packet.data) for packet in packets)
        print(f"{name:15} keyframe {len(packets[0].data) // 1024} KB, GOP {total // 1024} KB")
        stages(name, config, packets, seconds / 2)
        asyncio.run(through_pool(name, PictureRequest(config, packets[:1], [JPEG]), seconds))
    ring_cost(packets)
    camera_cost(seconds)


if __name__ == "__main__":
    main()
