"""`manage.py permissions`."""

from typing import Any

from django.core.management.base import BaseCommand

from snapplatform.access.permission_page import page


class Command(BaseCommand):
    help = (
        "Print all actions that policies may name, with their aliases, resources and condition keys, as "
        "docs/permissions.md shows them. Example: manage.py permissions > docs/permissions.md"
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
