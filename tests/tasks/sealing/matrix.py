"""The tamper matrix as the auditors' guide prints it, from the very data that the tests run on."""

from checks.evidence.verification import TITLES
from tests.tasks.sealing.log_tampering import LOG_MATRIX
from tests.tasks.sealing.tampering import MATRIX

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


WATCHERS = {
    "lines": "`VERIFY.md` of one bundle",
    "verify": "`readiness verify`",
    "audit": "`readiness log audit`",
    "kept": "a checkpoint that you kept",
    "witness": "the witness",
}


def log_table() -> str:
    """One row for each attack on the whole log, and who catches it."""
    rows = [
        [one.name.replace("_", " "), *("catches" if who in one.caught_by else "–" for who in WATCHERS)]
        for one in LOG_MATRIX
    ]
    return _as_text(["attack", *WATCHERS.values()], rows)


def table() -> str:
    """One row for each attack: the stock tools that catch it, and our own steps that do."""
    head = ["attack", *LAYERS.values(), "`readiness verify`, failing steps"]
    rows = [
        [
            one.name.replace("_", " "),
            *("catches" if layer in one.stock else "–" for layer in LAYERS),
            ", ".join(f"{number} ({TITLES[number]})" for number in sorted(one.steps)),
        ]
        for one in MATRIX
    ]
    return _as_text(head, rows)


def _as_text(head: list[str], rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


if __name__ == "__main__":
    print(table(), log_table(), sep="\n", end="")  # noqa: T201 (to be pasted)
