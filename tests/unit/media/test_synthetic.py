"""The synthetic camera: what it shows is readable, and what it sends is a stream."""

import threading

import av
import pytest
from PIL import Image

from snapplatform.media.colours import to_rgb
from snapplatform.media.scene import Scene, read_frame_number
from snapplatform.media.synthetic import Camera, encode_sample, publish


def drawn(scene: Scene, number: int) -> Image.Image:
    frame = scene.frame(number, 1_700_000_000.0)
    return Image.fromarray(to_rgb(frame, frame.width, frame.height))


@pytest.mark.parametrize("number", [0, 1, 12345, (1 << 24) - 1])
@pytest.mark.parametrize("size", [(1920, 1080), (320, 180), (641, 361)])
def test_the_number_reads_back_at_any_size(number, size):
    image = drawn(Scene(*size), number)
    assert read_frame_number(image) == number
    assert read_frame_number(image.resize((160, 90))) == number


def test_the_number_wraps_at_24_bits():
    assert read_frame_number(drawn(Scene(320, 180), (1 << 24) + 7)) == 7


def test_pictures_without_a_number_give_none():
    assert read_frame_number(Image.new("RGB", (640, 360))) is None
    assert read_frame_number(Image.new("RGB", (640, 360), "white")) is None
    assert read_frame_number(drawn(Scene(640, 360), 5).transpose(Image.Transpose.FLIP_LEFT_RIGHT)) is None


def test_a_sample_is_what_flv_carries():
    config, packets = encode_sample(Camera(320, 180, gop_seconds=0.4), 25)
    assert [p.keyframe for p in packets] == [index % 10 == 0 for index in range(25)]
    assert [p.dts_ms for p in packets] == [index * 40 for index in range(25)]
    assert config.extradata[0] == 1
    assert int.from_bytes(packets[1].data[:4], "big") == len(packets[1].data) - 4


def test_grain_fills_the_bitrate():
    _, clean = encode_sample(Camera(640, 360, bitrate=1_500_000), 50)
    _, noisy = encode_sample(Camera(640, 360, bitrate=1_500_000, noise=6), 50)
    assert 1_000_000 < sum(len(p.data) for p in noisy) * 8 / 2 < 2_500_000
    assert sum(len(p.data) for p in clean) < sum(len(p.data) for p in noisy) / 2


def test_it_publishes_picture_and_sound(tmp_path):
    path = str(tmp_path / "camera.flv")
    camera = Camera(320, 180, audio=True, bframes=2)
    assert publish(path, camera, seconds=1, realtime=False) == 25
    with av.open(path) as container:
        assert [s.type for s in container.streams] == ["video", "audio"]
        frames = list(container.decode(video=0))
    numbers = [read_frame_number(Image.fromarray(to_rgb(f, f.width, f.height))) for f in frames]
    assert numbers == list(range(25))


def test_it_stops_when_told(tmp_path):
    stop = threading.Event()
    sent = []
    camera = Camera(320, 180)
    thread = threading.Thread(target=lambda: sent.append(publish(str(tmp_path / "a.flv"), camera, stop=stop)))
    thread.start()
    stop.set()
    thread.join(10)
    assert len(sent) == 1


def test_real_time_keeps_the_pace(tmp_path):
    camera = Camera(160, 90, fps=50)
    assert publish(str(tmp_path / "a.flv"), camera, seconds=0.4) == 20


def test_a_refused_connection_is_an_error():
    with pytest.raises(av.FFmpegError):
        publish("rtmp://127.0.0.1:1/live/nobody", Camera(320, 180), frames=1)
