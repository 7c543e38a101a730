"""The decision: may this request be? An explicit deny wins over an allow, and without an allow it is no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from snapplatform.access.action import Action
from snapplatform.access.policies.document import Document, Statement
from snapplatform.access.policies.values import Value
from snapplatform.access.resources import Resource


class PolicyKind(StrEnum):
    SYSTEM = "System"
    CUSTOM = "Custom"


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy that applies to who asks: attached to the user, or to the group that `via` names."""

    name: str
    document: Document
    kind: PolicyKind = PolicyKind.CUSTOM
    via: str = ""

    def __str__(self) -> str:
        return f"policy {self.name}" + (f" of group {self.via}" if self.via else "")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `context` holds condition keys with their values; what is not in it is missing."""

    action: Action
    resource: Resource
    context: Mapping[str, Value]


class Verdict(StrEnum):
    """The values are the vendor's words for AccessDeniedDetail's NoPermissionType."""

    ALLOWED = "Allow"
    EXPLICIT_DENY = "ExplicitDeny"
    IMPLICIT_DENY = "ImplicitDeny"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and what decided it; of an implicit deny nothing did, so policy and statement are None."""

    verdict: Verdict
    request: Request
    policy: Attached | None = None
    statement: Statement | None = None

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    @property
    def why(self) -> str:
        """One sentence for logs and explanations; for whom is refused it may say too much."""
        if self.policy is None or self.statement is None:
            return "No statement allows it."
        verb = "Allowed" if self.allowed else "Denied"
        return f"{verb} by Statement[{self.statement.index}] of {self.policy}."


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement that means the action is about this request: resource and every condition."""
    return statement.targets.match(request.action.services, request.resource) and statement.allows_context(
        request.context
    )


def evaluate(policies: Iterable[Attached], request: Request) -> Decision:
    """Decide. Policies are looked at in their order: of several statements that agree, the first is named."""
    names = request.action.lowered
    about = [(policy, *policy.document.about(names)) for policy in policies]
    for policy, denies, _ in about:
        for statement in denies:
            if applies(statement, request):
                return Decision(Verdict.EXPLICIT_DENY, request, policy, statement)
    for policy, _, allows in about:
        for statement in allows:
            if applies(statement, request):
                return Decision(Verdict.ALLOWED, request, policy, statement)
    return Decision(Verdict.IMPLICIT_DENY, request)
