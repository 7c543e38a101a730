"""Filters of the list of pictures: by quality flags, and overwrite objects apart."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from jobs.admin.pictures import without_copies
from jobs.models import QUALITY_FLAGS, Snapshot


class FlagFilter(DropdownFilter):
    """Pictures by what their quality check found."""

    title = "flags"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "any flag"), ("none", "no flag"), *((flag, flag) for flag in QUALITY_FLAGS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
        flagged = Q()
        for flag in QUALITY_FLAGS:
            flagged |= Q(**{flag: True})
        if self.value() in QUALITY_FLAGS:
            return queryset.filter(**{str(self.value()): True})
        if self.value() == "any":
            return queryset.filter(flagged)
        return queryset.exclude(flagged) if self.value() == "none" else queryset


class OverwriteFilter(DropdownFilter):
    """The newest picture stands in its overwrite object too, and is shown once unless somebody asks."""

    title = "overwrite objects"
    parameter_name = "overwrite"
    all_option = ["", "Left out where pictures are kept"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("only", "Nothing else"), ("with", "Shown with the others")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
        if self.value() == "only":
            return queryset.filter(is_overlay=True)
        return queryset if self.value() == "with" else without_copies(queryset)
