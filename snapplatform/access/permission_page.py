"""docs/permissions.md, made of the table of actions."""

from collections.abc import Iterable

from snapplatform.access.action import Action
from snapplatform.access.actions import ACTIONS, OF_STREAM_KEYS
from snapplatform.access.policies.keys import KEYS, TAGS
from snapplatform.access.resources import OF_SITE, TYPES

_HEAD = """\
# Permissions

Made by `manage.py permissions` from `snapplatform/access/actions.py`; a test compares them. How policies are
written is in [policies.md](policies.md).

Policies can't be attached to users yet: until then everybody may do everything in their own account.

## Actions

A statement means an action when it names it, or any of its aliases, in `Action`, through whatever API the
call came. The resources in **bold** must all be allowed; of a list, only the rows that are allowed are shown.
Every action knows the condition keys {common};
the column names further ones. *Associated* actions are asked on the way.

| action | aliases | access level | resource types | condition keys | associated actions |
|---|---|---|---|---|---|
"""
_AHEAD = """
Actions with ¹ are named already, but nothing asks for them yet. {keyed} are not in the table: they are
opened by stream keys, not by policies.

## Resources

A resource is called `acs:snap:*:<account>:<type>/<name>`. It is also found under the services of the
action's aliases: for `snap:GetJob` under `acs:ice:*:<account>:...` too. Where a type has two names, either
may be written.

| type | names |
|---|---|
"""
_FOOT = """
What belongs to the site ({of_site}) has `*` for its account, and only who runs the site may touch it.
"""


def page() -> str:
    """The whole page."""
    common = [key.name for key in KEYS.values() if not key.of_row]
    return "".join(
        (
            _HEAD.format(common=_codes(common)),
            *(f"| {' | '.join(_cells(action))} |\n" for action in ACTIONS),
            _AHEAD.format(keyed=" and ".join(f"`{name}`" for name in OF_STREAM_KEYS)),
            *(f"| {kind} | {_names(kind)} |\n" for kind in TYPES),
            _FOOT.format(of_site=_codes(sorted(OF_SITE))),
        )
    )


def _cells(action: Action) -> tuple[str, ...]:
    return (
        f"`{action.name}`" + (" ¹" if action.ahead else ""),
        _codes(action.aliases),
        action.level,
        ", ".join(f"**`{relative}`**" for relative in action.resources) or "All Resources",
        _codes(f"{key}<key>" if key in TAGS else key for key in action.keys),
        _codes(action.needs),
    )


def _names(kind: str) -> str:
    return ", ".join(f"`{kind}/{name}`" for name in TYPES[kind])


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)
