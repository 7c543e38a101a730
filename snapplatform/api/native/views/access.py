"""Tokens for passwords, and who is asking."""

from rest_framework.request import Request
from rest_framework.response import Response

from snapplatform.access.services import issue_token
from snapplatform.api.http import client_address
from snapplatform.api.native import attempts
from snapplatform.api.native.base import NativeView
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.access import TokenIn, TokenOut, WhoamiOut


class TokensView(NativeView):
    authentication_classes = []
    permission_classes = []

    @operation(
        "createToken",
        "Exchange a login and password for a bearer token",
        request=TokenIn,
        answer=TokenOut,
        status=201,
        problems=("unauthenticated", "too-many-attempts"),
    )
    def post(self, request: Request) -> Response:
        given = self.body(TokenIn)
        who = {"address": client_address(request._request), "login": given["login"]}
        attempts.take(**who)
        token, expires_at = issue_token(**given)
        attempts.succeeded(**who)
        answer = TokenOut({"token": token, "expires_at": expires_at})
        return Response(answer.data, status=201, headers={"Cache-Control": "no-store"})


class WhoamiView(NativeView):
    @operation("whoami", "Who the credentials belong to", answer=WhoamiOut)
    def get(self, request: Request) -> Response:
        return Response(WhoamiOut(self.principal).data)
