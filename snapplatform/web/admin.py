"""Admin pages that join subjects: a stream with the jobs and pictures taken from it, a node with the streams
that it holds."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from jobs.admin import panel
from jobs.admin.pictures import PicturedChangeList, thumbnail, with_newest, without_copies
from jobs.models import Job
from snapplatform import adminkit
from snapplatform.access.admin.scoping import several_accounts
from snapplatform.cluster.admin import NodeAdmin
from snapplatform.cluster.models import Node
from snapplatform.streams.admin import StreamAdmin
from snapplatform.streams.holdings import holdings
from snapplatform.streams.models import Stream

STRIP = 12
HELD = 50


@admin.register(Stream)
class StreamPageAdmin(StreamAdmin):
    list_display = ("picture", *StreamAdmin.list_display, "newest_age", "jobs_count")
    list_display_links = ("name_and_title",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stream]:
        return with_newest(super().get_queryset(request).annotate(jobs_total=Count("jobs")), "stream")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PicturedChangeList]:
        return PicturedChangeList

    def panel(self, request: HttpRequest, obj: Stream) -> dict[str, Any]:
        jobs = Job.objects.filter(stream=obj).select_related("template").order_by("-created_at")
        pictures = without_copies(obj.snapshots.select_related("object")).order_by("-timestamp")
        return {
            **super().panel(request, obj),
            "jobs": [{"row": job, "state": panel.state(job), "often": _often(job)} for job in jobs[:STRIP]],
            "strip": [panel.picture(row) for row in pictures[:STRIP]],
            "submit": f"{reverse('admin:jobs_job_add')}?stream={obj.pk}",
        }

    @display(description="Newest")
    def picture(self, obj: Any) -> SafeString:
        return thumbnail(obj.newest, href=self.page("change", obj.pk))

    @display(description="Picture age")
    def newest_age(self, obj: Any) -> SafeString:
        return adminkit.age(obj.newest.frame_at if obj.newest else None)

    @display(description="Jobs", ordering="jobs_total")
    def jobs_count(self, obj: Any) -> SafeString:
        if not obj.jobs_total:
            return adminkit.NOTHING
        url = f"{reverse('admin:jobs_job_changelist')}?stream__id__exact={obj.pk}"
        return format_html('<a class="snap-link" href="{}">{}</a>', url, obj.jobs_total)


@admin.register(Node)
class NodePageAdmin(NodeAdmin):
    list_display = (*NodeAdmin.list_display[:2], "holds", *NodeAdmin.list_display[2:])
    list_display_links = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(streams_total=Count("streams"))

    def panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        held = holdings(principal=self.principal(request, obj), nodes=[obj.pk]).get(obj.pk, [])
        whose = several_accounts(request)
        return {
            **super().panel(request, obj),
            "streams": [
                {
                    "row": row,
                    "badge": adminkit.live_badge(row.state == Stream.State.LIVE),
                    "online": adminkit.age(row.online_since),
                    "account": row.account if whose else "",
                }
                for row in held[:HELD]
            ],
            "more_streams": max(0, len(held) - HELD),
            "all_streams": _streams_of(obj),
        }

    @display(description="Streams", ordering="streams_total")
    def holds(self, obj: Any) -> SafeString:
        if not obj.streams_total:
            return adminkit.facts("0")
        return format_html('<a class="snap-link" href="{}">{}</a>', _streams_of(obj), obj.streams_total)


def _streams_of(node: Any) -> str:
    return f"{reverse('admin:streams_stream_changelist')}?node__id__exact={node.pk}"


def _often(job: Job) -> str:
    return adminkit.interval(job.template.interval_ms)
