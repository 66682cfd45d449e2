# ruff: noqa: T201 (a script prints)
"""Takes one control of the threat model after another out of a copy of the program, and sees its test go red.

Usage: python -m tests.security.guards [WORD…]   (only entries in whose text a word stands)
It ends with 1 if a test stays green without its control, and with 2 if a control does not stand where this file says.
"""

import sys

from tests.mutations import copies
from tests.security.guards_of_machine import MACHINE
from tests.security.guards_of_network import NETWORK
from tests.security.guards_of_secrets import SECRETS
from tests.tasks.drills.guards import missing, row, trials

CONTROLS = (*SECRETS, *NETWORK, *MACHINE)
WITHOUT = {
    "NET-1": "a redirect is an answer because nothing follows one: there is nothing to take out",
    "PAGE-3": "nothing is written for spreadsheets: there is nothing to take out",
}
"""Controls that hold by what is not there, and why no guard can be taken out."""


def main(words: list[str]) -> int:
    chosen = [one for one in CONTROLS if not words or any(word in f"{one.against} {one.does}" for word in words)]
    if gone := missing(chosen):
        print(*gone, sep="\n", file=sys.stderr)
        return 2
    needed = 0
    print(
        "| against | control that is taken out | its test | with it | without it | what the test says |\n|"
        + " --- |" * 6
    )
    with copies(1) as (copy,):
        for trial in trials(chosen, copy):
            needed += trial.trouble is None
            print(row(trial), flush=True)
    print(f"\n{needed} of {len(chosen)} controls have a test that goes red without them")
    return int(needed != len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
