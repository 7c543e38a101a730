"""`manage.py create_stream_key`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from snapplatform.access.principal import principal_of
from snapplatform.errors import SnapError
from snapplatform.ops.users import user_of
from snapplatform.streams.addresses import publish_url
from snapplatform.streams.names import check_name
from snapplatform.streams.services import create_stream_key, ensure_stream


class Command(BaseCommand):
    help = (
        "Make a stream key for the account of a user: encoders publish and players play with it. The key "
        "is shown this once. Example: manage.py create_stream_key admin --stream gate-3 --label 'gate "
        "camera'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the login name of a user of the account, for example admin")
        parser.add_argument("--label", default="", help="whom or what the key is for")
        parser.add_argument("--stream", default="", help="the one stream it opens (default: all)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        user, name = user_of(options["user"]), options["stream"]
        try:
            stream = ensure_stream(account_id=user.account_id, name=check_name(name))[0] if name else None
            key, text = create_stream_key(
                principal=principal_of(user), label=options["label"], stream_id=stream.pk if stream else None
            )
        except SnapError as error:
            raise CommandError(str(error)) from error
        url = f"{publish_url(name or 'NAME')}?key={text}"
        if options["format"] == "json":
            self.stdout.write(json.dumps({"StreamKeyId": str(key.pk), "StreamKey": text, "PublishUrl": url}))
            return
        self.stdout.write(f"StreamKey   {text}\nPublish to  {url}\n(the key is shown this once)")
