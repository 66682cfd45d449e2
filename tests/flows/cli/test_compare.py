"""`readiness compare` as a person meets it: what it prints, its exit codes, and that it leaves no query behind."""

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from examples.sandbox.system import Sandbox
from flows.cli.comparison_options import controls, mappings, matching, names, rules, tolerance, totals
from flows.cli.comparison_progress import rows_words
from tasks.comparison import (
    ControlTotal,
    GroupTotal,
    Items,
    Kind,
    Mapped,
    OneToMany,
    Progress,
    Sides,
    Tolerance,
    Whitespace,
    filled,
)
from tasks.comparison.errors import RequestError
from tests.flows.cli.commands import ROOT, readiness

LEFT = "id,tenant,amount\n1,acme,1.00\n2,bolt,2.50\n3,bolt,3.00\n"


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal files."""
    paths = (tmp_path / "left.csv", tmp_path / "right.csv")
    for path in paths:
        path.write_text(LEFT)
    return paths


def compared(sides: tuple[Path, Path], *options: str) -> subprocess.CompletedProcess[str]:
    return readiness("compare", *sides, "--key", "id", *options)


def test_equal_sides_end_with_0_and_say_so(sides):
    done = compared(sides)
    assert done.returncode == 0
    assert "The sides are equal: 3 rows match, and none differs." in done.stdout


def test_different_sides_end_with_4_and_show_where(sides):
    sides[1].write_text(LEFT.replace("2.50", "2.51").replace("3,bolt", "4,b\x1b[31molt"))
    done = compared(sides)
    assert done.returncode == 4
    assert "1 missing, 1 extra, 1 changed" in done.stdout
    assert "id 2" in done.stdout
    assert "\x1b" not in done.stdout


def test_two_empty_sides_are_not_called_equal(sides):
    for side in sides:
        side.write_text("id,tenant,amount\n")
    done = compared(sides)
    assert done.returncode == 1
    assert "Nothing was compared" in done.stdout


def test_json_is_one_object_and_nothing_else(sides):
    sides[1].write_text(LEFT.replace("2.50", "2.51"))
    done = compared(sides, "--format", "json", "--group", "by=tenant,sum=amount", "--rule", "amount=as:numeric")
    assert done.returncode == 4
    found = json.loads(done.stdout)
    assert list(found) == [
        "rows", "columns", "groups", "controls", "samples", "coverage", "plan", "bits", "snapshots", "queries",
    ]  # fmt: skip
    assert found["groups"][0]["difference"] == "0.01"


def test_html_is_one_page(sides):
    done = compared(sides, "--format", "html")
    assert done.returncode == 0
    assert done.stdout.startswith("<!doctype html>")
    assert "The sides are equal" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--columns", "colour"), "column colour does not exist"),
        (("--tolerance", "amount=little"), "no duration"),
        (("--rule", "amount=loose"), "no rule is called loose"),
        (("--group", "for=tenant"), "by=COLUMN"),
        (("--lag", "soon"), "no duration"),
    ],
)
def test_a_wrong_request_ends_with_2_and_says_what_is_wrong(options, says, sides):
    done = compared(sides, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_a_file_compared_with_itself_is_refused(sides):
    done = compared((sides[0], sides[0]))
    assert done.returncode == 2
    assert "with itself" in done.stderr


def test_a_database_without_a_table_is_a_usage_error():
    done = readiness("compare", "postgresql://127.0.0.1:9/x", "x.csv")
    assert done.returncode == 2
    assert "which table?" in done.stderr


def test_a_server_that_does_not_answer_ends_with_1_and_hides_the_password():
    done = readiness("compare", "postgresql://me:hunter2secret@127.0.0.1:9/x#t", "x.csv")
    assert done.returncode == 1
    assert "hunter2secret" not in done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def sleeping(sandbox: Sandbox) -> int:
    """Sessions of comparisons on the sandbox's server."""
    with psycopg.connect(sandbox.environment["SANDBOX_OWNER_URL"]) as connection:
        query = "select count(*) from pg_stat_activity where application_name = 'readiness compare'"
        return connection.execute(query).fetchone()[0]


def until(condition, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_queries_on_the_server_too(number, sandbox: Sandbox, tmp_path: Path):
    events = tmp_path / "rows.csv"
    events.write_text("id,v\n1,x\n")
    slow = "v=case when pg_sleep(60) is null then 'x' else 'x' end=>v"
    arguments = ["compare", "${SANDBOX_LEDGER_URL}#public.entries", str(events), "--key", "id", "--map", slow]
    program = [sys.executable, "-m", "flows", *arguments]
    environment = {**os.environ, **sandbox.environment}
    with subprocess.Popen(program, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            until(lambda: sleeping(sandbox) > 0 or running.poll() is not None)
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.5)
            running.send_signal(number)
            assert running.wait(30) == 1
        finally:
            running.kill()
        assert "its queries were ended" in running.stderr.read()
    until(lambda: sleeping(sandbox) == 0)


def test_the_time_limit_ends_a_comparison(sandbox: Sandbox, tmp_path: Path):
    events = tmp_path / "rows.csv"
    events.write_text("id,v\n1,x\n")
    slow = "v=case when pg_sleep(60) is null then 'x' else 'x' end=>v"
    done = readiness(
        "compare", "${SANDBOX_LEDGER_URL}#public.entries", events, "--key", "id", "--map", slow, "--within", "1s",
        **sandbox.environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert "its queries were ended" in done.stderr
    until(lambda: sleeping(sandbox) == 0)


def test_names_come_one_by_one_or_with_commas():
    assert names(["a,b", "c", "a"]) == ("a", "b", "c")


def test_a_tolerance_is_absolute_relative_or_in_time():
    assert tolerance("0.01,1%") == Tolerance(absolute=Decimal("0.01"), relative=Decimal("0.01"))
    assert tolerance("2s").time.total_seconds() == 2


def test_a_rule_and_a_tolerance_of_one_column_stand_together():
    rule = rules(["a=1"], ["a=round:2,as:numeric", "b=trim,ignore-case"])
    assert (rule["a"].tolerance, rule["a"].round_to, rule["a"].kind) == (tolerance("1"), 2, Kind.NUMERIC)
    assert (rule["b"].whitespace, rule["b"].ignore_case) == (Whitespace.TRIM, True)


def test_a_mapping_may_hold_equal_signs():
    assert mappings(["a=x >= 1=>y = 2"]) == (Mapped("a", "x >= 1", "y = 2"),)
    with pytest.raises(RequestError, match="NAME=LEFT=>RIGHT"):
        mappings(["a=b"])


def test_a_total_may_be_of_everything_or_count_rows():
    assert totals(["sum=amount", "by=a+b,tolerance=1"]) == (
        GroupTotal((), "amount", Tolerance(absolute=Decimal(0))),
        GroupTotal(("a", "b"), None, Tolerance(absolute=Decimal(1))),
    )
    with pytest.raises(RequestError, match="totals are numbers"):
        totals(["by=a,tolerance=1s"])


def test_an_unset_reference_is_named():
    assert filled("x://${A}@h", {"A": "b"}) == "x://b@h"
    with pytest.raises(RequestError, match="export A"):
        filled("${A}", {})


def test_an_estimate_that_was_passed_is_no_longer_shown():
    assert rows_words(Progress("compare", 5, 10)) == "5 of about 10 rows"
    assert rows_words(Progress("compare", 15, 10)) == "15 rows"


def test_control_totals_items_and_many_are_options_of_their_own():
    assert controls(["amount", "fee,tolerance=1%"]) == (
        ControlTotal("amount"), ControlTotal("fee", Tolerance(relative=Decimal("0.01"))),
    )  # fmt: skip
    assert matching(None, "amount,at") == Items("amount", "at")
    assert matching(None, "amount") == Items("amount")
    assert matching("right=amount", None) == OneToMany(Sides.RIGHT, "amount")
    assert matching(None, None) is None


@pytest.mark.parametrize("wrong", ["", "amount,by=x", "amount,tolerance=2s"])
def test_a_control_total_without_meaning_is_refused(wrong: str):
    with pytest.raises(RequestError, match="--control"):
        controls([wrong])


@pytest.mark.parametrize(
    "wrong", [("up=amount", None), ("right", None), ("right=", None), (None, ",at"), (None, "a,b,c"), ("left=a", "b")]
)
def test_a_matching_without_meaning_is_refused(wrong: tuple[str | None, str | None]):
    with pytest.raises(RequestError, match=r"--(many|items)"):
        matching(*wrong)


def test_items_without_a_key_meet_and_their_totals_are_shown(sides):
    sides[0].write_text("bank,tenant,amount\nx1,acme,1.00\nx2,bolt,2.50\nx3,bolt,4.00\n")
    options = ("--items", "amount", "--rule", "amount=as:numeric", "--control", "amount")
    done = readiness("compare", *sides, "--key", "tenant", *options)
    assert done.returncode == 4
    assert "1 missing, 1 extra" in done.stdout
    assert "items without a common key, one to one" in done.stdout
    told = json.loads(readiness("compare", *sides, "--key", "tenant", *options, "--format", "json").stdout)
    (control,) = told["controls"]
    assert (control["left"], control["right"], control["adds_up"], control["within"]) == ("7.50", "6.50", True, False)
    assert control["classes"]["missing"] == {"left": "4.00", "right": None}


def test_many_rows_of_a_key_stand_for_one(sides):
    sides[1].write_text("id,tenant,amount\n1,acme,0.40\n1,acme,0.60\n2,bolt,2.50\n3,bolt,3.00\n")
    done = compared(sides, "--many", "right=amount", "--columns", "tenant", "--rule", "amount=as:numeric")
    assert done.returncode == 0, done.stdout
