"""Where each face of the platform lives."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from snapplatform.api import handlers

handler400 = handlers.bad_request
handler404 = handlers.not_found
handler500 = handlers.server_error
urlpatterns: list[URLPattern | URLResolver] = [
    path("", handlers.root),
    path("favicon.ico", handlers.favicon),
    path("admin/", admin.site.urls),
    path("api/", include("snapplatform.api.native.documents")),
    path("", include("snapplatform.api.health.urls")),
    path("files/", include("snapplatform.api.files.urls")),
]
