"""Why a request is allowed or not, statement by statement: for people who write policies."""

from collections.abc import Iterable
from dataclasses import dataclass

from snapplatform.access.policies.document import Statement
from snapplatform.access.policies.evaluation import Attached, Request


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement: whether it applies to the request, and if not, what keeps it from applying."""

    policy: Attached
    statement: Statement
    applies: bool
    why: str

    def __str__(self) -> str:
        what = f"{self.policy}, Statement[{self.statement.index}], {self.statement.effect}"
        return f"{what}: {'applies' if self.applies else self.why}"


def explain(policies: Iterable[Attached], request: Request) -> list[Finding]:
    """A finding for every statement. evaluate() makes the decision of those that apply."""
    return [
        _finding(policy, statement, request)
        for policy in policies
        for statement in policy.document.statements
    ]


def _finding(policy: Attached, statement: Statement, request: Request) -> Finding:
    why = ""
    if not statement.actions.match(request.action.lowered):
        why = f"is not about the action {request.action.name}"
    elif not statement.targets.match(request.action.services, request.resource):
        why = f"is not about {request.resource.arn}"
    else:
        failed = (test for test in statement.tests if not test.holds(request.context))
        if (test := next(failed, None)) is not None:
            said = request.context.get(test.key)
            asked = "nothing" if said is None else repr(str(said)[:100])
            wanted = ", ".join(repr(text) for text in test.written[:5])
            more = f" and {len(test.written) - 5} more" if len(test.written) > 5 else ""
            why = f"{test.operator.name} {test.key} wants {wanted}{more}; the request says {asked}"
    return Finding(policy, statement, not why, why)
