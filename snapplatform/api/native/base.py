"""What every native view shares: who may call, how a body and a query are read, and how pages are written."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from snapplatform.access.principal import Principal
from snapplatform.api.native import pagination, problems
from snapplatform.api.native.authentication import AccessKeyBasic, Bearer, HasPrincipal
from snapplatform.api.native.fields import QueryWhole, Text
from snapplatform.api.native.parsing import StrictJsonParser
from snapplatform.api.native.schema import NativeSchema
from snapplatform.api.native.strict import Query, Strict

Row = TypeVar("Row", bound=Model)


class JsonOnly(DefaultContentNegotiation):
    """By Accept alone: `?format=` is an unknown parameter like any other."""

    class settings:
        URL_FORMAT_OVERRIDE = None


class PageQuery(Query):
    """What every list takes."""

    limit = QueryWhole(
        required=False, min_value=1, max_value=pagination.MAX_LIMIT, default=pagination.DEFAULT_LIMIT
    )
    cursor = Text(
        required=False,
        max_length=pagination.MAX_CURSOR,
        help_text="`next` of the page before, for the same list",
    )


class NoParameters(Query):
    """A view that takes no query parameters."""


def many(serializer: type[serializers.Serializer[Any]], rows: list[Any], **context: Any) -> list[Any]:
    """JSON of a list of rows."""
    return list(serializer(cast(Any, rows), many=True, context=context).data)


class NativeView(APIView):
    """A view of /api/v1. Everything is set here and nothing globally: other APIs are free to differ."""

    authentication_classes = [AccessKeyBasic, Bearer]
    permission_classes = [HasPrincipal]
    parser_classes = [StrictJsonParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = JsonOnly
    metadata_class = None
    throttle_classes = []
    http_method_names = ["get", "head", "post", "patch", "delete"]
    schema = NativeSchema()
    # One list of parameters for each method that takes any; the schema reads it too.
    queries: dict[str, type[Query]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if str(request.method) not in self.allowed_methods:
            self.http_method_not_allowed(request, *args, **kwargs)  # before its parameters are judged
        super().initial(request, *args, **kwargs)
        self.query = self._read_query(request)

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle

    @property
    def principal(self) -> Principal:
        user = self.request.user
        assert isinstance(user, Principal)
        return user

    def body(self, serializer: type[Strict], *, partial: bool = False) -> dict[str, Any]:
        """The checked body. Read here: DRF takes a chunked body (no Content-Length) for an empty one."""
        data = StrictJsonParser().parse(self.request, self.request.META.get("CONTENT_TYPE", ""))
        checked = serializer(data=data, partial=partial)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def page(
        self, rows: QuerySet[Row], order: pagination.Order, write: Callable[[list[Row]], list[Any]]
    ) -> Response:
        """One page of `rows`, as `write` makes JSON of them."""
        found, following = pagination.page(
            rows, order, limit=self.query["limit"], cursor=self.query.get("cursor")
        )
        return Response({"items": write(list(found)), "next": following})

    def _read_query(self, request: Request) -> dict[str, Any]:
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        given = request.query_params
        if twice := [name for name in given if len(given.getlist(name)) > 1]:
            raise serializers.ValidationError({name: ["must be given once"] for name in twice})
        checked = self.queries.get(method, NoParameters)(data=given.dict())
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)
