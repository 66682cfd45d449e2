"""The tamper matrix as the auditors' guide prints it, from the very data that the tests run on."""

from checks.evidence.verification import TITLES
from tests.tasks.sealing.log_tampering import LOG_MATRIX
from tests.tasks.sealing.tampering import MATRIX
from tests.tasks.sealing.time_tampering import TIME_MATRIX

LAYERS = {
    "payload": "`sha256sum` payload",
    "tags": "`sha256sum` tags",
    "bagit": "`bagit.py`",
    "listing": "list of the bag",
    "slot": "name of the slot",
    "signature": "`ssh-keygen`",
    "statements": "statements",
    "log": "log proof",
}


OTHERS = {
    "script": "`check.sh`",
    "securesystemslib": "securesystemslib",
    "proofbundle": "proofbundle",
    "audit": "`readiness log audit`",
}

WATCHERS = {
    "lines": "`VERIFY.md` of one bundle",
    "script": "`check.sh`",
    "verify": "`readiness verify`",
    "audit": "`readiness log audit`",
    "kept": "a checkpoint that you kept",
    "witness": "the witness",
}


SEALERS = {
    "sealing": "the program, before it seals",
    "lines": "`VERIFY.md`",
    "script": "`check.sh`",
    "audit": "`readiness log audit`",
}


def time_table() -> str:
    """One row for each attack by whoever seals, and who catches it, by which of our steps."""
    rows = [
        [
            one.name.replace("_", " "),
            *("catches" if who in one.caught_by else "–" for who in SEALERS),
            _steps(one.steps) + (" with `--rederive`" if "rederive" in one.caught_by else ""),
        ]
        for one in TIME_MATRIX
    ]
    return _as_text(["attack", *SEALERS.values(), "`readiness verify`, failing steps"], rows)


def log_table() -> str:
    """One row for each attack on the whole log, and who catches it."""
    rows = [
        [one.name.replace("_", " "), *("catches" if who in one.caught_by else "–" for who in WATCHERS)]
        for one in LOG_MATRIX
    ]
    return _as_text(["attack", *WATCHERS.values()], rows)


def table() -> str:
    """One row for each attack: the stock tools that catch it, and our own steps that do."""
    head = ["attack", *LAYERS.values(), *OTHERS.values(), "`readiness verify`, failing steps"]
    rows = [
        [
            one.name.replace("_", " "),
            *("catches" if layer in one.stock else "–" for layer in LAYERS),
            *("catches" if who in one.others else "–" for who in OTHERS),
            _steps(one.steps),
        ]
        for one in MATRIX
    ]
    return _as_text(head, rows)


def _as_text(head: list[str], rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def _steps(numbers: frozenset[int]) -> str:
    return ", ".join(f"{number} ({TITLES[number]})" for number in sorted(numbers)) or "–"


if __name__ == "__main__":
    print(table(), log_table(), time_table(), sep="\n", end="")  # noqa: T201 (to be pasted)
