"""`readiness compare` as a person meets it: what it prints, its exit codes, and that it leaves no query behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from examples.sandbox.system import Sandbox
from flows.cli.comparison_options import controls, mappings, matching, names, rules, tolerance, totals
from flows.cli.comparison_progress import bar_total, rows_words
from flows.cli.comparison_text import print_text
from reports.comparison import comparison_html, comparison_page
from tasks.comparison import (
    ColumnRule,
    Comparison,
    ControlTotal,
    GroupTotal,
    Items,
    Kind,
    Location,
    Mapped,
    OneToMany,
    Progress,
    SecondLook,
    Sides,
    Tolerance,
    Whitespace,
    compare,
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


def test_what_differs_is_marked_where_there_are_no_colours_too(sides):
    sides[1].write_text(LEFT.replace("2,bolt", "2,bo\u00a0lt").replace("3,bolt", "3,bolt  "))
    done = compared(sides)
    assert "bo⟦\\xa0⟧lt" in done.stdout
    assert "bolt⟦  ⟧" in done.stdout


def test_a_column_that_one_side_lacks_is_a_difference_unless_columns_are_named_or_it_is_ignored(sides):
    sides[1].write_text("id,tenant,amount,x\n1,acme,1.00,\n2,bolt,2.50,\n3,bolt,3.00,\n")
    for output in ("text", "html"):
        done = compared(sides, "--format", output)
        assert done.returncode == 4
        assert "The sides differ: a column that only the right has: x;" in done.stdout.replace("\n", " ")
    assert compared(sides, "--format", "json").returncode == 4
    assert compared(sides, "--ignore", "x").returncode == 0
    done = compared(sides, "--columns", "tenant")
    assert done.returncode == 0
    assert "The sides are equal in tenant: 3 rows match" in done.stdout
    told = json.loads(compared(sides, "--columns", "tenant", "--format", "json").stdout)["coverage"]
    assert (told["columns_from"], told["left_out"], told["right_only"]) == ("named", ["amount"], ["x"])


def test_keys_that_are_equal_are_not_called_more(sides):
    for one in sides:
        one.write_text("id\n1\n2\n")
    done = compared(sides)
    assert done.returncode == 0
    assert "The sides are equal in their keys, and nothing else was compared: 2 rows match" in " ".join(
        done.stdout.split()
    )
    sides[1].write_text(LEFT.replace("3,bolt,3.00\n", ""))
    done = compared(sides)
    assert done.returncode == 4
    assert "The sides differ: 2 columns that only the right has: tenant, amount" in done.stdout


def test_the_rules_of_columns_stand_there_where_nothing_differs_too(sides):
    done = compared(sides, "--rule", "tenant=trim")
    assert done.returncode == 0
    assert "Rules of the columns" in done.stdout
    assert "tenant: blanks at the ends ignored" in " ".join(done.stdout.split())


def test_totals_that_arrived_before_the_second_look_are_shown_as_in_flight(sides, capsys: pytest.CaptureFixture[str]):
    def arrive(progress: Progress) -> None:
        if progress.phase == "second look":
            sides[1].write_text(LEFT)

    sides[1].write_text(LEFT.replace("2.50", "2.51"))
    left, right = (Location(str(side)) for side in sides)
    total, amount = GroupTotal(("tenant",), "amount"), {"amount": ColumnRule(kind=Kind.NUMERIC)}
    asked = Comparison(left, right, key=("id",), rules=amount, groups=(total,), second_look=SecondLook(timedelta(0)))
    result = compare(asked, progress=arrive)
    print_text(result)
    told = capsys.readouterr().out
    assert result.equal
    assert "totals in flight, as of the second look" in told
    assert "tenant bolt" in told.partition("totals in flight")[2]
    assert "tenant acme" not in told
    assert "yes, at the second look" in comparison_html(comparison_page(result.to_json(), title="Comparison"))


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
        (("--tolerance", "amount=little"), "--tolerance amount=little: 'little' is no tolerance"),
        (("--tolerance", "amount=NaN"), "--tolerance amount=NaN: 'NaN' is no tolerance"),
        (("--control", "amount,tolerance=x"), "--control amount,tolerance=x: 'x' is no tolerance of totals"),
        (("--rule", "amount=loose"), "no rule is called loose"),
        (("--rule", "tenant=as:foo"), "--rule tenant=as:foo: 'foo' is no kind of value; known: boolean, integer"),
        (("--rule", "amount=round:x"), "--rule amount=round:x: 'x' is no number of digits; write 0 to 30"),
        (("--rule", "amount=round:99"), "'99' is no number of digits"),
        (("--where-left", "id < 2) or (1=1"), "the filter of the left is no condition"),
        (("--tolerance", "amount=0.01"), "does not fit text; say as what kind, such as --rule amount=as:numeric"),
        (("--group", "sum=amount"), "it is text; say as what kind, such as --rule amount=as:numeric"),
        (("--control", "amount"), "it is text; say as what kind, such as --rule amount=as:numeric"),
        (("--rule", "tenant=utc"), "a zone does not fit text; say as what kind, such as --rule tenant=as:timestamp"),
        (("--lag", "soon"), "--lag"),
        (("--group", "for=tenant"), "by=COLUMN"),
        (("--group", "by=id,by=tenant"), "by is given twice"),
        (("--map", "x=tenant=>tenant", "--map", "x=id=>tenant"), "x is mapped already"),
        (("--ignore", "*"), "* cannot be ignored"),
        (("--ignore", "id"), "id cannot be compared and ignored"),
        (("--lag", "soon"), "no duration"),
    ],
)
def test_a_wrong_request_ends_with_2_and_says_what_is_wrong(options, says, sides):
    done = compared(sides, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_an_empty_side_is_not_the_folder_one_stands_in(sides):
    done = readiness("compare", "", sides[0])
    assert done.returncode == 2
    assert "a side is empty" in done.stderr


def test_a_file_compared_with_itself_is_refused(sides):
    done = compared((sides[0], sides[0]))
    assert done.returncode == 2
    assert "with itself" in done.stderr


def test_sides_of_one_last_name_are_told_apart_as_they_were_written(sides, tmp_path):
    (tmp_path / "d1").mkdir()
    (tmp_path / "d2").mkdir()
    first, second = (sides[0].rename(tmp_path / "d1" / "w.csv"), tmp_path / "d2" / "w.csv")
    done = compared((first, second))
    assert f"{second} cannot be opened: No such file" in done.stderr
    done = compared((first, tmp_path / "d3" / "w.csv"))
    assert "d3/w.csv cannot be opened: its folder is not there" in done.stderr
    second.write_bytes(LEFT.encode().replace(b"bolt", b"b\xfflt", 1))
    assert f"{second}: line 3 is not UTF-8" in compared((first, second)).stderr
    second.write_text(LEFT)
    found = json.loads(compared((first, second), "--format", "json").stdout)
    assert [one["name"] for one in found["snapshots"].values()] == [str(first), str(second)]


def test_a_database_without_a_table_is_a_usage_error():
    done = readiness("compare", "postgresql://127.0.0.1:9/x", "x.csv")
    assert done.returncode == 2
    assert "which table?" in done.stderr


def test_a_server_that_does_not_answer_ends_with_1_and_hides_the_password():
    done = readiness("compare", "postgresql://me:hunter2secret@127.0.0.1:9/x#t", "x.csv")
    assert done.returncode == 1
    assert "hunter2secret" not in done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


MISREAD = ["12/etpass", "12#etpass", "12?etpass", "s3cr#etpass", "s3cr?etpass", "p@ss@etpass"]


@pytest.mark.parametrize(
    ("scheme", "password"),
    [
        *((scheme, password) for scheme in ("mysql", "postgresql") for password in MISREAD),
        ("postgresql", "pa%zzetpass"),  # which MySQL's driver reads as it is
    ],
)
def test_a_password_that_does_not_fit_into_its_address_is_told_by_no_part(scheme: str, password: str):
    for address in ("${SEC}#t", f"{scheme}://u:{password}@127.0.0.1:9/x#t"):
        done = readiness("compare", address, "x.csv", SEC=f"{scheme}://u:{password}@127.0.0.1:9/x")
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "%2F %23 %3F %40" in line
        assert not any(part in done.stdout + done.stderr for part in ("etpass", "s3cr", "p@ss", "12/"))


def test_several_hosts_are_named_as_they_are_written():
    done = readiness("compare", "postgresql://127.0.0.1:9,127.0.0.1:8/x#t", "x.csv")
    assert done.returncode == 1
    assert done.stderr.startswith("postgresql://127.0.0.1:9,127.0.0.1:8/x#t: ")


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
    assert done.stderr.strip().splitlines()[-1].startswith("stopped after 1 s, the time limit")
    assert "--within" in done.stderr
    until(lambda: sleeping(sandbox) == 0)


def test_names_come_one_by_one_or_with_commas():
    assert names("key", ["a,b", "c", "a"]) == ("a", "b", "c")


@pytest.mark.parametrize("option", ["key", "columns", "ignore", "redact"])
def test_an_option_that_names_nothing_is_refused(option: str, sides):
    for empty in (",", ""):
        done = readiness("compare", *sides, f"--{option}", empty)
        assert done.returncode == 2
        assert done.stderr == f"--{option} {empty!r}: write a name, or several with commas between\n"


def test_a_part_that_is_given_twice_is_refused():
    with pytest.raises(RequestError, match=r"--group by=a,by=b: by is given twice; .* by=COLUMN\+COLUMN"):
        totals(["by=a,by=b"])
    with pytest.raises(RequestError, match="by=COLUMN"):
        totals(["by=,sum=amount"])
    with pytest.raises(RequestError, match="--control amount,tolerance=1,tolerance=2: tolerance is given twice"):
        controls(["amount,tolerance=1,tolerance=2"])
    with pytest.raises(RequestError, match="--map x=id=>a: x is mapped already"):
        mappings(["x=a=>a", "x=id=>a"])


def test_a_name_in_double_quotes_may_hold_what_stands_between_names():
    assert names("key", ['"a,b",id', '"say ""=""",5" nail', '"x']) == ("a,b", "id", 'say "="', '5" nail', '"x')
    (total,) = totals(['by="a,b"+"c+d"+e,sum="f=1,g",tolerance=0.01'])
    assert (total.by, total.measure) == (("a,b", "c+d", "e"), "f=1,g")
    assert totals(["sum=x"])[0].by == ()
    assert mappings(['"a=b"=x = 1 => "c,d"']) == (Mapped("a=b", "x = 1", '"c,d"'),)
    found = rules(['"a=b"=0.01'], ['"a=b"=round:2', '"c,d"=trim,ignore-case'])
    assert list(found) == ["a=b", "c,d"]
    assert found["a=b"].round_to == 2
    assert controls(['"a,b",tolerance=1'])[0].measure == "a,b"
    assert matching('right="a=b"', None).amount == "a=b"
    assert matching(None, '"a,b","c,d"') == Items("a,b", "c,d")


def test_columns_of_any_name_are_compared(tmp_path: Path):
    for side, amount in (("left", "1"), ("right", "2")):
        (tmp_path / f"{side}.csv").write_text(f'"id,no","by+hand","a=b","say ""x"""\n1,2,{amount},4\n')
    done = readiness(
        "compare", tmp_path / "left.csv", tmp_path / "right.csv", "--key", '"id,no"', "--ignore", '"say ""x"""',
        "--rule", '"a=b"=as:numeric', "--group", 'by="by+hand",sum="a=b"', "--redact", '"by+hand",id',
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "neither side has what is to be redacted: id\n")
    done = readiness(
        "compare", tmp_path / "left.csv", tmp_path / "right.csv", "--key", '"id,no"', "--ignore", '"say ""x"""',
        "--rule", '"a=b"=as:numeric', "--group", 'by="by+hand",sum="a=b"', "--tolerance", '"a=b"=0.5',
    )  # fmt: skip
    assert done.returncode == 4
    assert "1 changed, 1 group whose totals differ" in done.stdout


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
    with pytest.raises(RequestError, match="totals, which are numbers"):
        totals(["by=a,tolerance=1s"])


def test_an_unset_reference_is_named():
    assert filled("x://${A}@h", {"A": "b"}) == "x://b@h"
    with pytest.raises(RequestError, match="export A"):
        filled("${A}", {})


def test_an_estimate_that_was_passed_is_no_longer_shown():
    assert rows_words(Progress("compare", 5, 10)) == "5 of about 10 rows"
    assert rows_words(Progress("compare", 15, 10)) == "15 rows"
    assert [bar_total(Progress("compare", rows, of)) for rows, of in ((5, 10), (10, 10), (15, 10), (5, None))] == [
        10, 11, 16, None,
    ]  # fmt: skip


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
    assert "The sides are equal in amount, tenant: 3 rows match" in done.stdout
    sides[0].write_text("id,tenant,amount\n1,dust,1.00\n2,bolt,2.50\n3,bolt,3.00\n")
    many = ("--many", "right=amount", "--rule", "amount=as:numeric")
    done = compared(sides, *many)
    assert done.returncode == 0, done.stdout
    assert "The sides are equal in amount: 3 rows match" in done.stdout
    assert re.search("On both sides and not compared.*tenant", done.stdout)
    assert (
        compared(sides, "--many", "right=amount", "--columns", "tenant", "--rule", "amount=as:numeric").returncode == 4
    )
