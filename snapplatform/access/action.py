"""One row of the table of actions, which is in actions.py."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Level(StrEnum):
    """What kind of access an action is, in the vendor's words."""

    CREATE = "create"
    LIST = "list"
    GET = "get"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Action:
    """One action under its own name and the vendors' ones. A statement that names any of them means it.

    `resources` are the relative names it is asked for, all of which must be allowed; none: All Resources.
    `keys` are the condition keys it knows besides those of every request. `needs` are the further actions
    that are asked on the way.
    """

    name: str
    level: Level
    resources: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    ahead: bool = False  # named already, but no service asks for it yet

    @cached_property
    def lowered(self) -> tuple[str, ...]:
        """All names as policies are compared with them."""
        return tuple(name.lower() for name in (self.name, *self.aliases))

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Under which services its resources are found: our own, and those of its aliases."""
        return tuple(dict.fromkeys(name.partition(":")[0] for name in self.lowered))

    @cached_property
    def types(self) -> frozenset[str]:
        """The types of the resources it is asked for."""
        return frozenset(relative.partition("/")[0] for relative in self.resources)

    def name_in(self, service: str) -> str:
        """What a vendor ("ice") calls it; our own name where the vendor has none."""
        return next((name for name in self.aliases if name.startswith(f"{service}:")), self.name)
