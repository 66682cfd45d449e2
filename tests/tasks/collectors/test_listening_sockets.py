"""Listings of sockets as they are printed, and as they are not: what listens, who reaches it, what was not shown."""

import socket
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from checks.expectations.listening_sockets import LISTENING_SOCKETS
from checks.kinds.listening_sockets import ListeningSocketsCheck, ListeningSocketsRow
from checks.outcome import Outcome
from tasks.collectors.listening_sockets import ListeningSocketsCollector
from tasks.collectors.socket_listings import read_listing
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Unreadable
from tests.checks.expectations.judging import Example, outcomes
from tests.tasks.collectors.asking import named, now, sources

SS = """\
Netid State  Recv-Q Send-Q    Local Address:Port    Peer Address:Port Process
udp   UNCONN 0      0       127.0.0.53%lo:53             0.0.0.0:*     users:(("resolved",pid=1,fd=12))
tcp   LISTEN 0      4096          0.0.0.0:443            0.0.0.0:*     users:(("gateway",pid=2,fd=5))
tcp   LISTEN 0      511              [::]:6379              [::]:*
tcp   LISTEN 0      511  [::ffff:127.0.0.1]:5432               *:*
u_str LISTEN 0      5      /run/app.sock 1234                   * 0
tcp   LISTEN 0      511                 *:9090                 *:*
"""
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:9C40 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
"""


def check(**given: object) -> ListeningSocketsCheck:
    return named(ListeningSocketsCheck.model_validate({"listing": ["reports:ss.txt"], **given}))


async def collected(folder: Path, text: str, **given: object) -> ListeningSocketsRow:
    (folder / "ss.txt").write_text(text)
    collector = ListeningSocketsCollector(sources(folder=folder), now)
    (row,) = (await collector.collect(check(**given))).rows
    await collector.aclose()
    assert isinstance(row, ListeningSocketsRow)
    return row


def test_what_ss_prints_is_read_with_who_reaches_it():
    found = read_listing(SS.encode())
    assert [(str(one), one.is_local) for one in found.sockets] == [
        ("udp 127.0.0.53:53 (resolved)", True),
        ("tcp 0.0.0.0:443 (gateway)", False),
        ("tcp [::]:6379", False),
        ("tcp [::ffff:127.0.0.1]:5432", True),
        ("tcp *:9090", False),
    ]
    assert found.shown == {"tcp4", "tcp6", "udp4", "udp6"}


def test_what_linux_tells_itself_is_read_too():
    four, six = read_listing(TCP.encode()), read_listing(TCP6.encode())
    assert [str(one) for one in four.sockets] == ["tcp 127.0.0.1:5432", "tcp 0.0.0.0:443"]
    assert [(str(one), one.is_local) for one in six.sockets] == [("tcp [::1]:8080", True)]
    assert (four.shown, six.shown) == ({"tcp4"}, {"tcp6"})


@pytest.mark.skipif(sys.platform != "linux" or sys.byteorder != "little", reason="it is Linux that has /proc/net")
async def test_a_socket_that_is_opened_is_seen_where_the_kernel_lists_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = Sources({"proc": FolderAccess("proc", Path("/proc/self/net"), 10_000_000)})
        collector = ListeningSocketsCollector(places, now)
        asked = ListeningSocketsCheck.model_validate({"listing": ["proc:tcp"], "expect": {"families": ["tcp4"]}})
        (row,) = (await collector.collect(named(asked))).rows
    assert isinstance(row, ListeningSocketsRow)
    assert f"tcp 127.0.0.1:{port}" in map(str, row.sockets or ())


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "is empty"),
        ("all is well\n", "is no listing of ss or /proc/net at line 1"),
        ("tcp LISTEN 0 5 0.0.0.0:http 0.0.0.0:*\n", "ask ss with -n"),
        ("tcp LISTEN 0\n", "names no address"),
        (SS + "tcp LIST", "line 8"),
        (TCP[:-90], "is cut off or no file of /proc/net at line 4"),
    ],
)
def test_a_line_that_nobody_understands_is_never_passed_over(text: str, because: str):
    with pytest.raises(Unreadable, match=because):
        read_listing(text.encode())


async def test_a_listing_of_one_protocol_does_not_speak_for_the_other(tmp_path: Path):
    text = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 5 127.0.0.1:80 0.0.0.0:*\n"
    row = await collected(tmp_path, text)
    found = outcomes(LISTENING_SOCKETS, Example(check(), (row,)))
    assert (row.shown, found["covered"], found["closed"]) == (
        ("tcp4", "tcp6"),
        Outcome.INCONCLUSIVE,
        Outcome.INCONCLUSIVE,
    )


async def test_what_is_open_and_nobody_expects_fails_and_an_expected_address_is_meant_literally(tmp_path: Path):
    row = await collected(tmp_path, SS)
    allowed = [{"port": 443}, {"port": 6379, "address": "::"}, {"port": 9090, "optional": True}]
    assert outcomes(LISTENING_SOCKETS, Example(check(expected=allowed), (row,)))["closed"] is Outcome.PASS
    allowed[1]["address"] = "127.0.0.1"
    found = outcomes(LISTENING_SOCKETS, Example(check(expected=allowed), (row,)))
    assert (found["closed"], found["expected"]) == (Outcome.FAIL, Outcome.FAIL)


async def test_a_machine_that_is_not_listed_is_missing(tmp_path: Path):
    collector = ListeningSocketsCollector(sources(folder=tmp_path), now)
    (row,) = (await collector.collect(check())).rows
    assert isinstance(row, ListeningSocketsRow)
    assert (row.missing, row.sockets) == ("does not exist", None)


@pytest.mark.parametrize("given", [{"port": 0}, {"port": 70_000}, {"port": 80, "address": "localhost"}])
def test_what_nobody_could_mean_is_refused(given: dict[str, object]):
    with pytest.raises(ValidationError):
        check(expected=[given])
