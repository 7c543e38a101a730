"""Admin of buckets and of the ledger of stored objects."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.scoping import AccountScopedAdmin, ScopedChoiceFilter
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal
from snapplatform.errors import SnapError
from snapplatform.storage import links, services
from snapplatform.storage.models import Bucket, StoredObject

HERE = (
    "The pictures of a bucket are files in a folder on this server's disk, whatever its endpoint is called."
)
ENDPOINT = (
    "A label and nothing more: callers of cloud-compatible APIs name a bucket by its endpoint. "
    "Nothing is sent there. Leave “local” if no program of yours asks for another."
)


@admin.register(Bucket)
class BucketAdmin(ServicedAdmin):
    add_label = "Create bucket"
    empty_text = "Pictures are stored in buckets; create one before you submit a job."
    may_add = may_change = may_delete = True
    list_display = ("name", "endpoint", "usage", "retention", "backend", "created")
    list_select_related = ("account",)
    search_fields = ("name", "endpoint")
    readonly_fields = ("usage", "backend", "folder", "created")
    fieldsets = (
        (None, {"fields": ("name", "endpoint", "retention_days")}),
        ("Storage", {"fields": ("usage", "backend", "folder", "created"), "description": HERE}),
    )
    add_fieldsets = ((None, {"fields": ("name", "endpoint", "retention_days"), "description": HERE}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bucket]:
        """Usage comes from the ledger with the rows themselves, in one query."""
        usage = {"objects_total": Count("objects_stored"), "bytes_total": Sum("objects_stored__size")}
        return super().get_queryset(request).annotate(**usage)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "name", "endpoint"] if obj is not None else fields

    def create(self, principal: Principal, data: dict[str, Any]) -> Bucket:
        return services.create_bucket(principal=principal, **data)

    def update(self, principal: Principal, obj: Bucket, changes: dict[str, Any]) -> None:
        services.update_bucket(principal=principal, bucket_id=obj.pk, **changes)

    def remove(self, principal: Principal, obj: Bucket) -> None:
        services.delete_bucket(principal=principal, bucket_id=obj.pk)

    def obstacle(self, obj: Bucket) -> SnapError | None:
        return services.why_in_use(obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "endpoint":
            kwargs["help_text"] = ENDPOINT
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Usage", ordering="bytes_total")
    def usage(self, obj: Any) -> SafeString:
        objects = "1 object" if obj.objects_total == 1 else f"{obj.objects_total:,} objects"
        return (
            adminkit.facts(adminkit.size(obj.bytes_total), objects)
            if obj.objects_total
            else adminkit.facts("empty")
        )

    @display(description="Kept for", ordering="retention_days")
    def retention(self, obj: Bucket) -> str:
        return adminkit.days(
            obj.retention_days, otherwise=f"{settings.SNAP.retention_days} days (the site's)"
        )

    @display(description="Folder")
    def folder(self, obj: Bucket) -> str:
        return obj.location or "of its own in the data directory"

    @display(description="Created", ordering="created_at")
    def created(self, obj: Bucket) -> SafeString:
        return adminkit.age(obj.created_at)


@admin.register(StoredObject)
class StoredObjectAdmin(AccountScopedAdmin):
    empty_text = "Every stored picture has one row here."
    list_display = ("key", "bucket", "bytes", "content_type", "modified", "expires")
    list_filter = (("bucket", ScopedChoiceFilter),)
    list_select_related = ("bucket", "account")
    search_fields = ("key",)
    fields = ("key", "bucket", "preview", "bytes", "content_type", "digest", "made", "changed", "ends")
    readonly_fields = fields

    @display(description="Size", ordering="size")
    def bytes(self, obj: StoredObject) -> str:
        return adminkit.size(obj.size)

    @display(description="Preview")
    def preview(self, obj: StoredObject) -> SafeString:
        if not obj.content_type.startswith("image/"):
            return adminkit.NOTHING
        link = links.sign(obj)
        return adminkit.thumbnail(link, alt=obj.key, href=link, large=True)

    @display(description="SHA-256")
    def digest(self, obj: StoredObject) -> SafeString:
        return adminkit.copyable(obj.sha256)

    @display(description="Modified", ordering="modified_at")
    def modified(self, obj: StoredObject) -> SafeString:
        return adminkit.age(obj.modified_at)

    @display(description="Expires", ordering="expires_at")
    def expires(self, obj: StoredObject) -> SafeString:
        return adminkit.age(obj.expires_at)

    @display(description="Created")
    def made(self, obj: StoredObject) -> SafeString:
        return adminkit.moment(obj.created_at)

    @display(description="Modified")
    def changed(self, obj: StoredObject) -> SafeString:
        return adminkit.moment(obj.modified_at)

    @display(description="Expires")
    def ends(self, obj: StoredObject) -> SafeString:
        return adminkit.moment(obj.expires_at)
