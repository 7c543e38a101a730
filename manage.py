#!/usr/bin/env python
"""Entry point of every command: `manage.py run`, `capture`, `work`, `bootstrap`, `doctor` and Django's own."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snapplatform.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - the message below needs it
    except ImportError as error:
        raise SystemExit("Django is not installed here. Run `make setup`, then use .venv/bin/python.") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
