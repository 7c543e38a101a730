"""What the synthetic camera sees, drawn into YUV planes, with a frame number that programs can read."""

from __future__ import annotations

import time
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Plane = np.ndarray[Any, np.dtype[np.uint8]]

# The 75 % bars of test signals, left to right, in RGB.
BARS = [
    (191, 191, 191),
    (191, 191, 0),
    (0, 191, 191),
    (0, 191, 0),
    (191, 0, 191),
    (191, 0, 0),
    (0, 0, 191),
]
# Share of the height taken from the top: bars, then the band with text and ball, then the number's squares.
BARS_END = 0.5
_NUMBER_TOP, _NUMBER_BOTTOM = 0.88, 0.98
_NUMBER_LEFT, _NUMBER_RIGHT = 0.02, 0.98
_NUMBER_BITS = 24
_CHECK_BITS = 4
# White then black tells the reader that the row is there and how bright its squares are.
_MARKER = [1, 0]
_CELLS = len(_MARKER) + _NUMBER_BITS + _CHECK_BITS
_MIN_CONTRAST = 80
# A prime, so that the grain does not repeat with the GOP.
_GRAINS = 7
_GLYPHS = "0123456789:.#- "
_KR_KB = {601: (0.299, 0.114), 709: (0.2126, 0.0722)}


def rgb_to_yuv(rgb: Any, matrix: int, full_range: bool) -> np.ndarray[Any, np.dtype[np.float64]]:
    """8-bit YUV (unrounded) of RGB values in the last axis, by BT.601 or BT.709 (H.273, 8.3)."""
    kr, kb = _KR_KB[matrix]
    red, green, blue = np.moveaxis(np.asarray(rgb, np.float64) / 255, -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    pair = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    if full_range:
        return np.stack([255 * luma, *(128 + 255 * chroma for chroma in pair)], -1)
    return np.stack([16 + 219 * luma, *(128 + 224 * chroma for chroma in pair)], -1)


def read_frame_number(image: Image.Image) -> int | None:
    """The number in the squares of a picture from about 160 pixels wide, or None when it is not whole."""
    luma = np.asarray(image.convert("L"), np.float64)
    height, width = luma.shape
    middle = (_NUMBER_TOP + _NUMBER_BOTTOM) / 2 * height
    reach = (_NUMBER_BOTTOM - _NUMBER_TOP) * height / 4
    row = luma[int(middle - reach) : int(middle + reach) + 1].mean(0)
    cell = (_NUMBER_RIGHT - _NUMBER_LEFT) * width / _CELLS
    centres = _NUMBER_LEFT * width + (np.arange(_CELLS) + 0.5) * cell
    values = row[centres.astype(int)]
    if values[0] - values[1] < _MIN_CONTRAST:
        return None
    bits = [int(value > (values[0] + values[1]) / 2) for value in values[len(_MARKER) :]]
    number = _number(bits[:_NUMBER_BITS])
    return number if _number(bits[_NUMBER_BITS:]) == _check(number) else None


class Scene:
    """Draws frames of one size. Still parts are drawn once; a frame costs a copy and a few small blits."""

    def __init__(
        self,
        width: int,
        height: int,
        matrix: int = 709,
        full_range: bool = False,
        title: str = "",
        noise: int = 0,
    ) -> None:
        self._width, self._height = width, height
        self._levels = (0, 255) if full_range else (16, 235)
        still = _draw_still(width, height, title)
        yuv = rgb_to_yuv(still, matrix, full_range)
        self._lumas = _grained(yuv[..., 0], noise, self._levels)
        self._chroma = [_halve(yuv[..., channel]) for channel in (1, 2)]
        self._glyphs = _draw_glyphs(max(8, height // 12), self._levels)

    def frame(self, number: int, wall_time: float) -> av.VideoFrame:
        """Frame `number` (its low 24 bits are readable) with the clock at `wall_time`, in yuv420p."""
        frame = av.VideoFrame(self._width, self._height, "yuv420p")
        luma, *chroma = (
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size) for plane in frame.planes
        )
        luma[: self._height, : self._width] = self._lumas[number % len(self._lumas)]
        for plane, still in zip(chroma, self._chroma, strict=True):
            plane[: still.shape[0], : still.shape[1]] = still
        self._draw_moving(luma[: self._height, : self._width], number, wall_time)
        return frame

    def _draw_moving(self, luma: Plane, number: int, wall_time: float) -> None:
        width, height = self._width, self._height
        seconds = time.strftime("%H:%M:%S", time.gmtime(wall_time))
        self._write(luma, int(0.53 * height), f"{seconds}.{int(wall_time * 10) % 10}")
        self._write(luma, int(0.64 * height), f"#{number}")
        size = max(2, height // 10)
        travel = max(1, width - size)
        # There and back in 200 frames, so that two pictures a few seconds apart differ plainly.
        position = abs(number % 200 - 100) * travel // 100
        top = int(0.76 * height)
        luma[top : top + size, position : position + size] = self._levels[1]
        self._draw_number(luma, number & (1 << _NUMBER_BITS) - 1)

    def _write(self, luma: Plane, top: int, text: str) -> None:
        left = self._width // 2
        for letter in text:
            glyph = self._glyphs[letter]
            target = luma[top : top + glyph.shape[0], left : left + glyph.shape[1]]
            target[:] = glyph[: target.shape[0], : target.shape[1]]
            left += glyph.shape[1]

    def _draw_number(self, luma: Plane, number: int) -> None:
        bits = _MARKER + _bits(number, _NUMBER_BITS) + _bits(_check(number), _CHECK_BITS)
        edges = np.linspace(_NUMBER_LEFT, _NUMBER_RIGHT, _CELLS + 1) * self._width
        values = np.repeat([self._levels[bit] for bit in bits], np.diff(edges.astype(int)))
        top, bottom = int(_NUMBER_TOP * self._height), int(_NUMBER_BOTTOM * self._height)
        left = int(edges[0])
        luma[top:bottom, left : left + len(values)] = values


def _draw_still(width: int, height: int, title: str) -> Plane:
    image = Image.new("RGB", (width, height), (0, 0, 0))
    draw = ImageDraw.Draw(image)
    edges = np.linspace(0, width, len(BARS) + 1).astype(int)
    for left, right, colour in zip(edges[:-1], edges[1:], BARS, strict=True):
        draw.rectangle((left, 0, right - 1, int(BARS_END * height) - 1), fill=colour)
    font = ImageFont.load_default(size=max(8, height // 16))
    draw.text((width // 40, int(0.55 * height)), title, font=font, fill=(235, 235, 235))
    return np.asarray(image)


def _grained(luma: np.ndarray[Any, np.dtype[np.float64]], noise: int, levels: tuple[int, int]) -> list[Plane]:
    """The still luma under different grain, drawn beforehand: a noisy frame costs what a clean one does."""
    if not noise:
        return [np.rint(luma).astype(np.uint8)]
    random = np.random.default_rng(1)
    grains = (random.normal(0, noise, luma.shape) for _ in range(_GRAINS))
    return [np.clip(np.rint(luma + grain), *levels).astype(np.uint8) for grain in grains]


def _draw_glyphs(size: int, levels: tuple[int, int]) -> dict[str, Plane]:
    font = ImageFont.load_default(size=size)
    width = max(int(font.getlength(letter)) for letter in _GLYPHS) + 2
    glyphs = {}
    for letter in _GLYPHS:
        image = Image.new("L", (width, int(size * 1.25)), 0)
        ImageDraw.Draw(image).text((1, 0), letter, font=font, fill=255)
        share = np.asarray(image, np.float64) / 255
        glyphs[letter] = np.rint(levels[0] + share * (levels[1] - levels[0])).astype(np.uint8)
    return glyphs


def _halve(plane: np.ndarray[Any, np.dtype[np.float64]]) -> Plane:
    """Means of two by two, the last row and column repeated where the size is odd."""
    padded = np.pad(plane, [(0, plane.shape[0] % 2), (0, plane.shape[1] % 2)], mode="edge")
    quads = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    halved: Plane = np.rint(quads.mean((1, 3))).astype(np.uint8)
    return halved


def _bits(number: int, count: int) -> list[int]:
    return [number >> shift & 1 for shift in range(count - 1, -1, -1)]


def _number(bits: list[int]) -> int:
    return int("".join(map(str, bits)), 2)


def _check(number: int) -> int:
    return (sum(number >> shift & 15 for shift in range(0, _NUMBER_BITS, 4)) + 5) & 15
