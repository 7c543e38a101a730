"""Results as Markdown tables, and their place between the markers of docs/benchmarks.md."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.plan import INTERVAL
from bench.results import Results
from bench.stats import percentile, ratio, spread

BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
_INTRODUCTION = """# Benchmarks

`make bench` measures Snapplatform and Debian's ffmpeg side by side, in one run and with the same streams, and
writes the tables below. How each figure is taken is told in bench/ (start at `bench/load.py`).

"""


def write(path: Path, text: str) -> None:
    """Replace what stands between the markers; the rest of the page is people's."""
    page = path.read_text() if path.exists() else f"{_INTRODUCTION}{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text.rstrip()}\n{END}{after or chr(10)}")


def render(results: Results) -> str:
    parts = [_head(results)]
    if results.loads:
        parts += [_cpu(results), _memory(results), _pictures(results)]
    if results.together:
        parts.append(_together(results))
    if results.firsts:
        parts.append(_firsts(results))
    if results.chunks:
        parts.append(_chunks(results))
    return "\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def _head(results: Results) -> str:
    facts = [
        f"{results.date}, `{results.command}`, {results.minutes:.0f} minutes",
        *results.machine,
        *results.notes,
    ]
    return "\n".join(f"* {fact}" for fact in facts) + "\n"


def _cpu(results: Results) -> str:
    rows = []
    for content, loads in results.loads.items():
        ours = loads.ours.cpu()
        for way, series in loads.ways():
            each = series.cpu()
            rows.append(
                [
                    content,
                    way,
                    str(series.streams),
                    ratio(statistics.median(ours), statistics.median(each))
                    if series is not loads.ours
                    else "1",
                    spread(each),
                    f"{100 / statistics.median(each):.0f}",
                ]
            )
    head = ["stream", "way", "streams", "ours : peer", "CPU % of a core per stream", "streams per core"]
    return f"## CPU\n\nOf the whole process tree, with a picture every 5 s.\n\n{table(head, rows)}"


def _memory(results: Results) -> str:
    rows = []
    for content, loads in results.loads.items():
        ours = statistics.median(each for _, each in loads.ours.memory())
        for way, series in loads.ways():
            bases, eachs = zip(*series.memory(), strict=True)
            share = "1" if series is loads.ours else ratio(ours, statistics.median(eachs))
            counts = ", ".join(str(count) for count, _ in series.rounds[0].memory)
            base = spread(bases, 0) if len(series.rounds[0].memory) > 1 else "in the former"
            rows.append([content, way, counts, share, spread(eachs), base])
    head = ["stream", "way", "streams", "ours : peer", "MB per stream", "base MB"]
    idle = spread([one.base for loads in results.loads.values() for one in loads.ours.rounds], 0)
    text = (
        f"PSS, the line through the numbers of streams (least squares). Ours without any stream: {idle} MB."
    )
    return f"## Memory\n\n{text}\n\n{table(head, rows)}"


def _pictures(results: Results) -> str:
    rows = []
    for content, loads in results.loads.items():
        points = loads.ours.points
        lags = [lag for point in points for lag in point.lags]
        ages = [age for point in points for age in point.ages]
        counts = loads.counts
        rows.append(
            [
                content,
                str(loads.ours.streams),
                *(f"{percentile(lags, share):.0f}" for share in (0.5, 0.99)),
                *(f"{percentile(ages, share):.0f}" for share in (0.5, 0.99)),
                *(str(counts.get(name, 0)) for name in ("expected", "captured", "late", "skipped")),
            ]
        )
    head = ["stream", "streams", "lag p50", "lag p99", "age p50", "age p99"]
    head += ["expected", "captured", "late", "skipped"]
    text = (
        "Lag: from a tick to its picture stored, ms. Age: of the frame at the tick, ms; keyframes come each "
        "2 s. The counts are of the whole runs, where streams and jobs start together more than once: most "
        "of the late ones are first pictures."
    )
    return f"## Pictures\n\n{text}\n\n{table(head, rows)}{_equal(results)}"


def _equal(results: Results) -> str:
    """That the peers did the same work: pictures in the windows, their size and quality."""
    rows = []
    for content, loads in results.loads.items():
        for way, series in loads.ways():
            pictures = statistics.mean(point.pictures for point in series.points)
            rate = pictures / series.streams / results.window * INTERVAL
            like = results.likeness[content]
            size, psnr = (like.our_size, like.our_psnr) if series is loads.ours else (like.size, like.psnr)
            rows.append([content, way, f"{rate:.2f}", f"{size:.0f}", f"{psnr:.1f}"])
    head = ["stream", "way", "pictures per stream in 5 s", "KB each", "luma PSNR dB"]
    return f"\nThe same work:\n\n{table(head, rows)}"


def _together(results: Results) -> str:
    rows = []
    together = results.together
    for what, lags in (
        ("lag of all pictures", together.firsts + together.grid),
        ("lag of those on the grid", together.grid),
        ("lag of first pictures", together.firsts),
        ("from the start of the jobs to their first pictures stored", together.waits),
    ):
        values = [f"{percentile(lags, share):.0f}" for share in (0.5, 0.9, 0.99, 1.0)]
        rows.append([what, str(len(lags)), *values])
    head = ["what", "number", "p50", "p90", "p99", "max"]
    streams = results.together_streams
    text = (
        f"One on each of {streams} streams of 1080p30; ms. The tick of a first picture is when its turn "
        "comes (docs/jobs.md), so its wait for a new keyframe (up to 2 s) and for that turn is not in its "
        "lag; the last line has it."
    )
    return f"## {streams} jobs started together\n\n{text}\n\n{table(head, rows)}"


def _firsts(results: Results) -> str:
    firsts, ours = results.firsts, statistics.median(results.firsts.ours)
    rows = []
    named = (
        ("Snapplatform", firsts.ours),
        ("ffmpeg that takes one picture", firsts.single),
        ("ffmpeg, a picture every 5 s", firsts.periodic),
    )
    for way, values in named:
        if values:
            share = "1" if values is firsts.ours else ratio(ours, statistics.median(values))
            rows.append(
                [way, str(len(values)), share, f"{statistics.median(values):.0f}", f"{max(values):.0f}"]
            )
    head = ["way", "times", "ours : peer", "p50 ms", "max ms"]
    text = (
        "From the first keyframe that the encoder sends to the picture on disk; ffmpeg is started at publish."
    )
    return f"## First picture\n\n{text}\n\n{table(head, rows)}"


def _chunks(results: Results) -> str:
    least = statistics.median(next(iter(results.chunks.values())))
    rows = [
        [str(size), spread(values, 3), f"{statistics.median(values) / least:.2f}"]
        for size, values in results.chunks.items()
    ]
    head = ["chunk size", "CPU % of a core per stream", "of the first"]
    return f"## Chunk sizes\n\nIngest of 1080p30 at 4 Mb/s alone, without pictures.\n\n{table(head, rows)}"
