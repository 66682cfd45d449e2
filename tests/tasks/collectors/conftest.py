"""A hostile loopback server for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.hostile_server import HostileServer


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as running:
        yield running
