"""What can go wrong before a connection goes out."""

from dataclasses import dataclass

from snapplatform.errors import SnapError


@dataclass
class AddressRefused(SnapError):
    """We don't connect to this host. The reason never holds an address: what an internal name resolves to
    is not the caller's to know. `temporary` says whether trying again later makes sense."""

    host: str
    reason: str
    temporary: bool = False

    def __str__(self) -> str:
        return f"{self.host} {self.reason}"
