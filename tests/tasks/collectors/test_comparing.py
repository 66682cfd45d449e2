"""Reconciliation and parity, collected and judged on a real database and real files."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.expectations.judge import judge
from checks.expectations.parity import PARITY
from checks.expectations.reconciliation import RECONCILIATION
from checks.expectations.suite import AnySuite, Occasion
from checks.findings import Judgement
from checks.kinds.comparison import ComparisonCheck, ReadAs
from checks.kinds.parity import ParityCheck
from checks.kinds.reconciliation import ReconciliationCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.database import Cluster
from tasks.collectors.parity import ParityCollector
from tasks.collectors.reconciliation import ReconciliationCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, HttpAccess, Sources
from tasks.comparison import Kind
from tests.tasks.dumps import Ledger

TABLES = """
create table entries (id bigint primary key, tenant text not null, amount numeric(18, 2), booked_at timestamptz);
insert into entries select n, (array['acme', 'bolt'])[1 + n % 2], n, '2026-01-01' from generate_series(1, 200) n;
create table shadow (like entries including all);
insert into shadow select * from entries;
"""
BOTH = {"reconciliation": (ReconciliationCheck, RECONCILIATION), "parity": (ParityCheck, PARITY)}


class Bench:
    """A ledger with a shadow table, an event file beside it, and the collectors that compare them."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.url = ledger.url

    def write_events(self, *, amounts: dict[int, str] | None = None, without: int | None = None) -> None:
        rows = [
            {"id": n, "tenant": "bolt" if n % 2 else "acme", "amount": (amounts or {}).get(n, f"{n}.00")}
            for n in range(1, 201)
            if n != without
        ]
        self.folder.joinpath("events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def check(self, kind: str, **fields: Any) -> ComparisonCheck:
        sides: dict[str, Any] = {"left": "ledger:public.entries", "right": "ledger:public.shadow", "key": "id"}
        return BOTH[kind][0].model_validate({"id": "the-check", **sides, **fields})

    def sources(self) -> Sources:
        return Sources(
            {
                "ledger": DatabaseAccess("ledger", self.url, 30),
                "files": FolderAccess("files", self.folder, 10**9),
                "api": HttpAccess("api", "http://127.0.0.1:1", {}, 1, 1),
            }
        )

    def collect(self, check: ComparisonCheck) -> Evidence:
        def now() -> datetime:
            return datetime.now(UTC)

        if isinstance(check, ParityCheck):
            return asyncio.run(ParityCollector(self.sources(), now).collect(check))
        assert isinstance(check, ReconciliationCheck)
        return asyncio.run(ReconciliationCollector(self.sources(), now).collect(check))

    def judgement(self, check: ComparisonCheck, *, now: datetime | None = None) -> Judgement:
        now = now or datetime.now(UTC)
        suite: AnySuite = BOTH[check.kind][1]
        slot = Slot.on_demand(Cadence.HOURLY, now)
        return judge(suite, [(check, self.collect(check))], slot=slot, occasion=Occasion(now, {}))[0]

    def outcomes(self, check: ComparisonCheck, *, now: datetime | None = None) -> dict[str, Outcome]:
        """Of the check itself, by expectation."""
        return {f.expectation: f.outcome for f in self.judgement(check, now=now).verdicts[0].findings}

    def unmet(self, check: ComparisonCheck, *, now: datetime | None = None) -> dict[str, Outcome]:
        return {name: found for name, found in self.outcomes(check, now=now).items() if found is not Outcome.PASS}


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    ledger = Ledger.new(cluster, TABLES)
    yield Bench(ledger, tmp_path)
    ledger.drop()


@pytest.mark.parametrize("kind", BOTH)
def test_two_equal_tables_pass(bench: Bench, kind: str):
    found = bench.outcomes(bench.check(kind))
    assert set(found.values()) == {Outcome.PASS}
    assert {"read", "compared", "counts-left", "missing", "extra", "changed", "unique", "sufficient"} <= found.keys()


def test_a_file_reconciles_with_a_table(bench: Bench):
    bench.write_events()
    total = {"by": ["tenant"], "sum": "amount"}
    check = bench.check("reconciliation", left="files:events.jsonl", right="ledger:public.entries", totals=[total])
    assert set(bench.outcomes(check).values()) == {Outcome.PASS}


@pytest.mark.parametrize(
    ("statement", "expectation"),
    [
        ("delete from shadow where id = 7", "missing"),
        ("insert into shadow values (999, 'acme', 1, now())", "extra"),
        ("update shadow set amount = amount + 0.01 where id = 7", "changed"),
    ],
)
def test_each_difference_is_a_finding_of_its_own(bench: Bench, statement: str, expectation: str):
    bench.ledger.run(statement)
    assert bench.unmet(bench.check("parity")) == {expectation: Outcome.FAIL}
    assert bench.unmet(bench.check("parity", expect={expectation: "0.5%"})) == {}


def test_a_known_difference_is_allowed_until_it_expires(bench: Bench):
    bench.ledger.run("delete from shadow where id = 7")
    until = datetime(2030, 1, 1, tzinfo=UTC)
    known = {"what": "missing", "rows": 1, "until": until.isoformat(), "reason": "a late booking of December"}
    check = bench.check("parity", expect={"known": [known]})
    assert bench.unmet(check, now=until - timedelta(minutes=1)) == {}
    assert bench.unmet(check, now=until) == {"missing": Outcome.FAIL}


def test_two_empty_sides_are_never_equal(bench: Bench):
    bench.ledger.run("truncate entries, shadow")
    found = bench.outcomes(bench.check("parity"))
    assert found["compared"] is Outcome.INCONCLUSIVE
    assert Outcome.PASS not in {found[name] for name in ("missing", "extra", "changed", "unique")}


def test_a_filter_that_selects_nothing_is_inconclusive(bench: Bench):
    sides = {
        f"{side}": {"place": f"ledger:public.{side_of}", "where": "id < 0"}
        for side, side_of in (("left", "entries"), ("right", "shadow"))
    }
    assert bench.outcomes(bench.check("parity", **sides))["compared"] is Outcome.INCONCLUSIVE


def test_a_filter_in_a_sides_own_language_limits_that_side(bench: Bench):
    bench.ledger.run("delete from shadow where id > 100")
    check = bench.check("parity", left={"place": "ledger:public.entries", "where": "id <= 100"})
    assert bench.unmet(check) == {}


def test_repeated_keys_are_a_finding_and_leave_changes_undecided(bench: Bench):
    bench.ledger.run("alter table shadow drop constraint shadow_pkey; insert into shadow values (7, 'acme', 7, now())")
    found = bench.unmet(bench.check("parity"))
    assert found["unique"] is Outcome.FAIL
    assert found["changed"] is Outcome.INCONCLUSIVE


def test_rows_without_a_key_are_insufficient_and_not_missing(bench: Bench):
    bench.ledger.run(
        "alter table shadow drop constraint shadow_pkey; alter table shadow alter id drop not null;"
        "insert into shadow values (null, 'acme', 7, now())"
    )
    assert bench.unmet(bench.check("parity")) == {"sufficient": Outcome.FAIL}
    assert bench.unmet(bench.check("parity", expect={"insufficient": 1})) == {}


def test_a_column_on_one_side_breaks_parity_and_not_reconciliation(bench: Bench):
    bench.ledger.run("alter table shadow add column note text")
    assert bench.unmet(bench.check("parity")) == {"columns": Outcome.FAIL}
    assert bench.unmet(bench.check("parity", columns=["amount"])) == {}
    assert bench.unmet(bench.check("parity", ignore=["note"])) == {}
    assert bench.unmet(bench.check("reconciliation")) == {}


def test_every_group_whose_total_differs_is_a_subject(bench: Bench):
    bench.ledger.run("update shadow set amount = amount + 0.01 where id = 7")
    check = bench.check("reconciliation", totals=[{"by": ["tenant"], "sum": "amount"}], expect={"changed": 1})
    verdicts = {verdict.subject: verdict for verdict in bench.judgement(check).verdicts}
    assert verdicts.keys() == {"the-check", "group tenant=bolt amount"}
    assert verdicts["the-check"].outcome is Outcome.FAIL
    (finding,) = verdicts["group tenant=bolt amount"].findings
    assert (finding.expectation, finding.outcome, finding.observed) == ("total", Outcome.FAIL, "0.01")
    assert finding.because == "amount: 10000.00 left, 10000.01 right, 0.01 apart; at most 0 expected"


def test_a_total_within_its_tolerance_passes_and_is_still_shown(bench: Bench):
    bench.ledger.run("update shadow set amount = amount + 0.01 where id = 7")
    total = {"by": ["tenant"], "sum": "amount", "tolerance": 0.01}
    check = bench.check("reconciliation", totals=[total], rules={"amount": {"tolerance": "0.01"}})
    verdicts = {verdict.subject: verdict.outcome for verdict in bench.judgement(check).verdicts}
    assert verdicts == {"the-check": Outcome.PASS, "group tenant=bolt amount": Outcome.PASS}


def test_a_total_without_groups_is_of_all_rows(bench: Bench):
    bench.ledger.run("update shadow set amount = amount + 1 where id in (1, 2)")
    check = bench.check("reconciliation", totals=[{"sum": "amount"}], expect={"changed": 2})
    verdicts = {verdict.subject: verdict for verdict in bench.judgement(check).verdicts}
    (finding,) = verdicts["group of all rows amount"].findings
    assert (finding.outcome, finding.observed) == (Outcome.FAIL, "2.00")


def test_a_catalogue_reads_values_as_every_kind_that_is_compared():
    assert set(get_args(ReadAs)) == set(Kind) - {Kind.OTHER}


def test_groups_can_be_counted_without_a_sum(bench: Bench):
    bench.ledger.run("delete from shadow where id = 7")
    check = bench.check("reconciliation", totals=[{"by": ["tenant"]}])
    subjects = [verdict.subject for verdict in bench.judgement(check).verdicts]
    assert "group tenant=bolt rows" in subjects


def test_groups_on_one_side_only_are_counted_with_the_others(bench: Bench):
    bench.ledger.run("update shadow set tenant = 'dune' where id = 7; update shadow set tenant = 'elm' where id = 9")
    bench.ledger.run("delete from shadow where tenant = 'acme'")
    check = bench.check("reconciliation", totals=[{"by": ["tenant"], "sum": "amount"}])
    (verdict,) = (one for one in bench.judgement(check).verdicts if one.subject == "the-check")
    told = [one.because for one in verdict.findings if one.expectation == "totals"]
    assert told == ["the totals of 4 of 4 groups do not agree"]


@pytest.mark.parametrize(
    ("statement", "fields"),
    [
        ("update shadow set amount = amount + 0.5 where id = 7", {"rules": {"amount": {"tolerance": 0.5}}}),
        ("update shadow set amount = amount * 1.001", {"rules": {"amount": {"tolerance": {"relative": 0.01}}}}),
        (
            "update shadow set booked_at = booked_at + interval '1 second'",
            {"rules": {"booked_at": {"tolerance": {"time": "2s"}}}},
        ),
        ("update shadow set amount = amount + 0.04 where id = 7", {"rules": {"amount": {"round_to": 1}}}),
        ("update shadow set tenant = upper(tenant)", {"rules": {"tenant": {"ignore_case": True}}}),
        ("update shadow set tenant = tenant || '  '", {"rules": {"tenant": {"whitespace": "trim"}}}),
        ("update shadow set amount = -amount", {"ignore": ["amount"]}),
        ("update shadow set amount = -amount", {"columns": ["tenant", "booked_at"]}),
        (
            "update shadow set amount = amount * 100",
            {"ignore": ["amount"], "map": {"sum": {"left": "amount", "right": "amount / 100"}}},
        ),
        (
            "update entries set tenant = '' where id = 7; alter table shadow alter tenant drop not null;"
            "update shadow set tenant = null where id = 7",
            {"rules": {"tenant": {"null_equals_empty": True}}},
        ),
    ],
)
def test_what_a_check_calls_equal_is_equal(bench: Bench, statement: str, fields: dict[str, Any]):
    bench.ledger.run(statement)
    assert bench.unmet(bench.check("parity")).get("changed") is Outcome.FAIL, "without the rule it differs"
    assert bench.unmet(bench.check("parity", **fields)) == {}


def test_a_row_that_arrives_in_the_lag_window_was_in_flight(bench: Bench):
    bench.ledger.run("delete from shadow where id = 7")
    late = threading.Timer(1, bench.ledger.run, ["insert into shadow select * from entries where id = 7"])
    late.start()
    check = bench.check("parity", second_look={"after": "2s"}, expect={"in_flight": 1})
    assert bench.unmet(check) == {}
    late.join()


def test_rows_in_flight_can_be_too_many(bench: Bench):
    bench.ledger.run("delete from shadow where id = 7")
    late = threading.Timer(1, bench.ledger.run, ["insert into shadow select * from entries where id = 7"])
    late.start()
    check = bench.check("parity", second_look={"after": "2s"}, expect={"in_flight": 0})
    assert bench.unmet(check) == {"in-flight": Outcome.FAIL}
    late.join()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"right": "ledger:public.nothing"}, "nothing"),
        ({"columns": ["colour"]}, "colour"),
        ({"right": "ledger:public.entries"}, "both sides are"),
        ({"left": "files:absent.jsonl"}, "absent.jsonl"),
        ({"left": "files:broken.jsonl"}, "broken.jsonl"),
    ],
)
def test_what_cannot_be_compared_is_the_observers_trouble(bench: Bench, fields: dict[str, Any], said: str):
    (bench.folder / "broken.jsonl").write_text('{"id": 1}\n{"id": \n')
    verdict = bench.judgement(bench.check("parity", **fields)).verdicts[0]
    found = {finding.expectation: finding for finding in verdict.findings}
    assert found["read"].outcome is Outcome.ERROR
    assert said in found["read"].because
    assert {f.outcome for name, f in found.items() if name != "read"} == {Outcome.INCONCLUSIVE}


def test_a_database_that_does_not_answer_is_said_without_its_password(bench: Bench):
    bench.url = "postgresql://somebody:hunter2@127.0.0.1:1/ledger"
    evidence = bench.collect(bench.check("parity"))
    assert evidence.rows[0].problem is not None  # type: ignore[attr-defined]
    assert "hunter2" not in str(evidence)


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_a_server_that_accepts_and_is_silent_is_left_at_the_time_limit(bench: Bench, scheme: str):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bench.url = f"{scheme}://somebody@127.0.0.1:{silent.getsockname()[1]}/ledger"
        began = time.monotonic()
        (finding, *_) = bench.judgement(bench.check("parity", within="1s")).verdicts[0].findings
    assert time.monotonic() - began < 6
    assert "stopped after 1 s" in finding.because


def test_no_password_stands_in_the_evidence(bench: Bench):
    evidence = bench.collect(bench.check("reconciliation", totals=[{"by": ["tenant"], "sum": "amount"}]))
    assert bench.url.split(":")[2].split("@")[0] not in str(evidence)


def test_a_source_that_holds_no_rows_is_refused(bench: Bench):
    with pytest.raises(CollectionError, match="neither a database nor a folder"):
        bench.collect(bench.check("parity", left="api:/entries"))


def test_samples_are_capped_and_redacted(bench: Bench):
    bench.ledger.run("update shadow set amount = amount + 1, tenant = 'secret'")
    evidence = bench.collect(bench.check("parity", samples={"each": 3, "redact": ["tenant"]}))
    told = json.loads(evidence.captures[0].body)
    assert len(told["samples"]) == 3
    assert "secret" not in evidence.captures[0].body.decode()
    assert told["queries"]


@pytest.mark.parametrize("kind", BOTH)
def test_the_rows_are_read_again_from_the_captures_alone(bench: Bench, kind: str):
    bench.ledger.run("update shadow set amount = amount + 1 where id < 9")
    check = bench.check(kind, totals=[{"by": ["tenant"], "sum": "amount"}])
    evidence = bench.collect(check)
    collector: Any = ParityCollector if kind == "parity" else ReconciliationCollector
    assert collector.rows_from(check, evidence.captures) == evidence.rows
    assert len(evidence.rows) == 3


def sessions(bench: Bench) -> int:
    with psycopg.connect(bench.ledger.cluster.url("postgres", "postgres")) as connection:
        query = "select count(*) from pg_stat_activity where datname = %s"
        row = connection.execute(query, [bench.ledger.name]).fetchone()
    return int(row[0]) if row else 0


def slow(bench: Bench) -> dict[str, Any]:
    """Sides whose rows take a quarter of an hour to read."""
    bench.ledger.run("create view slow as select e.*, pg_sleep(5)::text as nap from entries e")
    return {"left": "ledger:public.slow", "key": "id"}


def test_a_comparison_past_its_time_limit_is_stopped_on_the_server_too(bench: Bench):
    began = time.monotonic()
    verdict = bench.judgement(
        bench.check(
            "reconciliation", **slow(bench), columns=["nap"], within="1s", map={"nap": {"left": "nap", "right": "'x'"}}
        )
    ).verdicts[0]
    assert time.monotonic() - began < 20
    assert verdict.outcome is Outcome.ERROR
    assert sessions(bench) == 0


def test_a_cancelled_comparison_leaves_no_session_behind(bench: Bench):
    check = bench.check("reconciliation", **slow(bench), map={"nap": {"left": "nap", "right": "'x'"}})
    assert isinstance(check, ReconciliationCheck)

    async def cancel() -> None:
        collector = ReconciliationCollector(bench.sources(), lambda: datetime.now(UTC))
        task = asyncio.create_task(collector.collect(check))
        await asyncio.sleep(1.5)
        assert sessions(bench) > 0
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 5, "it waited for the query's own time limit"

    asyncio.run(cancel())
    assert sessions(bench) == 0


@pytest.mark.parametrize("wrong", [{"tolerance": {}}, {"round_to": -1}, {"whitespace": "none"}, {"tolerance": -1}])
def test_a_rule_without_meaning_is_no_catalogue(bench: Bench, wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="rules"):
        bench.check("parity", rules={"amount": wrong})


@pytest.mark.parametrize("kind", ["numeric(18, 2)", "numeric", "bigint", "double precision", "interval"])
def test_a_changed_sign_is_a_change_in_every_kind_of_number(bench: Bench, kind: str):
    value = "make_interval(days => id::int)" if kind == "interval" else "id"
    for table, sign in (("entries", ""), ("shadow", "-")):
        bench.ledger.run(f"alter table {table} add column signed {kind}; update {table} set signed = {sign}{value}")
    evidence = bench.collect(bench.check("parity"))
    assert evidence.rows[0].model_dump()["changed"] == 200


def test_a_file_is_called_by_its_place_and_never_by_a_folder_of_this_machine(bench: Bench):
    check = bench.check("parity", left="files:gone.csv", right="files:away/gone.csv")
    (capture,) = bench.collect(check).captures
    assert json.loads(capture.body)["problem"] == "files:gone.csv cannot be opened: No such file or directory"
    bench.folder.joinpath("gone.csv").write_text("id\n1\n")
    (capture,) = bench.collect(check).captures
    assert json.loads(capture.body)["problem"] == "files:away/gone.csv cannot be opened: its folder is not there"
