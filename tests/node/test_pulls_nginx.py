"""Pulling from somebody else's server: nginx with its RTMP module, to which ffmpeg publishes."""

from tests.node.conftest import pictures
from tests.unit.rtmp.clients import process
from tests.unit.rtmp.nginx import needs_nginx, nginx
from tests.unit.rtmp.test_real_clients import TEST_PICTURE, X264, needs_ffmpeg


@needs_nginx
@needs_ffmpeg
async def test_pictures_of_what_ffmpeg_publishes_to_nginx(node, pulled, ask, loopback_allowed, tmp_path):
    async with nginx(tmp_path) as port:
        url = f"rtmp://127.0.0.1:{port}/live/cam"
        command = ["ffmpeg", "-v", "error", *TEST_PICTURE, *X264, "-f", "flv", url]
        async with process(*command):
            job = await pulled(f"{url}?auth_key=NGINX-SECRET", interval_ms=1000)
            await ask(lambda: len(pictures(job)) >= 2)
        log = (tmp_path / "error.log").read_text()
    assert "play: name='cam' args='auth_key=NGINX-SECRET'" in log
