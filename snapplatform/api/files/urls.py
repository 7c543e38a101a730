"""Addresses of stored objects. The name after the token is for people and browsers; only the token counts."""

from django.urls import path, re_path

from snapplatform.api.files.views import nothing, show

urlpatterns = [path("<str:token>/<str:name>", show, name="file"), re_path("", nothing)]
