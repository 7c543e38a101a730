"""Snapshots: by job, stream and time, the newest, and deleting."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseRedirect
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import selectors, services
from jobs.models import QUALITY_FLAGS, Snapshot
from snapplatform.api.native.base import NativeView, many
from snapplatform.api.native.pagination import Order
from snapplatform.api.native.schema import operation
from snapplatform.api.native.serializers.common import page_of
from snapplatform.api.native.serializers.snapshots import (
    JobSnapshotQuery,
    SnapshotOut,
    SnapshotQuery,
    SnapshotsDelete,
    SnapshotsDeleted,
    flag_filters,
    picture_url,
)
from snapplatform.streams.selectors import stream_named

_TWICE = (
    "A template with both kinds of names stores the newest picture twice: under its own name and in the "
    "overwrite object, and both are listed. `is_overlay=false` lists each picture once; a job with nothing "
    "but an overwrite object has then none."
)


class _Listing(NativeView):
    def answer(self, rows: QuerySet[Snapshot]) -> Response:
        rows = _filtered(rows, self.query)
        order = Order("snapshots", column="timestamp", descending=self.query["order"] == "newest")
        return self.page(rows, order, partial(many, SnapshotOut))


class SnapshotsView(_Listing):
    queries = {"get": SnapshotQuery}

    @operation(
        "listSnapshots",
        "List snapshots by job, stream, time and flags",
        answer=page_of(SnapshotOut),
        description=_TWICE,
    )
    def get(self, request: Request) -> Response:
        rows = selectors.list_snapshots(principal=self.principal)
        if "job_id" in self.query:
            rows = rows.filter(job=self.query["job_id"])
        if "stream_id" in self.query:
            rows = rows.filter(stream=self.query["stream_id"])
        if "stream_name" in self.query:
            rows = rows.filter(stream=stream_named(principal=self.principal, name=self.query["stream_name"]))
        return self.answer(rows)


class JobSnapshotsView(_Listing):
    queries = {"get": JobSnapshotQuery}

    @operation(
        "listJobSnapshots",
        "List a job's snapshots",
        answer=page_of(SnapshotOut),
        problems=("job-not-found",),
        description=_TWICE,
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = selectors.get_job(principal=self.principal, job_id=job_id)
        return self.answer(selectors.list_snapshots(principal=self.principal).filter(job=job))


class LatestSnapshotView(NativeView):
    @operation(
        "getLatestSnapshot",
        "Get a job's newest snapshot",
        answer=SnapshotOut,
        problems=("job-not-found", "snapshot-not-found"),
    )
    def get(self, request: Request, job_id: str) -> Response:
        newest = selectors.latest_snapshot(principal=self.principal, job_id=job_id)
        return Response(SnapshotOut(newest).data, headers={"Cache-Control": "no-store"})


class SnapshotView(NativeView):
    @operation("getSnapshot", "Get a snapshot", answer=SnapshotOut, problems=("snapshot-not-found",))
    def get(self, request: Request, snapshot_id: str) -> Response:
        return Response(
            SnapshotOut(selectors.get_snapshot(principal=self.principal, snapshot_id=snapshot_id)).data
        )

    @operation(
        "deleteSnapshot",
        "Delete a snapshot and its picture",
        answer=None,
        status=204,
        problems=("snapshot-not-found",),
    )
    def delete(self, request: Request, snapshot_id: str) -> Response:
        services.delete_snapshot(principal=self.principal, snapshot_id=snapshot_id)
        return Response(status=204)


class SnapshotImageView(NativeView):
    @operation(
        "getSnapshotImage",
        "Go to the picture",
        answer=OpenApiResponse(description="`Location` is the signed link to the picture."),
        status=302,
        problems=("snapshot-not-found",),
    )
    def get(self, request: Request, snapshot_id: str) -> HttpResponseRedirect:
        snapshot = selectors.get_snapshot(principal=self.principal, snapshot_id=snapshot_id)
        return HttpResponseRedirect(picture_url(snapshot.object), headers={"Cache-Control": "no-store"})


class SnapshotsDeleteView(NativeView):
    @operation(
        "deleteSnapshots",
        "Delete several snapshots: all of them, or none if one does not exist",
        request=SnapshotsDelete,
        answer=SnapshotsDeleted,
        problems=("snapshot-not-found",),
    )
    def post(self, request: Request) -> Response:
        ids = self.body(SnapshotsDelete)["ids"]
        deleted = services.delete_snapshots(principal=self.principal, snapshot_ids=ids)
        return Response(SnapshotsDeleted({"deleted": deleted}).data)


def _filtered(rows: QuerySet[Snapshot], query: dict[str, Any]) -> QuerySet[Snapshot]:
    if "since" in query:
        rows = rows.filter(timestamp__gte=_ms(query["since"]))
    if "until" in query:
        rows = rows.filter(timestamp__lt=_ms(query["until"]))
    if "is_overlay" in query:
        rows = rows.filter(is_overlay=query["is_overlay"])
    if "flagged" in query:
        flagged = Q(*((name, True) for name in QUALITY_FLAGS), _connector=Q.OR)
        rows = rows.filter(flagged if query["flagged"] else ~flagged)
    return rows.filter(**flag_filters(query))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
