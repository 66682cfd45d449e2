"""A base backup from before a promotion: its log is followed and replayed over the switch to the new timeline."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from checks.outcome import Outcome
from tests.tasks.collectors.broken_base_backups import PLAIN, TAR, Scene, ledger
from tests.tasks.collectors.test_backup_base import judged, row_of, unmet
from tests.tasks.primary import Primary, primary, standby

pytestmark = [pytest.mark.xdist_group("base-backups"), pytest.mark.slow]
LATE = "late"
LOST, KEPT = 9001, 3001


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A primary, a standby that was promoted, and the old primary that wrote on; both archive to the same place."""
    with primary(tmp_path_factory.mktemp("promoted").resolve()) as old:
        system = old.ask("select system_identifier from pg_control_system()")
        old.back_up(PLAIN)
        old.back_up(TAR, "--format=tar", "--gzip")
        with standby(old) as new:
            later = old.write(1001)
            old.archived()
            old.write(2001)
            follow(new, 2001)
            new.ask("select pg_promote()")
            latest = write_on(old, new)
            yield Scene(new, later, latest, system)


def follow(new: Primary, first: int) -> None:
    for _ in range(600):
        if new.ask(f"select count(*) from entries where id >= {first}") != "0":
            return
        time.sleep(0.05)
    pytest.fail("the standby does not follow")


def write_on(old: Primary, new: Primary) -> datetime:
    """What the old primary still writes is lost; what the new one writes has to come back."""
    old.write(LOST)
    old.archived()
    old.back_up(LATE)
    latest = new.write(KEPT)
    new.archived()
    return latest


def test_the_archive_holds_a_switch_of_timelines(scene: Scene):
    names = {path.name for path in scene.cluster.archive.iterdir()}
    assert "00000002.history" in names
    assert {name[:8] for name in names if len(name) == 24} == {"00000001", "00000002"}


@pytest.mark.parametrize("backup", [PLAIN, TAR])
def test_a_backup_is_recovered_over_a_promotion(scene: Scene, tmp_path: Path, backup: str):
    bench = scene.bench(tmp_path / backup, backup)
    of_the_new = f"select count(*) = 100 and not exists (select from entries where id >= {LOST}) from entries"
    canary = f"{of_the_new} where id >= {KEPT}"
    check = bench.check(of="ledger", form={"system": None}, restore={"canary": canary, "smoke": ["select 1"]})
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    row = row_of(evidence)
    assert row.recovered_at == scene.latest
    assert (row.wal_newest or "").startswith("00000002")


def test_a_backup_is_recovered_to_an_instant_before_the_promotion(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "instant")
    until = scene.later + (scene.latest - scene.later) / 1000
    check = bench.check(form={"database": "ledger", "recover": {"until": until.isoformat()}})
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert row_of(evidence).recovered_at == scene.later


def test_a_backup_of_what_the_promotion_left_behind_leads_nowhere(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "late", LATE)
    check = bench.check(**ledger())
    (found,) = judged((check, bench.collect(check)))
    assert found["B3-timeline"].outcome is Outcome.FAIL
    assert "timeline 2 branched off timeline 1 at " in found["B3-timeline"].because
    assert found["B4-restored"].outcome is Outcome.INCONCLUSIVE


def test_without_the_history_nobody_can_tell_where_the_switch_was(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "history")
    (bench.archive / "00000002.history").unlink()
    check = bench.check(**ledger())
    (found,) = judged((check, bench.collect(check)))
    assert found["B3-timeline"].outcome is Outcome.FAIL
    assert "00000002.history is not there" in found["B3-timeline"].because
