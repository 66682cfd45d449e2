"""What only ledgers are asked for, on a real database and a real file: many for one, items, control totals, age."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.evidence.open_items import followed
from checks.expectations.judge import judge
from checks.expectations.reconciliation import RECONCILIATION
from checks.expectations.suite import Occasion
from checks.kinds.reconciliation import ReconciliationCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.database import Cluster
from tests.tasks.collectors.test_comparing import Bench
from tests.tasks.dumps import Ledger

TABLES = """
create table payments (id bigint primary key, currency text not null, amount numeric(18, 2), paid_at timestamptz);
insert into payments select n, 'EUR', n, '2026-01-01 12:00Z' from generate_series(1, 20) n;
create table lines (line serial primary key, payment bigint, currency text, amount numeric(18, 2));
insert into lines (payment, currency, amount)
  select id, currency, amount - 0.25 from payments union all select id, currency, 0.25 from payments;
"""
BANK = "booked,currency,amount\n" + "".join(f"2026-01-01 12:0{n % 9}:00+00,EUR,{n}.00\n" for n in range(1, 21))
MANY = {
    "left": "ledger:public.payments", "right": "ledger:public.lines", "key": "id", "columns": ["currency"],
    "map": {"id": {"left": "id", "right": "payment"}}, "match": {"many": "right", "sum": "amount"},
}  # fmt: skip
ITEMS = {
    "left": "files:bank.csv", "right": "ledger:public.payments", "key": [],
    "map": {"at": {"left": "booked", "right": "paid_at"}},
    "match": {"by": "currency", "amount": "amount", "time": "at", "window": "10m"}, "control": "amount",
}  # fmt: skip


APART = {"extra": Outcome.FAIL, "unique": Outcome.FAIL, "changed": Outcome.INCONCLUSIVE}
"""What lines of two currencies come to: they are not added up."""


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    ledger = Ledger.new(cluster, TABLES)
    (tmp_path / "bank.csv").write_text(BANK)
    yield Bench(ledger, tmp_path)
    ledger.drop()


def check(**fields: Any) -> ReconciliationCheck:
    return ReconciliationCheck.model_validate({"id": "the-check", **fields})


def test_lines_that_add_up_to_their_payment_pass(bench: Bench):
    judgement = bench.judgement(check(**MANY))
    assert {verdict.outcome for verdict in judgement.verdicts} == {Outcome.PASS}
    row = bench.collect(check(**MANY)).rows[0].model_dump()
    assert (row["left"], row["right"], row["lines_left"], row["lines_right"]) == (20, 20, 20, 40)


@pytest.mark.parametrize(
    ("statement", "unmet"),
    [
        ("update lines set amount = amount + 0.01 where line = 7", {"changed": Outcome.FAIL}),
        ("update lines set currency = 'USD' where line = 7", APART),
        ("delete from lines where payment = 7", {"missing": Outcome.FAIL}),
        ("insert into lines (payment, currency, amount) values (99, 'EUR', 1)", {"extra": Outcome.FAIL}),
    ],
)  # fmt: skip
def test_lines_that_do_not_add_up_are_findings(bench: Bench, statement: str, unmet: dict[str, Outcome]):
    bench.ledger.run(statement)
    assert bench.unmet(check(**MANY)) == unmet


def test_items_meet_by_currency_amount_and_time(bench: Bench):
    judgement = bench.judgement(check(**ITEMS))
    assert {verdict.outcome for verdict in judgement.verdicts} == {Outcome.PASS}
    assert [verdict.subject for verdict in judgement.verdicts] == ["the-check", "control amount"]


def test_an_item_outside_the_window_is_missing_and_extra(bench: Bench):
    bench.ledger.run("update payments set paid_at = paid_at - interval '11 minutes' where id = 7")
    assert bench.unmet(check(**ITEMS)) == {"missing": Outcome.FAIL, "extra": Outcome.FAIL}
    wider = {**ITEMS, "match": {**ITEMS["match"], "window": "1h"}}
    assert bench.unmet(check(**wider)) == {}


def test_amounts_may_be_apart_by_what_the_check_says(bench: Bench):
    bench.ledger.run("update payments set amount = amount + 0.01 where id = 7")
    near = {**ITEMS, "match": {**ITEMS["match"], "within": 0.01}, "control": {"sum": "amount", "tolerance": 0.01}}
    assert {one.outcome for one in bench.judgement(check(**near)).verdicts} == {Outcome.PASS}
    exact = {**near, "control": "amount"}
    verdicts = {one.subject: one for one in bench.judgement(check(**exact)).verdicts}
    assert verdicts["the-check"].outcome is Outcome.PASS
    found = {one.expectation: one for one in verdicts["control amount"].findings}
    assert (found["adds-up"].outcome, found["control-total"].outcome) == (Outcome.PASS, Outcome.FAIL)
    assert found["control-total"].because == "amount: 210.00 left, 210.01 right, 0.01 apart; at most 0 expected"


def test_the_sum_of_each_class_stands_in_the_finding(bench: Bench):
    bench.ledger.run("delete from payments where id = 7; insert into payments values (99, 'EUR', 100, now())")
    control = bench.judgement(check(**ITEMS)).verdicts[1]
    found = {one.expectation: one for one in control.findings}
    assert found["adds-up"].because == (
        "the classes of rows add up to both totals of amount: equal 203.00 left and 203.00 right,"
        " changed 0.00 left and 0.00 right, missing 7.00 left, extra 100.00 right, unkeyed 0.00 left and 0.00 right"
    )
    assert found["control-total"].outcome is Outcome.FAIL


def test_the_rows_are_read_again_from_the_captures_alone(bench: Bench):
    bench.ledger.run("delete from payments where id = 7")
    asked = check(**ITEMS, expect={"open_for": "1d"})
    evidence = bench.collect(asked)
    from tasks.collectors.reconciliation import ReconciliationCollector

    assert ReconciliationCollector.rows_from(asked, evidence.captures) == evidence.rows
    assert len(json.loads(evidence.rows[0].model_dump()["open_items"])) == 1


def test_a_row_that_differs_for_too_long_fails_though_so_many_may_differ(bench: Bench):
    bench.ledger.run("delete from payments where id = 7")
    asked = check(**ITEMS, expect={"missing": 1, "open_for": "3h"})
    evidence = bench.collect(asked)
    told = json.loads(evidence.captures[0].body)
    now = datetime.now(UTC)
    for hours, outcome in ((2, Outcome.PASS), (4, Outcome.FAIL)):
        before = {"the-check": followed(None, told, now - timedelta(hours=hours))}
        occasion, slot = Occasion(now, {}, before), Slot.on_demand(Cadence.HOURLY, now)
        verdict = judge(RECONCILIATION, [(asked, evidence)], slot=slot, occasion=occasion)[0].verdicts[0]
        found = {one.expectation: one.outcome for one in verdict.findings}
        assert (found["open-for"], found["missing"], found["followed"]) == (outcome, Outcome.PASS, Outcome.PASS)


def test_rows_that_are_not_shown_leave_their_age_undecided(bench: Bench):
    bench.ledger.run("delete from payments where id < 4")
    found = bench.outcomes(check(**ITEMS, samples={"each": 1}, expect={"missing": 3, "open_for": "3h"}))
    assert found["followed"] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": {"by": "currency", "amount": "amount", "window": "1h"}},
        {"match": {"by": "currency", "amount": "amount"}, "key": "id"},
        {"match": {"many": "right", "sum": "amount"}},
        {"match": {"many": "right", "sum": "amount"}, "key": "*"},
        {"match": {"many": "up", "sum": "amount"}, "key": "id"},
        {"match": {"amount": "amount", "within": 1}, "rules": {"amount": {"tolerance": 2}}},
        {"control": {"sum": "amount", "tolerance": -1}},
        {"control": {"tolerance": 1}},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        check(left="files:bank.csv", right="ledger:public.payments", **wrong)
