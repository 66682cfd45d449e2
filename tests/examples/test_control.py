"""The control port turns switches and deploys, for callers on this machine alone."""

from collections.abc import Iterator

import httpx
import pytest

from examples.sandbox.control import control_app
from examples.sandbox.switches import SWITCHES
from examples.sandbox.system import Sandbox


@pytest.fixture
def control(breakable: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=breakable.environment["SANDBOX_CONTROL_URL"], trust_env=False, timeout=30) as client:
        yield client


def test_the_listing_names_every_switch_with_its_sentence(control):
    rows = control.get("/_sandbox/switches").json()["switches"]
    assert [(row["name"], row["on"], row["sentence"]) for row in rows] == [
        (name, False, switch.sentence) for name, switch in SWITCHES.items()
    ]


def test_a_switch_is_turned_over_http_even_while_the_service_is_down(breakable, control):
    assert control.post("/_sandbox/switches/down", json={"on": True}).json() == {"name": "down", "on": True}
    assert breakable.switches()["down"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{breakable.environment['SANDBOX_URL']}/livez", trust_env=False)
    control.post("/_sandbox/switches/down", json={"on": False})
    assert httpx.get(f"{breakable.environment['SANDBOX_URL']}/livez", trust_env=False).status_code == 200


def test_a_release_is_deployed_over_http(breakable, control):
    assert control.post("/_sandbox/deploy", json={"version": "v0.1.0"}).json() == {"version": "v0.1.0"}
    answer = httpx.get(f"{breakable.environment['SANDBOX_URL']}/version", trust_env=False)
    assert answer.json()["version"] == "v0.1.0"


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        ("/_sandbox/switches/dwon", b'{"on": true}', 404, "dwon: no such switch"),
        ("/_sandbox/switches/down", b'{"on": "yes"}', 400, "the body must be"),
        ("/_sandbox/switches/down", b'{"on": tr', 400, "the body must be"),
        ("/_sandbox/switches/down", b"[true]", 400, "the body must be"),
        ("/_sandbox/deploy", b"{}", 400, "the body must be"),
        ("/_sandbox/deploy", b'{"version": "v9"}', 409, "v9: no such release"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(breakable, control, path, body, code, says):
    answer = control.post(path, content=body)
    assert answer.status_code == code
    assert says in answer.json()["error"]
    assert not any(breakable.switches().values())


class Unturned:
    """A switchboard that must not be reached."""

    def turn(self, name: str, *, on: bool) -> None:
        raise AssertionError(f"{name} was turned")


@pytest.mark.parametrize(
    ("peer", "host", "code"),
    [
        ("192.0.2.7", "127.0.0.1", 403),
        ("127.0.0.1", "sandbox.example", 403),
        ("127.0.0.1", "localhost", 404),
        ("127.0.0.9", "127.0.0.1", 404),
        ("::1", "[::1]", 404),
    ],
)
async def test_only_callers_on_this_machine_get_in(peer, host, code):
    """404, for a switch that there is not, is the answer of somebody who let the caller in."""
    transport = httpx.ASGITransport(control_app(Unturned()), client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        name = "down" if code == 403 else "nothing"
        assert (await client.post(f"/_sandbox/switches/{name}", json={"on": True})).status_code == code
