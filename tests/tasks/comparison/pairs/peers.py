"""Asks reladiff and datacompy in the environment that has them: a line of JSON for each question and each answer.

It runs there as a program, where nothing of the product can be imported.
"""

import json
import sys
from typing import Any


def reladiff(left: list[str], right: list[str], columns: list[str]) -> dict[str, Any]:
    """By two tables of a database, as address and name: the keys of missing, extra and changed rows."""
    from reladiff import Algorithm, connect_to_table, diff_tables

    tables = [connect_to_table(*side, "id", extra_columns=tuple(columns)) for side in (left, right)]
    # Its own sorting fails where a value meets a null.
    small: dict[str, Any] = {"bisection_factor": 2, "bisection_threshold": 4, "skip_sort_results": True}
    found = diff_tables(*tables, algorithm=Algorithm.HASHDIFF, threaded=False, **small)
    keys: dict[str, set[int]] = {"-": set(), "+": set()}
    for sign, row in found:
        keys[sign].add(int(row[0]))
    for table in tables:
        table.database.close()
    gone, new = keys["-"], keys["+"]
    return {"missing": sorted(gone - new), "extra": sorted(new - gone), "changed": sorted(gone & new)}


def datacompy(left: str, right: str) -> dict[str, Any]:
    """By two Parquet files: the keys of missing, extra and changed rows, and how many rows differ in each column."""
    import polars as pl
    from datacompy import PolarsCompare

    found = PolarsCompare(pl.read_parquet(left), pl.read_parquet(right), join_columns="id")
    unequal = [name for name in found.intersect_rows.columns if name.endswith("_match")]
    rows = found.intersect_rows
    return {
        "missing": sorted(found.df1_unq_rows["id"].to_list()),
        "extra": sorted(found.df2_unq_rows["id"].to_list()),
        "changed": sorted(rows.filter(~pl.all_horizontal(unequal))["id"].to_list()) if unequal else [],
        "columns": {name.removesuffix("_match"): int((~rows[name]).sum()) for name in unequal},
    }


if __name__ == "__main__":
    for line in sys.stdin:
        name, arguments = json.loads(line)
        sys.stdout.write(json.dumps({"reladiff": reladiff, "datacompy": datacompy}[name](*arguments)) + "\n")
        sys.stdout.flush()
