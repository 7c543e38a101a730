"""The sidebar and the tabs of the admin, as UNFOLD in the settings names them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """What people do every day first, then the site's machines (superusers only), then who may get in."""
    return [
        {
            "items": [
                _item("Dashboard", "space_dashboard", "index"),
                _item("Streams", "videocam", "streams_stream_changelist"),
                _item("Jobs", "motion_photos_auto", "jobs_job_changelist"),
                _item("Snapshots", "photo_library", "jobs_snapshot_changelist"),
                _item("Templates", "tune", "templates_template_changelist"),
                _item("Buckets", "database", "storage_bucket_changelist"),
            ]
        },
        {
            "title": "Site",
            "separator": True,
            "items": [
                _item("Nodes", "dns", "cluster_node_changelist", superuser_only),
                _item("Duties", "event_repeat", "cluster_duty_changelist", superuser_only),
            ],
        },
        {
            "title": "Access",
            "separator": True,
            "items": [
                _item("Accounts", "apartment", "access_account_changelist"),
                _item("Users", "group", "access_user_changelist"),
                _item("Keys", "key", "access_accesskey_changelist"),
            ],
        },
    ]


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Lists that belong together."""
    return [
        _tabs("streams.stream", "Streams", "streams.streamkey", "Stream keys"),
        _tabs("storage.bucket", "Buckets", "storage.storedobject", "Stored objects"),
        _tabs("access.accesskey", "Access keys", "access.token", "Bearer tokens"),
    ]


def superuser_only(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _item(title: str, icon: str, page: str, permission: Any = None) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}"), "permission": permission}


def _tabs(*pairs: str) -> dict[str, Any]:
    models, titles = pairs[::2], pairs[1::2]
    links = [reverse(f"admin:{model.replace('.', '_')}_changelist") for model in models]
    items = [{"title": title, "link": link} for title, link in zip(titles, links, strict=True)]
    return {"models": list(models), "items": items}
