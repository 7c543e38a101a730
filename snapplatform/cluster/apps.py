"""App configuration."""

from django.apps import AppConfig


class ClusterConfig(AppConfig):
    name = "snapplatform.cluster"
    label = "cluster"
    verbose_name = "Nodes and duties"
