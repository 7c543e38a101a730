"""The demo's camera as a process: `python -m snapplatform.ops.demo.camera rtmp://HOST/live/NAME`."""

import sys
import time

from snapplatform import lifeline
from snapplatform.media.synthetic import Camera, publish

# A key frame each second, so that a picture every two seconds is fresh.
CAMERA = Camera(width=1280, height=720, fps=25, gop_seconds=1.0, bitrate=2_000_000)
_RETRY_SECONDS = 0.5


def main(url: str) -> None:
    """Publish for ever; come back after a lost connection, with numbers that go on rising."""
    lifeline.follow()
    started = time.monotonic()
    while True:
        try:
            publish(url, CAMERA, first_frame=int((time.monotonic() - started) * CAMERA.fps))
        except (OSError, EOFError, ValueError) as error:
            print(f"camera: {error}; trying again", file=sys.stderr)
            time.sleep(_RETRY_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
