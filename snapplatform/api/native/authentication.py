"""Who is asking: HTTP Basic with an access key, or a bearer token. Sessions never authenticate an API."""

import base64
import binascii

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from snapplatform.access import authentication
from snapplatform.access.principal import Principal
from snapplatform.api.http import client_address
from snapplatform.errors import Unauthenticated


class AccessKeyBasic(BaseAuthentication):
    """`Authorization: Basic base64(key id:secret)`; never a login and password, whose check costs 0.2 s."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        text = credentials(request, "basic")
        if text is None:
            return None
        try:
            key_id, colon, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if not colon:
            raise Unauthenticated("The Authorization header is not `Basic base64(key id:secret)`.")
        return authentication.by_access_key(key_id, secret, source_ip=client_address(request._request)), None


class Bearer(BaseAuthentication):
    """`Authorization: Bearer TOKEN`, a token from POST /api/v1/tokens."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        text = credentials(request, "bearer")
        if text is None:
            return None
        return authentication.by_token(text, source_ip=client_address(request._request)), None


class HasPrincipal(BasePermission):
    """Somebody is known; what they may do is asked inside the services."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, Principal):
            raise Unauthenticated()
        return True


def credentials(request: Request, scheme: str) -> str | None:
    """What stands behind `scheme` in the Authorization header; None if it says another scheme or nothing."""
    given, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if given.lower() == scheme else None
