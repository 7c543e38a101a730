"""App configuration."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "snapplatform.streams"
    label = "streams"
    verbose_name = "Streams"
