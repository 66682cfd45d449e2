"""Good and bad rows of listening sockets."""

from datetime import timedelta

from checks.expectations.listening_sockets import LISTENING_SOCKETS
from checks.kinds.listening_sockets import FAMILIES, ListeningSocket, ListeningSocketsCheck, ListeningSocketsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = ListeningSocketsCheck.model_validate(
    {
        "listing": ["host:ss.txt"],
        "expected": [{"port": 443}, {"port": 53, "protocol": "udp", "address": "127.0.0.53"}],
        "expect": {"max_age": "1h", "local": "expected"},
    }
)
GATEWAY = ListeningSocket(protocol="tcp", address="*", port=443, process="gateway")
RESOLVER = ListeningSocket(protocol="udp", address="127.0.0.53", port=53)
ROW = ListeningSocketsRow(
    subject="sockets",
    where="ss.txt",
    fetched_at=NOW,
    file_time=NOW - timedelta(minutes=5),
    sockets=(GATEWAY, RESOLVER),
    shown=FAMILIES,
)
GOOD = Example(CHECK, (ROW,))


def listening(*sockets: ListeningSocket) -> Example:
    return changed(GOOD, sockets=[one.model_dump() for one in sockets])


CASE = SuiteCase(
    LISTENING_SOCKETS,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist", sockets=None), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is empty", sockets=None), Outcome.MISSING),
        "listed": (listening(), Outcome.INCONCLUSIVE),
        "covered": (changed(GOOD, shown=("tcp4", "tcp6")), Outcome.INCONCLUSIVE),
        "not-from-the-future": (changed(GOOD, file_time=NOW + timedelta(hours=1)), Outcome.STALE),
        "fresh": (changed(GOOD, file_time=NOW - timedelta(hours=2)), Outcome.STALE),
        "closed": (
            listening(GATEWAY, RESOLVER, ListeningSocket(protocol="tcp", address="0.0.0.0", port=6379)),
            Outcome.FAIL,
        ),
        "expected": (listening(RESOLVER), Outcome.FAIL),
        "local": (
            listening(GATEWAY, RESOLVER, ListeningSocket(protocol="tcp", address="::1", port=6379)),
            Outcome.FAIL,
        ),
    },
)
