"""App configuration."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "snapplatform.ops"
    label = "ops"
    verbose_name = "Operations"
