"""Django's own error answers, in the words of the API whose path was used. Other paths get pages of ours."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, HttpResponseServerError
from django.template import loader
from django.templatetags.static import static
from django.urls import reverse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from snapplatform.api.http import request_id
from snapplatform.api.native import problems
from snapplatform.api.native.errors import INTERNAL, NOT_FOUND

NATIVE = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(NATIVE):
        return problems.answer(request, exception)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(NATIVE):
        return problems.answer(request, exception)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The error was logged by who caught it; the caller learns nothing but the request's id."""
    if request.path.startswith(NATIVE):
        return problems.respond(request, INTERNAL)
    page = loader.get_template("500.html").render({"request_id": request_id(request)})
    return HttpResponseServerError(page)


def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look when a page names no icon: Swagger UI, a picture opened by its link."""
    return HttpResponseRedirect(static("web/favicon.ico"))


@csrf_exempt
def root(request: HttpRequest) -> HttpResponse:
    """`/` sends a browser to the admin."""
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(reverse("admin:index"))
    return problems.respond(request, NOT_FOUND)
