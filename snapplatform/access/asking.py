"""From a principal, an action's name and a resource to a request that policies can be asked about."""

from collections.abc import Mapping

from snapplatform import clock
from snapplatform.access.actions import find_action
from snapplatform.access.policies import keys
from snapplatform.access.policies.evaluation import Request
from snapplatform.access.policies.values import Value, address
from snapplatform.access.principal import Principal
from snapplatform.access.resources import Resource


def request_of(
    principal: Principal,
    action: str,
    resource: Resource,
    facts: Mapping[str, Value] | None = None,
    *,
    secure: bool | None = None,
) -> Request:
    """The request with all that is known of it. `facts` are the condition keys of this action; `secure` is
    whether it came over HTTPS, None where that means nothing. Raises ValueError for an unknown action."""
    found = find_action(action)
    if found is None:
        raise ValueError(f"no action {action!r}: write it into access/actions.py")
    return Request(found, resource, {**facts_of(principal, secure=secure), **(facts or {})})


def facts_of(principal: Principal, *, secure: bool | None = None) -> dict[str, Value]:
    """The condition keys that every request has. An address that is none counts as missing."""
    facts: dict[str, Value] = {keys.CURRENT_TIME: clock.now(), keys.PRINCIPAL_ARN: principal.arn}
    if secure is not None:
        facts[keys.SECURE_TRANSPORT] = secure
    try:
        facts[keys.SOURCE_IP] = address(principal.source_ip)
    except ValueError:
        pass
    return facts
