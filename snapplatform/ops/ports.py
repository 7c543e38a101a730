"""Ports: whether one is free, and which process holds one that isn't."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"


class PortTaken(Exception):
    """A port can't be bound; the text says who holds it, where that can be seen."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that listens."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def listen(host: str, port: int, *, variable: str) -> socket.socket:
    """A listening TCP socket. Raises PortTaken, naming `variable` as the way out."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        server = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(f"{host} is not an address of this machine: {error}.") from error
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(address)
        server.listen(2048)
    except OSError as error:
        server.close()
        raise PortTaken(_why_not(host, port, variable, error)) from error
    return server


def check_free(host: str, port: int, *, variable: str) -> None:
    """Raise PortTaken unless the port could be bound now."""
    listen(host, port, variable=variable).close()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.create_server((host, 0)) as server:
        return int(server.getsockname()[1])


def holder(port: int) -> Holder | None:
    """The process that listens on a TCP port, as far as /proc shows it to us."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(link) in wanted for link in process.joinpath("fd").iterdir()):
                words = process.joinpath("cmdline").read_bytes().split(b"\0")
                return Holder(int(process.name), b" ".join(words).decode("utf-8", "replace").strip()[:120])
        except OSError:
            continue  # gone meanwhile, or another user's
    return None


def parent(pid: int) -> int:
    """The parent of a process; 0 when that can't be seen."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(columns[9])
    return found


def _why_not(host: str, port: int, variable: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {port} needs the rights of root. Choose one above 1023 with {variable}."
    by = holder(port)
    who = f"is in use by {by}" if by else f"can't be used: {os.strerror(error.errno or 0)}"
    return f"Port {port} on {host} {who}. Stop that, or choose another port with {variable}."
