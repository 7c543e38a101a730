#!/usr/bin/env python
"""Entry point of every command: `run`, `web`, `capture`, `work`, `bootstrap`, `doctor` and Django's own."""

import os
import sys

from snapplatform import lifeline

BAD_SETTINGS = 2


def main() -> None:
    lifeline.follow()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snapplatform.settings")
    try:
        from django.conf import settings  # noqa: PLC0415 - the message below needs it
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError as error:
        message = "Django is not installed here. Run `make setup`, then use .venv/bin/python."
        raise SystemExit(message) from error
    try:
        # Django would go on without settings and say "unknown command"; here the reason comes first.
        settings.INSTALLED_APPS  # noqa: B018
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"✗ settings: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(BAD_SETTINGS) from error


if __name__ == "__main__":
    main()
