"""Counts changed columns of rows that differ for sure, by hashes of the forms of each column."""

from tasks.comparison.duck.apart import equal_sql
from tasks.comparison.duck.sources import Sources
from tasks.comparison.request import Comparison


def count_columns(sources: Sources, request: Comparison) -> tuple[int, dict[str, int]]:
    """Over the rows of table `rest` that are on both sides, up to the cap: how many were looked at, and by column."""
    found, duck = sources.digest, sources.duck
    cap = "" if request.exact_columns else f" limit {request.column_cap}"
    duck.run(f"create or replace table looked_at as select * from rest where left_has and right_has{cap}")  # noqa: S608 — built from quoted names
    wanted = f"exists (select 1 from looked_at c where {found.same_key('c', 's')})"  # noqa: S608 — built from quoted names
    sides = [sources.columns(place, wanted) for place in (0, 1)]
    tests = []
    for place in range(len(found.values)):
        equal = equal_sql(found, place) if place in found.tolerant else f"l.c{place} = r.c{place}"
        tests.append(f"count(*) filter (not ({equal}))")
    query = (
        f"select {', '.join(['count(*)', *tests])} from {sides[0]} l join {sides[1]} r on {found.same_key('l', 'r')}"  # noqa: S608 — built from quoted names
    )
    seen, *counts = duck.one(query, label="columns")
    duck.run("drop table looked_at")
    columns = sources.pair.task.values
    return int(seen), {column.name: int(count) for column, count in zip(columns, counts, strict=True)}
