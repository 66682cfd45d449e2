"""The terminal: consoles, output formats, and how an outcome looks."""

import json
from enum import StrEnum

from rich.console import Console
from rich.text import Text

from checks.outcome import Outcome

out = Console(soft_wrap=False)
err = Console(stderr=True)

STYLES = {
    Outcome.PASS: "green",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.WAIVED: "cyan",
    Outcome.WARN: "yellow",
    Outcome.CLAIMED: "yellow",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.STALE: "magenta",
    Outcome.MISSING: "magenta",
    Outcome.ERROR: "bold red",
    Outcome.FAIL: "bold red",
}


class Format(StrEnum):
    """What a command prints."""

    TEXT = "text"
    JSON = "json"


def shown(outcome: Outcome) -> Text:
    """An outcome's word in its colour."""
    return Text(str(outcome), style=STYLES[outcome])


def print_json(value: object) -> None:
    """One JSON object on standard output, for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))  # noqa: T201 (rich would wrap it)
