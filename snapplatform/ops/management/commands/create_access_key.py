"""`manage.py create_access_key`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from snapplatform.access.principal import principal_of
from snapplatform.access.services import create_access_key
from snapplatform.ops.users import user_of


class Command(BaseCommand):
    help = (
        "Make an access key for a user: the id and secret with which programs sign in. The secret is "
        "shown this once. Example: manage.py create_access_key admin --description 'wall display' "
        "--format json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the login name of its owner, for example admin")
        parser.add_argument("--description", default="", help="what the key is for")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_of(options["user"])
        key, secret = create_access_key(
            principal=principal_of(user), user=user, description=options["description"]
        )
        if options["format"] == "json":
            self.stdout.write(json.dumps({"AccessKeyId": key.pk, "AccessKeySecret": secret}))
            return
        self.stdout.write(f"AccessKeyId      {key.pk}\nAccessKeySecret  {secret}")
        self.stdout.write("(the secret is shown this once)")
