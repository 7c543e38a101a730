"""App configuration: the node is an app for its command alone."""

from django.apps import AppConfig


class NodeConfig(AppConfig):
    name = "snapplatform.node"
    label = "node"
    verbose_name = "Capture node"
