"""`readiness compare`: the comparison engine by itself, for a person with a question about two sets of rows."""

import math
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checks.durations import parse_duration
from flows.settings import environment

if TYPE_CHECKING:
    from tasks.comparison import Comparison, ComparisonResult

EQUAL, NOTHING_COMPARED, USAGE, DIFFERENT = 0, 1, 2, 4
Many = list[str] | None
Exact = Annotated[bool, typer.Option("--exact", help="Compare values, never hashes.")]
ExactColumns = Annotated[bool, typer.Option("--exact-columns", help="Count the columns of every changed row.")]


class Output(StrEnum):
    """What is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def _duration(text: str | None, option: str) -> Any:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def compare(
    left: Annotated[str, typer.Argument(help="A path, or a URL with its table: postgresql://…#schema.table.")],
    right: Annotated[
        str, typer.Argument(help="The other side, in the same way; ${NAME} is filled from the environment.")
    ],
    key: Annotated[Many, typer.Option(help="Key columns; without it inferred; '*' pairs whole rows.")] = None,
    columns: Annotated[
        Many,
        typer.Option(
            help="Columns to compare; by default all, so that both sides must have the same ones; with --many or "
            "--items only what they name."
        ),
    ] = None,
    ignore: Annotated[Many, typer.Option(help="Columns to leave out.")] = None,
    mapped: Annotated[
        Many, typer.Option("--map", help="NAME=LEFT=>RIGHT: a column or expression of each side.")
    ] = None,
    tolerance: Annotated[
        Many, typer.Option(help="amount=0.01, amount=1%, at=2s: how far values may lie apart.")
    ] = None,
    rule: Annotated[
        Many,
        typer.Option(help="name=trim,ignore-case; also collapse, null-is-empty, utc, round:2, seconds:3, as:numeric."),
    ] = None,
    where_left: Annotated[str | None, typer.Option(help="Which rows of the left, in its own language.")] = None,
    where_right: Annotated[str | None, typer.Option(help="Which rows of the right, in its own language.")] = None,
    group: Annotated[
        Many, typer.Option(help="by=tenant+currency,sum=amount,tolerance=0.01: totals that must agree.")
    ] = None,
    control: Annotated[
        Many, typer.Option(help="amount, or amount,tolerance=0.01: totals to which the classes of rows must add up.")
    ] = None,
    many: Annotated[
        str | None, typer.Option(help="right=amount: rows of one key there stand for one, and are added up.")
    ] = None,
    items: Annotated[
        str | None,
        typer.Option(help="amount or amount,booked_at: rows without a key, paired by these within --key."),
    ] = None,
    lag: Annotated[str | None, typer.Option(help="Look again at what differs after so long: 30s, 5m.")] = None,
    samples: Annotated[int, typer.Option(min=0, max=1000, help="Rows of each class to show.")] = 20,
    redact: Annotated[
        Many,
        typer.Option(
            help="Columns whose values are never shown, nor what is mapped from them; '*' for all but the key, and "
            "for all where whole rows are paired."
        ),
    ] = None,
    exact: Exact = False,  # noqa: FBT002 (a flag)
    exact_columns: ExactColumns = False,  # noqa: FBT002 (a flag)
    within: Annotated[str | None, typer.Option(help="Stop after so long: 10m.")] = None,
    output: Annotated[Output, typer.Option("--format", help="What to print.")] = Output.TEXT,
) -> None:
    """Compare two sets of rows: PostgreSQL, MySQL, MariaDB, SQLite, Parquet, CSV or JSON Lines, each with each.

    Options that name columns may be given several times, and name several with commas; a name with one of , + = " in it
    stands in double quotes, as in CSV: --key '"a,b",id'. Exit code 0 means equal, 4
    different, 1 that nothing was compared or nothing could be, 2 that the request is wrong.
    """
    from flows.cli.comparison_options import advice, controls, mappings, matching, names, rules, totals
    from tasks.comparison import Comparison, Samples, SecondLook, filled, location_of
    from tasks.comparison.errors import RequestError, TypesError

    wait, limit = _duration(lag, "--lag"), _duration(within, "--within")
    try:
        request = Comparison(
            location_of(filled(left, environment()), where_left),
            location_of(filled(right, environment()), where_right),
            key=names("key", key or ()),
            columns=names("columns", columns or ()),
            ignore=names("ignore", ignore or ()),
            mapped=mappings(mapped or ()),
            rules=rules(tolerance or (), rule or ()),
            groups=totals(group or ()),
            controls=controls(control or ()),
            matching=matching(many, items),
            samples=Samples(samples, names("redact", redact or ())),
            second_look=SecondLook(wait) if wait is not None else None,
            exact=exact,
            exact_columns=exact_columns,
        )
        result = _compared(request, limit.total_seconds() if limit is not None else None)
    except RequestError as error:
        typer.echo(advice(error) if isinstance(error, TypesError) else str(error), err=True)
        raise typer.Exit(USAGE) from None
    _printer(output)(result)
    raise typer.Exit(NOTHING_COMPARED if result.nothing_compared else EQUAL if result.equal else DIFFERENT)


def _compared(request: "Comparison", seconds: float | None) -> "ComparisonResult":
    """The result, with progress on standard error; Ctrl-C and the time limit end the queries on the servers too."""
    from flows.cli.comparison_progress import progress_shown
    from flows.cli.interruptible import interruptible
    from tasks.comparison import compare as run
    from tasks.comparison.errors import ComparisonCancelledError, TimeLimitError

    ends, over = time.monotonic() + (math.inf if seconds is None else seconds), threading.Event()

    def stop(asked: Callable[[], bool]) -> bool:
        if not asked() and time.monotonic() > ends:
            over.set()
        return over.is_set() or asked()

    with progress_shown() as told:
        try:
            return interruptible(lambda asked: run(request, progress=told, cancelled=lambda: stop(asked)))
        except ComparisonCancelledError:
            if not over.is_set():
                raise
            raise TimeLimitError(
                f"stopped after {seconds:g} s, the time limit, and its queries were ended; give a longer --within"
            ) from None


def _printer(output: Output) -> "Callable[[ComparisonResult], None]":
    from flows.cli import comparison_text

    return {
        Output.TEXT: comparison_text.print_text,
        Output.JSON: comparison_text.print_object,
        Output.HTML: comparison_text.print_page,
    }[output]
