"""App configuration."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "snapplatform.storage"
    label = "storage"
    verbose_name = "Storage"
