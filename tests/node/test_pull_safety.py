"""What a pulled stream may reach, and where its secrets don't show."""

import json
import logging

from django.db import connection

from jobs.models import Job
from snapplatform.errors import InvalidValue
from snapplatform.node.feed import Feed
from snapplatform.node.openers import open_source, openers
from snapplatform.streams import reasons
from snapplatform.streams.sources import Source, read_source
from tests.node.encoder import Encoder
from tests.unit.net.canary import canary
from tests.unit.net.hostile import URLS
from tests.unit.rtmp.pulling import QUICK, Recorder

SECRET = "Kx7-wire-SECRET"


class Nowhere(Feed):
    """A feed for what must never come."""

    def __init__(self) -> None:
        self._recorder = Recorder()

    @property
    def patience(self) -> float:
        return 0.0


async def test_no_hostile_url_is_opened(settings):
    """Neither as it is saved, nor if a row held it all the same."""
    table = openers(QUICK)
    async with canary() as one:
        for text in (url.replace("PORT", str(one.port)) for url in URLS):
            reason = await open_source(table, Source(text, ""), Nowhere(), False)
            refused = (reasons.ADDRESS_REFUSED, reasons.HOST_NOT_FOUND, reasons.NOT_SUPPORTED)
            assert reason.startswith(refused), (text, reason)
            assert reason.partition(": ")[0] in reasons.ALL
            try:
                source = read_source("Url", text)
            except InvalidValue:
                pass
            else:
                assert "localhost" in source.shown.lower(), source.shown
        assert one.hits == 0


async def test_the_same_canary_is_reached_where_its_network_is_allowed(loopback_allowed):
    async with canary() as one:
        source = Source(f"rtmp://localhost:{one.port}/live/a", "")
        assert await open_source(openers(QUICK), source, Nowhere(), False) == reasons.LOST
        assert one.hits == 1


async def test_a_secret_is_in_no_log_row_or_repr(node, pulled, ask, footage, source, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam?auth_key={SECRET}")
        await ask(lambda: Job.objects.filter(pk=job.pk, captured__gte=1).exists())
        [pull] = node.leases._pulls.values()
        assert pull.claim.source is not None
        assert pull.claim.source.url.endswith(SECRET)
        assert SECRET not in repr(pull.claim) + repr(pull.stream.held)
    await ask(lambda: job.stream.__class__.objects.filter(pk=job.stream_id, state="opening").exists())
    said = capfd.readouterr()
    assert SECRET not in caplog.text + said.out + said.err
    assert "rtmp pull open" in caplog.text
    assert not await node.database.run(rows_with, SECRET)


def rows_with(text: str) -> list[str]:
    """The tables of the database that hold it in clear."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if text in json.dumps(cursor.fetchall(), default=str):
                found.append(table)
    return found
