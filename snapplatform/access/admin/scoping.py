"""Who sees which rows in the admin: the platform's superusers all, other staff those of their own account."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.views import ChangeList

from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal, principal_of

_SEVERAL = "snapplatform.several_accounts"  # asked once a request


class ScopedChangeList(ChangeList):
    """A list that counts its rows once. Big lists skip the count of what their filters left out."""

    full_result_count: int | None
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.full_result_count is None and not self.has_active_filters and not self.query:
            self.full_result_count = self.result_count  # else the header offers to "show all" of what is all


class AccountScopedAdmin(ModelAdmin):
    """Base of every admin whose rows belong to an account. It only reads; ServicedAdmin also writes.

    Django's permission rows play no part: an account's staff may do what the services let its users do.
    """

    account_path = "account"
    may_add = False
    may_change = False
    may_delete = False
    add_label = ""
    empty_text = ""
    list_fullwidth = True
    list_filter_submit = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # counts for each choice of a filter would read whole tables

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        if several_accounts(request):
            return rows
        # Also a superuser's query, where there is but one account: the big tables' indexes begin with it.
        return rows.filter(**{self.account_path: person(request).account_id})

    def get_ordering(self, request: HttpRequest) -> Any:
        return self.ordering or ("-pk",)  # most ids are ordered by time, so this is newest first

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """None for an id that no row can have: PostgreSQL raises where it should look for a NUL."""
        return super().get_object(request, object_id, from_field) if object_id.isprintable() else None

    def account_id_of(self, obj: Any) -> int:
        """The account of a row, along `account_path`."""
        *way, last = self.account_path.split("__")
        for name in way:
            obj = getattr(obj, name)
        return int(getattr(obj, "pk" if last == "pk" else f"{last}_id"))

    def principal(self, request: HttpRequest, obj: Any) -> Principal:
        """The signed-in person, acting in the account of `obj`."""
        return principal_of(person(request)).acting_in(self.account_id_of(obj))

    def within(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether `obj` (or the list as such) is the signed-in person's to look at."""
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            return False  # nobody is signed in on the login page, which asks as well
        return obj is None or user.is_superuser or self.account_id_of(obj) == user.account_id

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.within(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.within(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and self.within(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self.within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self.within(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A select offers what the related list would show this person."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if related is not None:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        told = self.account_path != "pk" and several_accounts(request)
        return [*columns, "account_name"] if told else columns

    @display(description="Account")
    def account_name(self, obj: Any) -> str:
        for name in self.account_path.split("__"):
            obj = getattr(obj, name)
        return str(obj)


class ScopedChoiceFilter(AutocompleteSelectFilter):
    """A filter by a related row that looks its value up among the rows this person may see.

    Unfold's own would show the name of another account's row to who puts its id into the address.
    """

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, forms.Form]]:
        related = self.model_admin.admin_site._registry[self.field.remote_field.model]
        for choice in super().choices(changelist):
            choice["form"].fields[self.lookup_kwarg].queryset = related.get_queryset(self.request)
            yield choice


def person(request: HttpRequest) -> User:
    """Who is signed in. The admin site lets nobody else this far."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def several_accounts(request: HttpRequest) -> bool:
    """Whether this person sees more than one account, so that rows must say whose they are."""
    if not request.user.is_superuser:
        return False
    if _SEVERAL not in request.META:
        request.META[_SEVERAL] = Account.objects.all()[1:2].exists()
    return bool(request.META[_SEVERAL])
