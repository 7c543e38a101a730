"""`demo --check`: the pictures are what was published, byte for byte and frame for frame."""

import hashlib
import io
from typing import Any

from PIL import Image

from snapplatform.media.scene import read_frame_number
from snapplatform.ops.demo.client import Client


def wrong_pictures(client: Client, snapshots: list[dict[str, Any]]) -> list[str]:
    """Download each picture through its signed link; what is wrong, in words. Empty when all is right."""
    problems: list[str] = []
    before = -1
    for snapshot in snapshots:
        data = client.bytes_of(snapshot["url"])
        name = f"picture {snapshot['sequence']} ({snapshot['key']})"
        if len(data) != snapshot["size"] or hashlib.sha256(data).hexdigest() != snapshot["sha256"]:
            problems.append(f"{name}: other bytes than the ledger says")
            continue
        with Image.open(io.BytesIO(data)) as image:
            size, number = image.size, read_frame_number(image)
        if size != (snapshot["width"], snapshot["height"]):
            problems.append(f"{name}: is {size[0]}x{size[1]} and not as its row says")
        if number is None or number <= before:
            problems.append(f"{name}: frame number {number} after {before}")
        else:
            before = number
    return problems
