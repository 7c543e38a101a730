"""The admin site: who gets in, what its pages may load, and its dashboard.

It imports no admin.py, since those register on it.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from snapplatform.access.models import Account, User

# Alpine compiles the expressions in its attributes, so scripts need 'unsafe-eval'; unfold writes its colours
# into a <style>. There is no inline script, so text that got into a page as a <script> would still not run.
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
FORBIDDEN = "Not allowed"
ABSENT = "Nothing is here"


class SnapAdminSite(UnfoldAdminSite):
    index_template = "web/dashboard.html"
    index_title = "Dashboard"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff of a disabled account stay out, as their keys do."""
        if not super().has_permission(request):
            return False
        user = request.user
        if not isinstance(user, User):
            return False
        return user.is_superuser or user.account.status == Account.Status.ACTIVE

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponse]:
        return _guarded(self, super().admin_view(view, cacheable))

    def say(self, request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
        """A page among the others that says why there is nothing else to see."""
        context = {**self.each_context(request), "title": title, "text": text}
        return TemplateResponse(request, "web/said.html", context, status=status)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return _guard(super().login(request, extra_context))


def _guarded(site: SnapAdminSite, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return _guard(view(request, *args, **kwargs))
        except PermissionDenied:
            return _guard(site.say(request, 403, FORBIDDEN, "You may not look at this, or not do it."))
        except Http404:
            return _guard(site.say(request, 404, ABSENT, "It was deleted, or the address has a mistake."))

    inner.__dict__.update(view.__dict__)  # csrf_exempt and its like are attributes of the view
    return inner


def _guard(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Content-Security-Policy", CSP)
    return response
