"""What is expected of listening sockets: nothing is reached from elsewhere but what is expected, and that is there."""

from collections.abc import Mapping, Sequence

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good
from checks.expectations.dated import FOUND, WRITTEN, found_columns, named, readable, written_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.listening_sockets import ListeningSocket, ListeningSocketsCheck, ListeningSocketsRow
from checks.outcome import Outcome


def _columns(check: ListeningSocketsCheck, row: ListeningSocketsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect, sockets = check.expect, row.sockets
    read = sockets is not None
    return {
        **found_columns(row),
        **written_columns(row.file_time, expect.max_age, occasion),
        "listening": len(sockets) if sockets is not None else None,
        "unshown": (named(one for one in expect.families if one not in row.shown) or GOOD) if read else None,
        "families": ", ".join(expect.families),
        "asks_expected": ", ".join(str(one) for one in check.expected if not one.optional) or None,
        "asks_local": True if expect.local == "expected" else None,
        **(_forms(check, sockets) if sockets is not None else {}),
    }


def _forms(check: ListeningSocketsCheck, sockets: Sequence[ListeningSocket]) -> dict[str, Scalar]:
    """What is wrong with the sockets, rule by rule, in words."""
    unexpected = [socket for socket in sockets if not any(one.is_that(socket) for one in check.expected)]
    silent = [one for one in check.expected if not one.optional and not any(map(one.is_that, sockets))]
    return {
        "open_form": named(str(one) for one in unexpected if not one.is_local) or GOOD,
        "local_form": named(str(one) for one in unexpected if one.is_local) or GOOD,
        "silent_form": named(map(str, silent)) or GOOD,
    }


LISTENING_SOCKETS: Suite[ListeningSocketsCheck, ListeningSocketsRow] = Suite(
    kind="listening-sockets",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("a listing of sockets"),
        "listed": Rule(
            ExpectColumnValuesToBeBetween(column="listening", min_value=1),
            because="{listening} sockets are listened on",
            otherwise="it lists no socket, which no machine that serves anybody does",
            observed="listening",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "covered": Rule(
            is_good("unshown"),
            because="it shows {families}",
            otherwise="it does not show: {unshown}; list these too, or name the families that there are",
            observed="unshown",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        **WRITTEN,
        "closed": Rule(
            is_good("open_form"),
            because="nothing else is reached from other machines",
            otherwise="reached from other machines, and not expected: {open_form}",
            observed="open_form",
        ),
        "expected": Rule(
            is_good("silent_form"),
            because="listened on: {asks_expected}",
            otherwise="nobody listens on {silent_form}",
            observed="silent_form",
            asked="asks_expected",
        ),
        "local": Rule(
            is_good("local_form"),
            because="what only the machine reaches is expected too",
            otherwise="listened on locally, and not expected: {local_form}",
            observed="local_form",
            asked="asks_local",
        ),
    },
)
