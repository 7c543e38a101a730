"""Reading typed SNAP_... variables one by one, and keeping what the site did not give but needs."""

import ipaddress
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import environs
from cryptography.fernet import Fernet

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")


class Reader:
    """Collects what is wrong in `problems`, so that a person mends everything in one go."""

    def __init__(self) -> None:
        self._env = environs.FileAwareEnv(prefix="SNAP_")
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The variable, or the content of the file that SNAP_<name>_FILE names. Empty counts as absent."""
        try:
            return self._env.str(name, "").strip() or default
        except (environs.EnvError, OSError, ValueError) as error:
            self.problems.append(f"SNAP_{name}_FILE can't be read: {error}")
            return default

    def flag(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text not in ("", *_TRUE, *_FALSE):
            self.problems.append(f"SNAP_{name} is {text!r}, but must be true or false")
        return text in _TRUE if text else default

    def count(self, name: str, default: int, *, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
            self.problems.append(f"SNAP_{name} is {text!r}, but must be a whole number from {low} to {high}")
            return default
        return int(text)

    def choice(self, name: str, default: str, choices: list[str]) -> str:
        value = self.text(name, default)
        if value not in choices:
            self.problems.append(f"SNAP_{name} is {value!r}, but must be one of {', '.join(choices)}")
        return value

    def words(self, name: str) -> list[str]:
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def networks(self, name: str) -> list[Network]:
        try:
            return [ipaddress.ip_network(word) for word in self.words(name)]
        except ValueError as error:
            self.problems.append(f"SNAP_{name}: {error}; write networks as 10.0.0.0/8,192.168.1.0/24")
            return []

    def kept(self, path: Path, make: Callable[[], str]) -> str:
        """A secret made once and kept in the data directory, readable by its owner alone."""
        try:
            if not path.exists():
                _create(path, make())
            return path.read_text().strip()
        except OSError as error:
            self.problems.append(f"SNAP_DATA_DIR: {path} can't be made or read ({error.strerror})")
            return "unreadable"

    def encryption_keys(self, data_dir: Path) -> list[str]:
        given = self.words("ENCRYPTION_KEYS")
        if not given:
            return [self.kept(data_dir / "encryption_key", _new_encryption_key)]
        for key in given:
            try:
                Fernet(key)
            except ValueError:
                form = "each key is 32 bytes in URL-safe base64 (44 characters), newest first"
                self.problems.append(f"SNAP_ENCRYPTION_KEYS: {form}")
        return given


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone: what is in it, as an SQLite file, then needs no mode of its own.

    One that exists keeps its mode, and doctor tells. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _new_encryption_key() -> str:
    return Fernet.generate_key().decode()


def _create(path: Path, content: str) -> None:
    """The file appears with all its content: two processes that start at once both read the first one's."""
    make_private(path.parent)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)
