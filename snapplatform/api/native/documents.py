"""The OpenAPI document at /api/schema/ and Swagger UI at /api/docs/, with our problems as errors."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from snapplatform.api.native import problems
from snapplatform.api.native.views.problems import ProblemsView, ProblemView


class SchemaView(SpectacularAPIView):
    authentication_classes = []

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle


class DocsView(SpectacularSwaggerView):
    authentication_classes = []

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Any other address below /api/: a problem answer, also with SNAP_DEBUG on."""
    return problems.answer(request, Http404())


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("snapplatform.api.native.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("errors", ProblemsView.as_view()),
    path("errors/<str:slug>", ProblemView.as_view()),
    re_path("", nothing),
]
