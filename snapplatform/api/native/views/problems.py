"""What the `type` of a problem means: /api/errors and /api/errors/{slug}."""

from dataclasses import asdict

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from snapplatform.api.native.base import NativeView
from snapplatform.api.native.errors import Problem, all_problems


class ProblemsView(NativeView):
    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> Response:
        return Response({"items": [_write(item) for item in all_problems().values()]})


class ProblemView(ProblemsView):
    def get(self, request: Request, slug: str = "") -> Response:
        if slug not in all_problems():
            raise Http404
        return Response(_write(all_problems()[slug]))


def _write(problem: Problem) -> dict[str, object]:
    return {"type": problem.type, "title": problem.title, **asdict(problem)}
