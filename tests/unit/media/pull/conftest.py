"""Clients for these tests, which end their processes; what is the loop's business is tested on each kind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network

import pytest

from snapplatform.media.pull.client import AvPull
from tests.unit.media.pull.watching import QUICK
from tests.unit.rtmp import conftest as both

LOOPBACK = [ip_network("127.0.0.0/8")]


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    factories = both.pytest_asyncio_loop_factories()
    return factories if item.path.name == "test_life.py" else {"asyncio": factories["asyncio"]}


@pytest.fixture
async def client() -> AsyncIterator[AvPull]:
    """It may reach this machine, and waits a second where others wait ten."""
    one = AvPull(QUICK, allowed=LOOPBACK)
    yield one
    await one.close()


@pytest.fixture
async def stranger() -> AsyncIterator[AvPull]:
    """It may reach no private network, as it comes out of the box."""
    one = AvPull(QUICK)
    yield one
    await one.close()
