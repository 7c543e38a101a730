"""The table of actions is what the code asks for, and docs/permissions.md is the table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from snapplatform.access.actions import ACTIONS, OF_STREAM_KEYS, actions_called, find_action
from snapplatform.access.permission_page import page
from snapplatform.access.policies.keys import KEYS, TAGS
from snapplatform.access.policies.operators import OPERATORS
from snapplatform.access.resources import TYPES

ROOT = Path(__file__).parents[3]
DOMAIN = ("jobs", "templates", "exports", "snapplatform")
TABLE = ("snapplatform/access/actions.py",)
# The live snapshot operations of the vendor's API.
ICE = {
    *(f"ice:{verb}LiveSnapshotTemplate" for verb in ("Create", "Update", "Delete", "Get")),
    *(f"ice:{verb}LiveSnapshotJob" for verb in ("Submit", "Get")),
    "ice:ListLiveSnapshotTemplates",
    "ice:ListLiveSnapshotJobs",
    "ice:SendLiveSnapshotJobCommand",
    "ice:ListLiveSnapshotFiles",
    "ice:DeleteLiveSnapshotFiles",
}


def sources() -> Iterator[ast.AST]:
    for folder in DOMAIN:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if str(path.relative_to(ROOT)) not in TABLE:
                yield ast.parse(path.read_text())


def texts() -> set[str]:
    """Every text in the code that is an action's name, and nothing else."""
    constants = (node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    named = re.compile(r"snap:[A-Z][a-z]+([A-Z][a-z]+)+")
    found = {one.value for one in constants if isinstance(one.value, str) and named.fullmatch(one.value)}
    return found - set(KEYS)


def asked() -> Iterator[tuple[str, str]]:
    """Action and resource type of each require() whose arguments are written out."""
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("require", "require_operator"):
                action, kind = (getattr(one, "value", None) for one in node.args[1:3])
                if isinstance(action, str):
                    yield action, str(kind)


def test_every_action_of_the_code_is_in_the_table_and_no_other():
    asked_for = texts() - set(OF_STREAM_KEYS)
    assert asked_for == {action.name for action in ACTIONS if not action.ahead}


def test_actions_are_asked_for_resources_that_the_table_names():
    found = set(asked())
    assert len(found) > 20
    for name, kind in found:
        action = find_action(name)
        assert action is not None
        assert kind in action.types, name


def test_the_table_is_sound():
    names = [action.name for action in ACTIONS]
    assert len(names) == len(set(names))
    for action in ACTIONS:
        assert action.types <= set(TYPES), action.name
        assert set(action.keys) <= set(KEYS) | set(TAGS), action.name
        assert set(action.needs) <= set(names), action.name
        assert action.lowered[0] == action.name.lower()


def test_every_operation_of_the_vendor_is_an_alias():
    assert {alias for action in ACTIONS for alias in action.aliases if alias.startswith("ice:")} == ICE


def test_names_lead_to_actions():
    called = actions_called("ice:sendlivesnapshotjobcommand")
    assert [action.name for action in called] == ["snap:StartJob", "snap:StopJob", "snap:RestartJob"]
    assert called[0].name_in("ice") == "ice:SendLiveSnapshotJobCommand"
    assert called[0].name_in("tiw") == "snap:StartJob"
    assert called[0].services == ("snap", "ice")
    assert (find_action("snap:Nothing"), actions_called("snap:Nothing")) == (None, [])


def test_docs_show_the_table():
    written = (ROOT / "docs" / "permissions.md").read_text()
    assert written == page(), "run: python manage.py permissions > docs/permissions.md"


def test_docs_tell_all_operators_and_keys():
    text = (ROOT / "docs" / "policies.md").read_text()
    for name in OPERATORS:
        assert f"`{name}`" in text, name
    rows = set(re.findall(r"^\| `((?:acs|snap):[\w/]+(?:<key>)?)` \|", text, re.MULTILINE))
    assert rows == {*KEYS, *(f"{start}<key>" for start in TAGS)}
