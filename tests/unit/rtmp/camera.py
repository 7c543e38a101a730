"""A publisher for tests, run as a process: PyAV keeps the interpreter lock while it connects an output.

python -m tests.unit.rtmp.camera URL FRAMES [hold]: publishes FRAMES numbered grey frames, prints "sent",
with "hold" waits for a line on standard input, and closes.
"""

import sys

import av
import numpy as np


def publish(url: str, frames: int, *, hold: bool) -> None:
    with av.open(url, "w", format="flv") as output:
        video = output.add_stream("libx264", rate=30, options={"preset": "ultrafast", "g": "15"})
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        audio = output.add_stream("aac", rate=44100)
        for number in range(frames):
            shade = np.full((240, 320, 3), number * 2 % 256, dtype=np.uint8)
            picture = av.VideoFrame.from_ndarray(shade, format="rgb24")
            picture.pts = number
            output.mux(video.encode(picture))
            sound = av.AudioFrame.from_ndarray(np.zeros((2, 1470), dtype=np.float32), format="fltp")
            sound.sample_rate, sound.pts = 44100, number * 1470
            output.mux(audio.encode(sound))
        output.mux(video.encode())
        output.mux(audio.encode())
        print("sent", flush=True)
        if hold:
            sys.stdin.readline()


if __name__ == "__main__":
    publish(sys.argv[1], int(sys.argv[2]), hold="hold" in sys.argv)
