"""No source leads to link-local or metadata addresses, in whatever form and by whatever name, unless it may."""

import asyncio
import socket
from typing import Any

import pytest

from tasks.collectors.http_client import HttpClient
from tasks.collectors.link_local import is_link_local
from tasks.collectors.sources import HttpAccess
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import now


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%lo", "::ffff:169.254.169.254", "::169.254.169.254"),
        *(
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
            "168.63.129.16",
        ),
    ],
)
def test_every_form_of_such_an_address_is_known(address: str):
    assert is_link_local(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_other_addresses_are_none(address: str):
    assert not is_link_local(address)


async def asked(url: str, **given: Any) -> Any:
    access = HttpAccess("api", url, {"Authorization": "Bearer open-sesame"}, 1, 1000, **given)
    return await HttpClient(now).get(access, "/latest/meta-data/")


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were connected to: there must be none, since nothing behind them is ours."""
    connected: list[str] = []

    async def connect(self: object, factory: object, host: str, *_: object, **__: object) -> object:
        connected.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    return connected


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://[::ffff:a9fe:a9fe]",
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://[fd00:ec2::254]",
    ],
)
async def test_nothing_is_sent_there(unconnected: list[str], url: str):
    found = await asked(url)
    assert "link-local or metadata address" in found.no_answer
    assert found.status is None
    assert unconnected == []


async def test_a_source_that_may_be_there_is_asked(unconnected: list[str]):
    found = await asked("http://169.254.169.254", link_local=True)
    assert found.no_answer == "the connection was refused"
    assert unconnected == ["169.254.169.254"]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Names lead to each answer in turn, and to the last one for ever after."""
    left = list(answers)
    looked_up: list[str] = []

    async def getaddrinfo(self: object, host: str, port: int, **_: object) -> list[Any]:
        looked_up.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return looked_up


async def test_a_name_that_leads_there_is_not_followed(monkeypatch: pytest.MonkeyPatch, unconnected: list[str]):
    resolving(monkeypatch, ("127.0.0.1", "169.254.169.254"))
    found = await asked("http://rebound.test")
    assert found.no_answer == (
        "it leads to 169.254.169.254, a link-local or metadata address, which its source does not allow"
    )
    assert unconnected == []


async def test_a_name_that_leads_there_a_moment_later_is_not_asked_again(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
):
    looked_up = resolving(monkeypatch, ("127.0.0.1",), ("169.254.169.254",))
    found = await asked(f"http://rebound.test:{server.port}")
    assert found.status == 404
    assert found.address == "127.0.0.1"
    assert looked_up == ["rebound.test"]
