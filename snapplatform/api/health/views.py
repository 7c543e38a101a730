"""/healthz, /readyz and /metrics. No session, no permission: they tell nothing about accounts."""

import os

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from snapplatform.api.health import readiness
from snapplatform.api.health.collector import DatabaseCollector

_NEVER_KEPT = {"Cache-Control": "no-store"}


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so a database outage restarts nobody."""
    return JsonResponse({"status": "ok"}, headers=_NEVER_KEPT)


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if requests can be served, else 503; `checks` says what fails."""
    checks = readiness.state.get()
    ready = all(text == "ok" for text in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503, headers=_NEVER_KEPT)


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: of all processes that share PROMETHEUS_MULTIPROC_DIR, else of this one alone."""
    text = generate_latest(_DATABASE) + generate_latest(_processes())
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers=_NEVER_KEPT)


def _processes() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


_DATABASE = CollectorRegistry()
_DATABASE.register(DatabaseCollector())
