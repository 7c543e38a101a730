"""require(): the one question about permission, asked inside every service and selector."""

from collections.abc import Mapping
from dataclasses import dataclass

from snapplatform.access.principal import Principal
from snapplatform.errors import PermissionRefused


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted upon, named before it is looked up, so that a refusal never tells whether it exists."""

    account_id: int
    type: str
    id: str = "*"

    def __str__(self) -> str:
        return f"acs:snap:*:{self.account_id}:{self.type}/{self.id}"


def require(
    principal: Principal,
    action: str,
    resource_type: str,
    resource_id: object = "*",
    context: Mapping[str, object] | None = None,
) -> None:
    """Raise PermissionRefused unless `principal` may do `action` ("snap:SubmitJob") on the resource.

    An account's own users may do everything in it; policies will narrow that here and nowhere else.
    `context` carries what conditions look at (stream name, bucket, tags, media time).
    """
    resource = Resource(principal.account_id, resource_type, str(resource_id))
    if not action.startswith("snap:"):
        raise PermissionRefused(action, str(resource), why="unknown action")


def require_operator(
    principal: Principal, action: str, resource_type: str, resource_id: object = "*"
) -> None:
    """As require(), for what belongs to the site and to no account, such as its machines: only who runs the
    site may."""
    require(principal, action, resource_type, resource_id)
    if not principal.is_superuser:
        raise PermissionRefused(
            action, f"acs:snap:*:*:{resource_type}/{resource_id}", why="it is the site's, not an account's"
        )
