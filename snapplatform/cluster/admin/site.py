"""Base of the admin of rows that belong to the site: machines and what they do."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from snapplatform.access.admin.scoping import person
from snapplatform.access.admin.verbs import VerbsAdmin
from snapplatform.access.principal import Principal, principal_of


class SiteAdmin(VerbsAdmin):
    """Rows of the site, no account's: workers write them, superusers look and ask."""

    account_path = "pk"  # of no account: no column says whose a row is

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = ModelAdmin.get_queryset(self, request)
        return rows

    def principal(self, request: HttpRequest, obj: Any) -> Principal:
        return principal_of(person(request))

    def within(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)
