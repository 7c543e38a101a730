"""What Python and libraries warn of: a line of the log like every other, or nothing."""

import json
import signal
import subprocess
import sys
import urllib.request

from tests.ops.conftest import SiteMaker
from tests.ops.processes import ROOT, started
from tests.ops.test_run import run_command


def test_a_warning_is_a_line_of_json(site: SiteMaker) -> None:
    script = "import django; django.setup(); import warnings; warnings.warn('mind the gap')"
    env = site() | {"DJANGO_SETTINGS_MODULE": "snapplatform.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, cwd=ROOT)
    [line] = done.stderr.splitlines()
    entry = json.loads(line)
    assert (entry["logger"], entry["level"]) == ("py.warnings", "warning")
    assert "mind the gap" in entry["event"]


def test_static_files_come_without_a_warning(site: SiteMaker) -> None:
    env = site()
    with started(run_command("web"), env) as running:
        running.expect("web-1 started")
        url = f"http://127.0.0.1:{env['SNAP_HTTP_PORT']}/static/web/icon.svg"
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.read().startswith(b"<svg")
        running.end(signal.SIGTERM)
        running.wait()
        assert "Warning" not in "".join(running.lines)
