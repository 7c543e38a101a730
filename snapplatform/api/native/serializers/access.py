"""JSON of tokens and of who is asking."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from snapplatform.access.models import User
from snapplatform.access.principal import Principal
from snapplatform.api.native.fields import Moment, Text
from snapplatform.api.native.serializers.common import longest
from snapplatform.api.native.strict import Strict

MAX_PASSWORD = 1024  # hashing time grows with length


@extend_schema_serializer(component_name="TokenCreate")
class TokenIn(Strict):
    login = Text(max_length=longest(User, "login"))
    password = Text(max_length=MAX_PASSWORD)


@extend_schema_serializer(component_name="Token")
class TokenOut(serializers.Serializer[dict[str, object]]):
    token = serializers.CharField(help_text="shown this once; send it as Authorization: Bearer")
    expires_at = Moment()


@extend_schema_serializer(component_name="Caller")
class WhoamiOut(serializers.Serializer[Principal]):
    account_id = serializers.CharField(help_text="16 digits, as text")
    user_id = serializers.UUIDField()
    name = serializers.CharField()
    arn = serializers.CharField()
    is_root = serializers.BooleanField()
    is_superuser = serializers.BooleanField()
    access_key_id = serializers.CharField(help_text="empty for a token")
