"""Where the bench ran: machine and versions, as lines for the page."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import av
import django
import psutil

from bench.peers import ffmpeg
from snapplatform import __version__


def describe() -> list[str]:
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{os.cpu_count()} cores of {_cpu_model()}, {memory:.0f} GB, {_system()}, Linux {platform.release()}",
        f"Snapplatform {__version__} ({_commit()}), Python {platform.python_version()}, "
        f"Django {django.__version__}, PyAV {av.__version__}",
        f"{_ffmpeg_version()}",
    ]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _commit() -> str:
    try:
        command = ["git", "rev-parse", "--short", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "no git"


def _ffmpeg_version() -> str:
    path = ffmpeg()
    if path is None:
        return "ffmpeg is not installed: the peers were left out"
    first = subprocess.run(
        [path, "-version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    return first.partition(" Copyright")[0]
