"""Buckets."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from snapplatform.api.native.base import NativeView, many
from snapplatform.api.native.pagination import Order
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.buckets import BucketChange, BucketIn, BucketOut, BucketQuery
from snapplatform.api.native.serializers.common import page_of
from snapplatform.storage import selectors, services

BUCKETS = Order("buckets")


class BucketsView(NativeView):
    queries = {"get": BucketQuery}

    @operation("listBuckets", "List buckets, newest first", answer=page_of(BucketOut))
    def get(self, request: Request) -> Response:
        labels = {name: self.query[name] for name in ("endpoint", "name") if name in self.query}
        rows = selectors.list_buckets(principal=self.principal).filter(**labels)
        return self.page(rows, BUCKETS, partial(many, BucketOut))

    @operation(
        "createBucket",
        "Make a bucket, kept in a folder of its own",
        request=BucketIn,
        answer=BucketOut,
        status=201,
        problems=("already-exists",),
    )
    def post(self, request: Request) -> Response:
        bucket = services.create_bucket(principal=self.principal, **self.body(BucketIn))
        return Response(BucketOut(bucket).data, status=201)


class BucketView(NativeView):
    @operation("getBucket", "Get a bucket", answer=BucketOut, problems=("bucket-not-found",))
    def get(self, request: Request, bucket_id: str) -> Response:
        return Response(BucketOut(selectors.get_bucket(principal=self.principal, bucket_id=bucket_id)).data)

    @operation(
        "updateBucket",
        "Change how long a bucket keeps pictures",
        request=BucketChange,
        answer=BucketOut,
        problems=("bucket-not-found",),
    )
    def patch(self, request: Request, bucket_id: str) -> Response:
        changes = self.body(BucketChange, partial=True)
        bucket = services.update_bucket(principal=self.principal, bucket_id=bucket_id, **changes)
        return Response(BucketOut(bucket).data)

    @operation(
        "deleteBucket",
        "Delete an empty bucket that no job writes to",
        answer=None,
        status=204,
        problems=("bucket-not-found", "in-use"),
    )
    def delete(self, request: Request, bucket_id: str) -> Response:
        services.delete_bucket(principal=self.principal, bucket_id=bucket_id)
        return Response(status=204)
