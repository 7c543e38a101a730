"""Streams and the keys that publish them."""

from functools import partial

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from snapplatform.api.native.base import NativeView, many
from snapplatform.api.native.pagination import Order
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.common import page_of
from snapplatform.api.native.serializers.streams import (
    NewStreamKeyOut,
    StreamChange,
    StreamIn,
    StreamKeyIn,
    StreamKeyOut,
    StreamKeyQuery,
    StreamOut,
    StreamQuery,
)
from snapplatform.streams import selectors, services

STREAMS = Order("streams", column="number", descending=False)
KEYS = Order("stream-keys")


class StreamsView(NativeView):
    queries = {"get": StreamQuery}

    @operation("listStreams", "List streams, oldest first", answer=page_of(StreamOut))
    def get(self, request: Request) -> Response:
        rows, query = selectors.list_streams(principal=self.principal), self.query
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        if "state" in query:
            rows = rows.filter(state=query["state"])
        if "name" in query:
            rows = rows.filter(name=query["name"])
        if "prefix" in query:
            rows = rows.filter(name__startswith=query["prefix"])
        if "search" in query:
            rows = rows.filter(Q(name__icontains=query["search"]) | Q(title__icontains=query["search"]))
        return self.page(rows, STREAMS, partial(many, StreamOut))

    @operation(
        "createStream",
        "Register a stream's name, or a stream to be pulled",
        request=StreamIn,
        answer=StreamOut,
        status=201,
        problems=("already-exists",),
    )
    def post(self, request: Request) -> Response:
        stream = services.create_stream(principal=self.principal, **self.body(StreamIn))
        return Response(StreamOut(stream).data, status=201)


class StreamView(NativeView):
    @operation("getStream", "Get a stream", answer=StreamOut, problems=("stream-not-found",))
    def get(self, request: Request, stream_id: str) -> Response:
        return Response(StreamOut(selectors.get_stream(principal=self.principal, stream_id=stream_id)).data)

    @operation(
        "updateStream",
        "Change a stream's title, pre-roll or source",
        request=StreamChange,
        answer=StreamOut,
        problems=("stream-not-found",),
    )
    def patch(self, request: Request, stream_id: str) -> Response:
        changes = self.body(StreamChange, partial=True)
        stream = services.update_stream(principal=self.principal, stream_id=stream_id, **changes)
        return Response(StreamOut(stream).data)

    @operation(
        "deleteStream",
        "Forget a stream that has no jobs and isn't published",
        answer=None,
        status=204,
        problems=("stream-not-found", "in-use"),
    )
    def delete(self, request: Request, stream_id: str) -> Response:
        services.delete_stream(principal=self.principal, stream_id=stream_id)
        return Response(status=204)


class StreamKeysView(NativeView):
    queries = {"get": StreamKeyQuery}

    @operation("listStreamKeys", "List stream keys, newest first", answer=page_of(StreamKeyOut))
    def get(self, request: Request) -> Response:
        rows = selectors.list_stream_keys(principal=self.principal)
        if "stream_id" in self.query:
            rows = rows.filter(stream=self.query["stream_id"])
        return self.page(rows, KEYS, partial(many, StreamKeyOut))

    @operation(
        "createStreamKey",
        "Make a stream key; it is shown this once",
        request=StreamKeyIn,
        answer=NewStreamKeyOut,
        status=201,
        problems=("stream-not-found",),
    )
    def post(self, request: Request) -> Response:
        key, text = services.create_stream_key(principal=self.principal, **self.body(StreamKeyIn))
        shown = {**StreamKeyOut(key).data, "key": text}
        return Response(shown, status=201, headers={"Cache-Control": "no-store"})


class StreamKeyView(NativeView):
    @operation(
        "deleteStreamKey", "Revoke a stream key", answer=None, status=204, problems=("object-not-found",)
    )
    def delete(self, request: Request, stream_key_id: str) -> Response:
        services.revoke_stream_key(principal=self.principal, key_id=stream_key_id)
        return Response(status=204)
