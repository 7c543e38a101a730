"""Django's settings. All that a site may change comes from SNAP_... variables (env.py, docs/settings.md)."""

import logging
from pathlib import Path

from django.templatetags.static import static

from snapplatform import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
SNAP = env.load(BASE_DIR)

SECRET_KEY = SNAP.secret_key
DEBUG = SNAP.debug
ALLOWED_HOSTS = SNAP.allowed_hosts
CSRF_TRUSTED_ORIGINS = [SNAP.public_url] if SNAP.public_url.startswith("https://") else []

INSTALLED_APPS = [
    "snapplatform.web",  # first: its templates stand before unfold's
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "snapplatform.web.apps.SnapAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "snapplatform.access",
    "snapplatform.cluster",
    "snapplatform.storage",
    "snapplatform.streams",
    "templates",
    "jobs",
    "snapplatform.node",
    "snapplatform.ops",
]

MIDDLEWARE = [
    "snapplatform.api.http.RequestLog",
    "snapplatform.api.health.middleware.HttpMetrics",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "snapplatform.urls"
ASGI_APPLICATION = "snapplatform.asgi.application"
APPEND_SLASH = False

# DIRS stays empty: the package `templates` holds rows and Python files, and Django would serve those as HTML.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database(SNAP.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # no collectstatic step: a clone and one command is all it takes

SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SNAP.public_url.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REST_FRAMEWORK = {
    # Every API sets its own authentication, renderers and exception handler on its views; nothing is global
    # but the refusal: a view that forgot to say is closed.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",  # what @extend_schema builds upon
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Snapplatform",
    "DESCRIPTION": "Pictures out of live streams: streams, templates, jobs, snapshots and buckets.\n\n"
    "Sign in with an access key (HTTP Basic) or a token. Lists come in pages: give `next` back as `cursor`. "
    "Errors are problems of RFC 9457; `type` is an address that explains the kind. X-Request-ID is in every "
    "answer and in the log.",
    "LICENSE": {"name": "Apache-2.0"},
    "VERSION": SNAP.version,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["snapplatform.api.native.schema.only_native"],
    "POSTPROCESSING_HOOKS": ["snapplatform.api.native.schema.add_problems"],
}

LOGGING = logs.config(json=SNAP.log_format == "json", level=SNAP.log_level)
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestLog has replaced what is not sane
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line a request is enough
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO  # a caller's mistake is not ours

UNFOLD = {
    "SITE_TITLE": "Snapplatform",
    "SITE_HEADER": "Snapplatform",
    "SITE_URL": None,  # no "return to site": the admin is the site
    "SITE_SYMBOL": "photo_camera",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("web/icon.svg")}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("web/admin.css")],
    "SCRIPTS": [lambda request: static("web/admin.js")],
    "DASHBOARD_CALLBACK": "snapplatform.web.dashboard.context",
    "SIDEBAR": {"show_search": True, "navigation": "snapplatform.web.navigation.sidebar"},
    "TABS": "snapplatform.web.navigation.tabs",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 195)",
            "100": "oklch(94.2% .035 195)",
            "200": "oklch(89.2% .065 196)",
            "300": "oklch(82.6% .095 198)",
            "400": "oklch(73.6% .112 202)",
            "500": "oklch(63.9% .110 206)",
            "600": "oklch(52.6% .098 210)",
            "700": "oklch(45.4% .083 213)",
            "800": "oklch(39.2% .067 216)",
            "900": "oklch(34.6% .054 218)",
            "950": "oklch(25.4% .044 222)",
        },
    },
}
