"""Runs: looks that said the same one after another; and outages, which take several looks to begin and to end."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from checks.records import Record

RunState = Literal["good", "bad", "unseen"]


class Confirm(Record):
    """How many looks in a row make an outage, and how many end one."""

    failures: Annotated[int, Field(ge=1, le=20)] = 3
    successes: Annotated[int, Field(ge=1, le=20)] = 2


class Run(NamedTuple):
    """So many looks in a row that said the same; instants are in milliseconds since 1970. `why` is of the first."""

    state: RunState
    first: int
    last: int
    looks: int
    why: str = ""


class Outage(NamedTuple):
    """From the first bad look to the first good one of those that ended it; `end` of `None` means it still goes on."""

    start: int
    end: int | None
    why: str = ""

    def until(self, instant: int) -> int:
        """Its end, or an instant up to which it went on."""
        return instant if self.end is None else self.end


def runs_of(looks: Iterable[tuple[int, RunState, str]], *, hole: int) -> Iterator[Run]:
    """Looks, oldest first, as runs; where more than `hole` milliseconds lie between two looks, a new run begins."""
    run: Run | None = None
    for at, state, why in looks:
        if run is not None and (run.state != state or at - run.last > hole):
            yield run
            run = None
        run = Run(state, at, at, 1, why) if run is None else run._replace(last=at, looks=run.looks + 1)
    if run is not None:
        yield run


def joined(runs: Iterable[Run], *, hole: int) -> list[Run]:
    """Runs of several stretches as those of one: neighbours that say the same are one, unless a hole is between."""
    found: list[Run] = []
    for run in runs:
        before = found[-1] if found else None
        if before is not None and before.state == run.state and run.first - before.last <= hole:
            found[-1] = before._replace(last=run.last, looks=before.looks + run.looks)
        else:
            found.append(run)
    return found


def outages(runs: Iterable[Run], confirm: Confirm, *, hole: int) -> list[Outage]:
    """The confirmed outages in runs, oldest first. Looks that saw nothing count neither way.

    A hole interrupts what was not confirmed yet, since nobody knows what happened there; an outage that was confirmed
    goes on until enough looks in a row are good.
    """
    found: list[Outage] = []
    down: Run | None = None
    for run in joined((run for run in runs if run.state != "unseen"), hole=hole):
        if down is None and run.state == "bad" and run.looks >= confirm.failures:
            down = run
        elif down is not None and run.state == "good" and run.looks >= confirm.successes:
            found.append(Outage(down.first, run.first, down.why))
            down = None
    if down is not None:
        found.append(Outage(down.first, None, down.why))
    return found
