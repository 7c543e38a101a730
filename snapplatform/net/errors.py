"""What can go wrong before a connection goes out."""

from dataclasses import dataclass

from snapplatform.errors import SnapError


@dataclass
class AddressRefused(SnapError):
    """We don't connect to this host. The reason never holds an address: what an internal name resolves to
    is not the caller's to know. `temporary` says whether trying again later makes sense; `kind` is what kind
    of address was refused, in the words of addresses.py, or "" when none was found."""

    host: str
    reason: str
    temporary: bool = False
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.host} {self.reason}"
