"""`readiness status`: what is owed, fresh, failing and missing, now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from checks.evidence.approval import ChangeStanding
from checks.records import rfc3339
from checks.slots import Cadence
from flows.cli.terminal import Format, out, print_json, shown
from flows.settings import Settings

if TYPE_CHECKING:
    from flows.standing import NowStanding
    from reports.tracker import TrackerRow
    from tasks.store.records import SlotRecord


def status(
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Show where every check stands now and how the schedule was kept. Collects nothing."""
    from flows.standing import standing

    found = standing(Settings.of(catalog))
    if output is Format.JSON:
        print_json(_as_json(found))
        return
    out.print(_checks(found.tracker.rows))
    out.print(_schedule(found.slots))
    for stored in found.unsealed:
        out.print(f"stored and not sealed: {stored.slot.label}; the next run seals it", style="bold red")
    if found.unanchored.since is not None:
        since = f"{found.unanchored.since:%Y-%m-%dT%H:%M:%SZ}"
        out.print(f"unanchored: {found.unanchored.bundles} bundles, since {since}; no witness or authority vouches")
    for waiting in found.untold:
        many = "1 message" if waiting.messages == 1 else f"{waiting.messages} messages"
        why = waiting.failure or "no run has tried yet"
        out.print(f"untold: {waiting.sink}: {many} since {rfc3339(waiting.since)}: {why}", style="bold red")
    if found.log_problem is not None:
        out.print(f"{found.log_problem}; run `readiness log audit`", style="bold red")
    if found.change is not None:
        in_force = f"catalogue in force since {rfc3339(found.change.change.at)}, leaf {found.change.leaf}"
        out.print(f"{in_force}: {found.change.words}", style="" if found.change.approved_by else "bold yellow")
    out.print(found.tracker.tally.sentence)


def _checks(rows: "Sequence[TrackerRow]") -> Table:
    from checks.timespans import age_words

    table = Table(title="checks, the worst first", title_justify="left", header_style="bold")
    for heading in ("check", "owner", "outcome", "age", "because"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        age = age_words(row.age) if row.age is not None else "never"
        table.add_row(row.name, row.owner or "nobody", shown(row.outcome), age, row.because)
    return table


def _schedule(slots: "Mapping[Cadence, Sequence[SlotRecord]]") -> Table:
    """How each cadence's slots of the recent past stand."""
    table = Table(title="schedule", title_justify="left", header_style="bold")
    for heading in ("cadence", "newest slot", "slots"):
        table.add_column(heading)
    for cadence, records in slots.items():
        counted = Counter(str(record.status) for record in records)
        newest = records[-1].slot.label if records else "never run"
        table.add_row(str(cadence), newest, ", ".join(f"{count} {word}" for word, count in counted.items()) or "-")
    return table


def _as_json(found: "NowStanding") -> dict[str, object]:
    return {
        "as_of": found.tracker.as_of.isoformat(),
        "checks": [
            {
                "check": row.name,
                "owner": row.owner,
                "outcome": str(row.outcome),
                "slot": row.slot.label if row.slot else None,
                "age_seconds": row.age.total_seconds() if row.age is not None else None,
                "because": row.because,
            }
            for row in found.tracker.rows
        ],
        "slots": {
            str(cadence): [{"slot": record.slot.label, "status": str(record.status)} for record in records]
            for cadence, records in found.slots.items()
        },
        "unsealed": [stored.slot.label for stored in found.unsealed],
        "unanchored": {
            "bundles": found.unanchored.bundles,
            "since": found.unanchored.since.isoformat() if found.unanchored.since else None,
        },
        "untold": [
            {
                "sink": waiting.sink,
                "messages": waiting.messages,
                "since": rfc3339(waiting.since),
                "attempts": waiting.attempts,
                "because": waiting.failure,
            }
            for waiting in found.untold
        ],
        "in_force": _change_as_json(found.change) if found.change else None,
        "log_problem": found.log_problem,
    }


def _change_as_json(standing: ChangeStanding) -> dict[str, object]:
    return {
        "catalog": standing.change.after,
        "suites": standing.change.suites_after,
        "leaf": standing.leaf,
        "since": rfc3339(standing.change.at),
        "approved_by": standing.approved_by,
        "approved_afterwards": rfc3339(standing.afterwards) if standing.afterwards else None,
    }
