"""Streams whose names databases are likely to confuse."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet

from snapplatform.access.principal import Principal
from snapplatform.streams.models import Stream
from tests import factories
from tests.domain.access.listed import NAMES
from tests.unit.access.documents import NOON


@pytest.fixture
def streams(principal: Principal) -> QuerySet[Stream]:
    for number, name in enumerate(NAMES):
        row = factories.make_stream(principal, name, title=("red", "")[number % 2])
        if number % 3:
            Stream.objects.filter(pk=row.pk).update(online_since=NOON + timedelta(hours=number))
    factories.make_stream(factories.make_principal(is_root=True), "door")
    return Stream.objects.filter(account=principal.account_id)
