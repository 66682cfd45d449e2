"""The tamper matrix as the auditors' guide prints it, from the very data that the tests run on."""

from checks.evidence.verification import TITLES
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
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 (to be pasted)
