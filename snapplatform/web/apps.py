"""App configuration."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "snapplatform.web"
    label = "web"
    verbose_name = "Web pages"
