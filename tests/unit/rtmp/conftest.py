"""Every test with a loop runs on asyncio's and, where it is installed, on uvloop's."""

import asyncio
from collections.abc import Callable


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    try:
        import uvloop
    except ImportError:  # Windows has none
        return factories
    return factories | {"uvloop": uvloop.new_event_loop}
