"""What the demo shows: plain lines for a file or a pipe, colours and one living line for a terminal."""

import shutil
import sys
from datetime import datetime
from typing import Any

_HEADER = f"  {'time':8}  {'no.':>5}  {'size':>9}  {'age':>7}  {'lag':>7}  picture"


class Screen:
    """Writes to standard output."""

    def __init__(self) -> None:
        self._tty = sys.stdout.isatty()
        self._living = ""

    def title(self, text: str) -> None:
        self._line(self._bold(text))

    def done(self, text: str) -> None:
        self._line(f"  {self._colour(32, '✓')} {text}")

    def problem(self, text: str) -> None:
        self._line(f"  {self._colour(31, '✗')} {text}")

    def text(self, text: str = "") -> None:
        self._line(text)

    def places(self, pairs: list[tuple[str, str]]) -> None:
        """Where to look: aligned names and addresses."""
        for name, place in pairs:
            self._line(f"  {name:<10} {self._bold(place)}")

    def header(self) -> None:
        self._line(self._colour(2, _HEADER))

    def picture(self, snapshot: dict[str, Any]) -> None:
        """One stored picture on one line."""
        stored = datetime.fromisoformat(snapshot["stored_at"]).astimezone()
        self._line(
            f"  {stored:%H:%M:%S}  {snapshot['sequence']:>5}  {snapshot['size'] / 1000:>6.1f} kB"
            f"  {snapshot['age_ms'] / 1000:>5.2f} s  {snapshot['lag_ms']:>4} ms"
            f"  {self._link(snapshot['url'])}"
        )

    def living(self, text: str) -> None:
        """A line that the next one replaces; only a terminal can show it."""
        if self._tty:
            width = shutil.get_terminal_size().columns - 1
            self._living = text[:width]
            sys.stdout.write(f"\r\x1b[K{self._colour(2, self._living)}")
            sys.stdout.flush()

    def _line(self, text: str) -> None:
        clear = "\r\x1b[K" if self._living else ""
        sys.stdout.write(f"{clear}{text}\n")
        if self._living:
            sys.stdout.write(self._colour(2, self._living))
        sys.stdout.flush()

    def end(self) -> None:
        """Take the living line away."""
        if self._living:
            sys.stdout.write("\r\x1b[K")
            self._living = ""

    def _link(self, url: str) -> str:
        """A signed link is long: a terminal shows its last part and follows a click (OSC 8)."""
        name = self._colour(36, url.rpartition("/")[2])
        return f"\x1b]8;;{url}\x1b\\{name}\x1b]8;;\x1b\\" if self._tty else url

    def _bold(self, text: str) -> str:
        return self._colour(1, text)

    def _colour(self, number: int, text: str) -> str:
        return f"\x1b[{number}m{text}\x1b[0m" if self._tty else text
