"""The ladder from B0 to B7, climbed on real archives of a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.outcome import Outcome
from examples.sandbox.database import Cluster
from tasks.drills.timeline import Spans
from tests.tasks.collectors.ledger_backups import NAME, SMOKE, Bench, bench_of, outcomes, unmet
from tests.tasks.dumps import Ledger, databases, sign


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    with bench_of(cluster, tmp_path) as made:
        yield made


@pytest.mark.parametrize("kind", ["custom", "directory", "tar"])
def test_a_sound_archive_climbs_every_step(bench: Bench, kind: str):
    archive = bench.ledger.dump(bench.folder / NAME, kind=kind)
    found = bench.findings(bench.weekly(expect={"size": None, "checksum": archive.is_file()}))
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}
    assert {"B0-found", "B2-readable", "B4-restored", "B5-schema", "B6-RPO", "B6-canary", "B7-RTO"} <= found.keys()
    assert databases(bench.ledger.cluster) == set()


def test_a_plain_script_climbs_every_step(bench: Bench):
    bench.ledger.dump(bench.folder / f"{datetime.now(UTC):ledger-%Y%m%dT%H%M%SZ}.sql", "--no-owner", kind="plain")
    found = bench.findings(bench.weekly())
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}


def test_without_a_declared_target_a_server_is_started_for_the_rehearsal(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"into": None}))
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}


def test_a_daily_check_asks_nothing_of_a_copy(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.check())
    assert set(outcomes(found).values()) == {Outcome.PASS}
    assert not any(name.startswith(("B4", "B5", "B6", "B7")) for name in found)


def test_no_backup_is_a_failure_of_the_first_step_and_decides_no_other(bench: Bench):
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B0-found": Outcome.FAIL}
    assert outcomes(found)["B7-smoke"] is Outcome.INCONCLUSIVE


def test_an_empty_file_is_said_to_be_empty(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(b"")
    sign(archive)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B1-content": Outcome.FAIL}
    assert "empty" in found["B1-content"].because


def test_a_truncated_archive_fails_its_checksum_and_is_not_restored(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(archive.read_bytes()[:-700])
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B2-checksum": Outcome.FAIL}
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE
    assert "rehearsal.json" not in {capture.item for capture in bench.collect(bench.weekly()).captures}


@pytest.mark.parametrize("kind", ["custom", "tar", "plain"])
def test_a_truncated_archive_whose_checksum_agrees_is_read_to_its_end(bench: Bench, kind: str):
    archive = bench.ledger.dump(bench.folder / NAME, kind=kind)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size * 3 // 4])
    sign(archive)
    assert unmet(bench.findings(bench.check())) == {"B2-readable": Outcome.FAIL}


def test_a_truncated_archive_whose_checksum_agrees_fails_to_restore(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(archive.read_bytes()[:-700])
    sign(archive)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "truncated or damaged" in found["B4-restored"].because
    assert databases(bench.ledger.cluster) == set()


def test_a_script_with_an_error_in_it_fails_at_that_error(bench: Bench):
    name = f"{datetime.now(UTC):ledger-%Y%m%dT%H%M%SZ}.sql"
    script = bench.ledger.dump(bench.folder / name, "--no-owner", kind="plain")
    script.write_text(script.read_text().replace("CREATE INDEX", "CREATE NONSENSE"))
    sign(script)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "syntax error" in found["B4-restored"].because


def test_a_directory_that_lacks_a_file_cannot_be_read(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME, kind="directory")
    next(file for file in archive.iterdir() if file.name != "toc.dat").unlink()
    assert unmet(bench.findings(bench.check(expect={"size": None, "checksum": False}))) == {"B2-readable": Outcome.FAIL}


def test_an_archive_of_another_database_is_not_restored(bench: Bench, cluster: Cluster):
    other = Ledger.new(cluster, "create table items (id int)")
    other.dump(bench.folder / NAME)
    other.drop()
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B2-database": Outcome.FAIL, "B2-tables": Outcome.FAIL}
    assert other.name in found["B2-database"].because
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE
    assert "rehearsal.json" not in {capture.item for capture in bench.collect(bench.weekly()).captures}


def test_an_archive_without_rows_is_told_by_its_contents(bench: Bench):
    bench.ledger.dump(bench.folder / NAME, "--schema-only")
    assert unmet(bench.findings(bench.weekly())) == {"B2-tables": Outcome.FAIL}


def test_something_else_under_a_backups_name_cannot_be_read(bench: Bench):
    (bench.folder / NAME).write_bytes(b"<html>maintenance</html>")
    sign(bench.folder / NAME)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B2-readable": Outcome.FAIL}
    assert "no archive of pg_dump" in found["B2-readable"].because


def test_an_archive_from_the_future_is_stale(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger-20990101T000000Z.sql", "--no-owner", kind="plain")
    found = bench.findings(bench.check())
    assert unmet(found) == {"B1-clock": Outcome.STALE}
    assert outcomes(found)["B1-age"] is Outcome.INCONCLUSIVE


def test_an_archive_that_is_too_old_is_stale(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger-20200101T000000Z.sql", "--no-owner", kind="plain")
    assert unmet(bench.findings(bench.check())) == {"B1-age": Outcome.STALE}


def test_the_time_of_the_file_alone_dates_no_backup(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger.sql", "--no-owner", kind="plain")
    assert outcomes(bench.findings(bench.check()))["B1-age"] is Outcome.INCONCLUSIVE
    assert outcomes(bench.findings(bench.check(trust_file_time=True)))["B1-age"] is Outcome.PASS


def test_a_missing_checksum_is_no_matching_one(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.with_name(f"{NAME}.sha256").unlink()
    assert outcomes(bench.findings(bench.check()))["B2-checksum"] is Outcome.INCONCLUSIVE


def test_a_backup_that_shrank_fails_against_the_median_of_those_before(bench: Bench):
    for day in range(1, 4):
        (bench.folder / f"ledger-2020-01-0{day}.sql").write_bytes(b"-- PostgreSQL database dump\n" * 100_000)
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.check(expect={}))) == {"B1-size": Outcome.FAIL}


def test_the_first_backup_has_no_size_to_be_held_against(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert outcomes(bench.findings(bench.check(expect={})))["B1-size"] is Outcome.INCONCLUSIVE


def test_copies_must_hold_the_same_bytes(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    offsite = bench.folder.parent / "offsite"
    offsite.mkdir()
    check = bench.check(copies=["offsite:."])
    assert unmet(bench.findings(check)) == {"B1-redundancy": Outcome.FAIL}
    (offsite / NAME).write_bytes(archive.read_bytes()[:-1] + b"?")
    assert "bytes differ" in bench.findings(check)["B1-redundancy"].because
    (offsite / NAME).write_bytes(archive.read_bytes())
    assert unmet(bench.findings(check)) == {}


def test_fewer_backups_than_must_be_kept_fail(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.check(expect={"size": None, "kept": 2}))) == {"B1-kept": Outcome.FAIL}


def test_a_schema_that_moved_on_is_named_line_by_line(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("alter table entries add column note text; drop index entries_by_tenant")
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B5-schema": Outcome.FAIL}
    assert "lacks column public.entries.note text" in found["B5-schema"].because
    assert "has besides index CREATE INDEX entries_by_tenant" in found["B5-schema"].because


def test_a_backup_that_lacks_much_of_what_the_source_holds_fails(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("insert into entries select n, 'new', n, now() from generate_series(501, 1000) n")
    assert unmet(bench.findings(bench.weekly())) == {"B6-share": Outcome.FAIL}


def test_an_empty_table_comes_back_with_too_few_rows(bench: Bench):
    bench.ledger.run("truncate entries")
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"smoke": ["select 1"]}))
    assert unmet(found) == {"B6-rows": Outcome.FAIL}


def test_a_missing_canary_fails(bench: Bench):
    bench.ledger.run("delete from heartbeat; insert into heartbeat values ('other', now())")
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly())) == {"B6-canary": Outcome.FAIL}


def test_old_records_break_the_recovery_point(bench: Bench):
    bench.ledger.run("update entries set booked_at = '2020-01-01'; update heartbeat set beat_at = '2020-01-01'")
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly())) == {"B6-RPO": Outcome.FAIL}


def test_records_of_the_future_prove_no_recovery_point(bench: Bench):
    bench.ledger.run("update heartbeat set beat_at = '2099-01-01'")
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B6-newest": Outcome.STALE}
    assert outcomes(found)["B6-RPO"] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("query", ["select nothing from nowhere", "select 1 where false", "delete from entries"])
def test_a_question_without_an_answer_fails_and_measures_no_recovery_time(bench: Bench, query: str):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"smoke": [*SMOKE, query]}))
    assert unmet(found) == {"B7-smoke": Outcome.FAIL}
    assert outcomes(found)["B7-RTO"] is Outcome.INCONCLUSIVE


def test_a_recovery_that_takes_too_long_fails(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly(expect={"size": None, "rto": "1ms"}))) == {"B7-RTO": Outcome.FAIL}


def test_a_source_that_is_gone_leaves_the_rest_of_the_ladder(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.source_url = f"postgresql://nobody@127.0.0.1:1/{bench.ledger.name}"
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B5-source": Outcome.ERROR}
    assert outcomes(found)["B5-schema"] is Outcome.INCONCLUSIVE
    assert outcomes(found)["B7-smoke"] is Outcome.PASS


def test_an_object_that_cannot_be_restored_fails_with_the_servers_words(bench: Bench):
    bench.ledger.run(
        "create function at_home() returns bool language sql as $$ select current_database() like 'ledger%' $$;"
        "alter table entries add check (at_home())"
    )
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "check constraint" in found["B4-restored"].because
    assert databases(bench.ledger.cluster) == set()


def test_what_is_no_backup_is_not_counted_as_one_and_fills_no_gap(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    header = b"-- PostgreSQL database dump\n"
    (bench.folder / "ledger-2026-01-01.sql").write_bytes(header)
    for number, body in enumerate((b"", b"<html>maintenance</html>"), start=2):
        (bench.folder / f"ledger-2026-01-0{number}.sql").write_bytes(body)
    row = bench.collect(bench.check()).rows[0].model_dump()
    assert (row["found"], row["kept"], row["median_bytes"]) == (4, 2, len(header))
    alone = (row["created_at"] - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
    assert row["widest_gap"] == alone
    found = bench.findings(bench.check(expect={"size": None, "kept": 3}))
    assert unmet(found) == {"B1-kept": Outcome.FAIL}


def test_a_table_that_cannot_be_counted_at_the_source_is_not_left_out_of_the_shares(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.source_url = bench.ledger.cluster.url("auditor", bench.ledger.name)
    bench.ledger.run("grant select on heartbeat to auditor")
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B5-source": Outcome.ERROR}
    assert "public.entries: permission denied" in found["B5-source"].because
    assert outcomes(found)["B6-share"] is Outcome.INCONCLUSIVE


def test_a_table_whose_rows_have_no_time_at_all_does_not_hide_behind_another(bench: Bench):
    bench.ledger.run("update entries set booked_at = null")
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B6-rows": Outcome.FAIL}
    assert "public.entries has no time in booked_at" in found["B6-rows"].because


SETTLED = {"public.entries": {"newest": "booked_at", "equal_before": "1m"}, "public.heartbeat": {}}


def test_rows_that_had_settled_are_the_sources_value_by_value(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    check = bench.weekly(tables=SETTLED)
    found = bench.findings(check)
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}
    assert found["B6-equal"].because.startswith("499 rows that had settled before the backup are the source's")
    body = next(one.body for one in bench.collect(check).captures if one.item == "spans.json")
    spans = Spans.model_validate_json(body)
    assert [span.name for span in spans.spans][-4:] == ["verify", "smoke", "verify", "teardown"]
    assert spans.recovered is not None
    assert spans.recovered <= spans.spans[-2].began, "comparing is no part of the recovery"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update entries set amount = amount + 0.01 where id = 300", "0 are missing, 0 are not the source's, 1 are"),
        ("delete from entries where id = 300", "0 are missing, 1 are not the source's, 0 are changed"),
        ("insert into entries values (-1, 'late', 1, '2020-01-01')", "1 are missing, 0 are not the source's, 0 are"),
    ],
)
def test_a_settled_row_that_is_not_the_sources_fails(bench: Bench, change: str, words: str):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run(change)
    found = bench.findings(bench.weekly(tables=SETTLED))
    assert unmet(found) == {"B6-equal": Outcome.FAIL}
    assert f"public.entries: {words}" in found["B6-equal"].because


@pytest.mark.parametrize(("change", "name"), [("add column note text", "source"), ("drop column amount", "copy")])
def test_settled_rows_of_other_columns_are_not_the_sources(bench: Bench, change: str, name: str):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run(f"alter table entries {change}")
    check = bench.weekly(tables=SETTLED)
    assert bench.findings(check)["B6-equal"].outcome is Outcome.INCONCLUSIVE
    (row,) = bench.collect(check).rows
    assert f"the {name} alone has {change.split()[2]}" in row.compared_cause


def test_what_changed_after_the_backup_had_not_settled(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("insert into entries values (501, 'new', 1, now()); update heartbeat set beat_at = now()")
    assert unmet(bench.findings(bench.weekly(tables=SETTLED))) == {}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update entries set booked_at = now()", "no row is older than the backup"),
        ("alter table entries drop constraint entries_pkey", "public.entries: "),
    ],
)
def test_where_nothing_could_be_compared_nothing_is_equal(bench: Bench, statement: str, words: str):
    bench.ledger.run(statement)
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("insert into entries select * from entries limit 1" if "drop" in statement else "select 1")
    check = bench.weekly(tables=SETTLED)
    assert outcomes(bench.findings(check))["B6-equal"] is Outcome.INCONCLUSIVE
    assert words in bench.collect(check).rows[0].model_dump()["compared_cause"]


def test_the_settled_rows_of_a_copy_on_a_server_of_its_own_are_compared_too(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"into": None}, tables=SETTLED))
    assert found["B6-equal"].outcome is Outcome.PASS
