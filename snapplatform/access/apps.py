"""App configuration."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "snapplatform.access"
    label = "access"
    verbose_name = "Accounts and access"
