"""Encoded samples shared by the media tests, made once for each process."""

import io
from functools import lru_cache

from PIL import Image

from snapplatform.media.codec import CodecConfig
from snapplatform.media.ring import Packet
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.media.types import OutputSpec, Picture, PictureRequest

SMALL = Camera(width=320, height=180)
JPEG = OutputSpec("jpeg")


@lru_cache(maxsize=64)
def sample(camera: Camera = SMALL, frames: int = 6) -> tuple[CodecConfig, tuple[Packet, ...]]:
    config, packets = encode_sample(camera, frames)
    return config, tuple(packets)


def request(camera: Camera = SMALL, frames: int = 6, outputs=(JPEG,), previous=None, exif=None):
    config, packets = sample(camera, frames)
    return PictureRequest(config, packets, outputs, previous, exif)


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))
