"""Every test with a loop runs on asyncio's and, where it is installed, on uvloop's."""

from tests.unit.rtmp.conftest import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]
