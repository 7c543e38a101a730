"""App configurations: the web app itself, and Django's admin on our site."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class WebConfig(AppConfig):
    default = True
    name = "snapplatform.web"
    label = "web"
    verbose_name = "Web"


class SnapAdminConfig(django_admin.AdminConfig):
    """Stands in INSTALLED_APPS for django.contrib.admin, beside unfold's BasicAppConfig."""

    default = False
    default_site = "snapplatform.web.site.SnapAdminSite"
