"""Where each face of the platform lives."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("files/", include("snapplatform.api.files.urls")),
]
