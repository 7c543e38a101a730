"""Lists under policies: what a database can leave out, and whether each row must still be asked about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from snapplatform.access.action import Action
from snapplatform.access.policies import bounds
from snapplatform.access.policies.bounds import Bounds, exactly
from snapplatform.access.policies.columns import Columns
from snapplatform.access.policies.document import Statement, Targets
from snapplatform.access.policies.evaluation import Attached, Request, evaluate
from snapplatform.access.policies.values import Value
from snapplatform.access.resources import Resource

# SQLite refuses expressions deeper than 1000; policies that long are asked row by row.
MAX_TERMS = 300


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows of a list somebody may see.

    `rows` keeps every permitted row. If `exact`, it keeps no other; else each row that comes must pass
    `permits`, with its names and facts. `nothing`: no row can be permitted, whatever it is.
    """

    rows: Q
    exact: bool
    nothing: bool
    _policies: tuple[Attached, ...]
    _action: Action
    _context: Mapping[str, Value]

    def permits(self, resource: Resource, facts: Mapping[str, Value]) -> bool:
        """Whether one row may be seen; `facts` are the condition keys that the row knows."""
        return evaluate(self._policies, Request(self._action, resource, {**self._context, **facts})).allowed


def scope(
    policies: Iterable[Attached], action: Action, account: str, columns: Columns, context: Mapping[str, Value]
) -> Scope:
    """What `action` may list of the account's rows. `context` holds the facts of the request alone."""
    policies = tuple(policies)
    denied = allowed = bounds.NONE
    for policy in policies:
        denies, allows = policy.document.about(action.lowered)
        for one in denies:
            denied |= _of_statement(one, action, account, columns, context)
        for one in allows:
            allowed |= _of_statement(one, action, account, columns, context)
    allowed &= ~denied
    nothing = allowed.high is False
    if bounds.terms(allowed.high) > MAX_TERMS:
        allowed = bounds.UNKNOWN
    return Scope(_as_filter(allowed.high), allowed.exact, nothing, policies, action, context)


def _of_statement(
    statement: Statement, action: Action, account: str, columns: Columns, context: Mapping[str, Value]
) -> Bounds:
    """The rows that a statement, which means the action, is about."""
    found = _of_targets(statement.targets, action.services, account, columns)
    for test in statement.tests:
        said = columns.says(test)
        found &= exactly(test.holds(context)) if said is None else said
    return found


def _of_targets(targets: Targets, services: tuple[str, ...], account: str, columns: Columns) -> Bounds:
    if targets.everything:
        return bounds.NONE if targets.negated else bounds.ALL
    reached = (target for target in targets.targets if target.reaches(services, account))
    found = columns.named(pattern for target in reached for pattern in target.relative.patterns)
    return ~found if targets.negated else found


def _as_filter(rows: bounds.Rows) -> Q:
    if isinstance(rows, Q):
        return rows
    return Q() if rows else Q(pk__in=())
