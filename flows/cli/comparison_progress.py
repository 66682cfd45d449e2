"""The progress of a comparison on standard error: phase, rows, and an estimate of how many there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from flows.cli.terminal import err
from tasks.comparison import Progress as Told


@contextmanager
def progress_shown() -> Iterator[Callable[[Told], None]]:
    """Draws what it is told while the context lasts; where standard error is no terminal, nothing is drawn."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
    rest = (TextColumn("{task.fields[rows]}", markup=False), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *rest, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("opening", total=None, rows="")

        def told(now: Told) -> None:
            progress.tasks[bar].total = bar_total(now)  # `update` would take None for no change
            progress.update(bar, description=now.phase, completed=now.rows, rows=rows_words(now))

        yield told


def bar_total(now: Told) -> int | None:
    """What the bar is a share of: never less than was read, for a full bar stops its clock and its spinner."""
    return None if now.of is None else max(now.of, now.rows + 1)


def rows_words(now: Told) -> str:
    """How far it is in words; the estimate may be passed, and then says no more."""
    if not now.rows:
        return ""
    of = f" of about {now.of:,}" if now.of is not None and now.of >= now.rows else ""
    return f"{now.rows:,}{of} rows"
