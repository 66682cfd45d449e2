"""`readiness status`: what is owed, fresh, failing and missing, now."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from checks.evidence.approval import ChangeStanding
from checks.records import rfc3339
from flows.cli.terminal import Format, out, print_json, shown
from flows.settings import Settings

if TYPE_CHECKING:
    from checks.readiness.schedule import Schedule
    from flows.standing import NowStanding


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
    out.print(_checks(found))
    out.print(_schedule(found))
    for line in _owed(found.schedules):
        out.print(line, style="bold red")
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
    fresh = sum(check.fresh for check in found.checks.values())
    out.print(f"{found.tracker.tally.sentence} Of {fresh} the evidence is fresh.")


def _checks(found: "NowStanding") -> Table:
    from checks.timespans import age_words

    table = Table(title="checks, the worst first", title_justify="left", header_style="bold")
    for heading in ("check", "owner", "outcome", "fresh", "age", "because"):
        table.add_column(heading, overflow="fold")
    for row in found.tracker.rows:
        age = age_words(row.age) if row.age is not None else "never"
        fresh = "yes" if found.checks[row.name].fresh else "no"
        table.add_row(row.name, row.owner or "nobody", shown(row.outcome), fresh, age, row.because)
    return table


def _schedule(found: "NowStanding") -> Table:
    """How each cadence's schedule stands, and how its slots of the recent past do."""
    table = Table(title="schedule", title_justify="left", header_style="bold")
    for heading in ("cadence", "stands", "newest slot", "next slot", "missed", "recent slots"):
        table.add_column(heading, overflow="fold")
    for one in found.schedules:
        counted = Counter(str(record.status) for record in found.slots[one.cadence])
        recent = ", ".join(f"{count} {word}" for word, count in counted.items()) or "-"
        newest = one.record.newest.label if one.record.newest else "never collected"
        missed = f"{one.record.missed}, the last {one.record.last_missed[0].label}" if one.record.missed else "none"
        table.add_row(str(one.cadence), _stands(one), newest, one.next.label, missed, recent)
    return table


def _stands(schedule: "Schedule") -> Text:
    from checks.timespans import age_words

    owed = f", {len(schedule.owed)} owed for {age_words(schedule.owed_for)}" if schedule.owed_for is not None else ""
    return Text(f"{schedule.keeping}{owed}", style="green" if schedule.keeping.is_sound else "bold red")


def _owed(schedules: "Sequence[Schedule]") -> Iterator[str]:
    """A line for each cadence whose slots are owed for longer than they may be."""
    from checks.timespans import age_words

    for one in schedules:
        if one.overdue:
            more = f", and {len(one.overdue) - 1} after it" if len(one.overdue) > 1 else ""
            oldest = one.overdue[0]
            yield f"overdue: {oldest.label} began {age_words(one.as_of - oldest.at)} ago, and no run filled it{more}"


def _as_json(found: "NowStanding") -> dict[str, object]:
    return {
        "as_of": found.tracker.as_of.isoformat(),
        "checks": [
            {
                "check": row.name,
                "owner": row.owner,
                "outcome": str(row.outcome),
                "slot": row.slot.label if row.slot else None,
                "fresh": found.checks[row.name].fresh,
                "age_seconds": row.age.total_seconds() if row.age is not None else None,
                "because": row.because,
            }
            for row in found.tracker.rows
        ],
        "outcomes": {str(outcome): count for outcome, count in found.tracker.tally.counts},
        "schedule": {str(one.cadence): _schedule_as_json(one) for one in found.schedules},
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


def _schedule_as_json(schedule: "Schedule") -> dict[str, object]:
    record, owed_for = schedule.record, schedule.owed_for
    return {
        "stands": str(schedule.keeping),
        "owed": [slot.label for slot in schedule.owed],
        "owed_seconds": owed_for.total_seconds() if owed_for is not None else None,
        "overdue": [slot.label for slot in schedule.overdue],
        "newest": record.newest.label if record.newest else None,
        "next": schedule.next.label,
        "missed": record.missed,
        "last_missed": [slot.label for slot in record.last_missed],
        "sealed_at": rfc3339(record.last_sealed) if record.last_sealed else None,
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
