"""Addresses for monitors."""

from django.urls import path

from snapplatform.api.health.views import healthz, metrics, readyz

urlpatterns = [path("healthz", healthz), path("readyz", readyz), path("metrics", metrics)]
