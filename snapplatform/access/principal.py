"""Who is asking. An API authenticates and hands a Principal down; the domain only asks require()."""

from dataclasses import dataclass, replace
from uuid import UUID

from snapplatform.access.models import User


@dataclass(frozen=True, slots=True)
class Principal:
    """One authenticated caller, acting in one account."""

    account_id: int
    user_id: UUID
    name: str
    is_root: bool = False
    is_superuser: bool = False
    access_key_id: str = ""
    source_ip: str = ""

    @property
    def arn(self) -> str:
        """The RAM name of the caller: the account's root, or one of its users."""
        return f"acs:ram::{self.account_id}:" + ("root" if self.is_root else f"user/{self.name}")

    def acting_in(self, account_id: int) -> "Principal":
        """The same person in another account: only who runs the site may; others stay where they are."""
        return replace(self, account_id=account_id) if self.is_superuser else self


def principal_of(user: User, *, access_key_id: str = "", source_ip: str = "") -> Principal:
    """The principal that a signed-in user is."""
    return Principal(
        account_id=user.account_id,
        user_id=user.pk,
        name=user.ram_name,
        is_root=user.is_root,
        is_superuser=user.is_superuser,
        access_key_id=access_key_id,
        source_ip=source_ip,
    )
