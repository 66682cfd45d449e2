"""Base backups of a real cluster, and each way in which one can be no good."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from checks.evidence.records import Evidence
from checks.kinds.backup import BackupCheck
from checks.outcome import Outcome
from examples.sandbox.database import binaries
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
from tests.tasks.primary import Primary

PLAIN, TAR = "plain", "tar"


@dataclass(frozen=True, slots=True)
class Scene:
    """A cluster with a plain and a tar backup, and two transactions since, each in a segment of its own."""

    cluster: Primary
    later: datetime
    latest: datetime
    system: str

    def bench(self, folder: Path, backup: str = PLAIN) -> "Bench":
        """Links to a backup and to the archive, to be broken by other files in their place."""
        (folder / "backups").mkdir(parents=True)
        for part in (f"backups/{backup}", "archive"):
            shutil.copytree(self.cluster.folder / part, folder / part, symlinks=True, copy_function=os.link)
        return Bench(self, folder, backup)


@dataclass(slots=True)
class Bench:
    """One backup with its archive, and the collector that looks at both."""

    scene: Scene
    folder: Path
    name: str
    programs: Path = field(default_factory=binaries)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def backup(self) -> Path:
        return self.folder / "backups" / self.name

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def segments(self) -> list[Path]:
        return sorted(path for path in self.archive.iterdir() if len(path.name) == 24)

    def check(self, *, form: Mapping[str, Any] | None = None, **fields: Any) -> BackupCheck:
        smoke = ["select tenant, sum(amount) from entries group by tenant", "select id from placed"]
        asked = {
            "id": "ledger-base-backup",
            "backups": "backups:*",
            "form": {"made_by": "pg_basebackup", "wal": "archive:.", "system": self.scene.system, **(form or {})},
            "programs": "programs",
            "tables": {"public.entries": {"rows": 500}},
            "restore": {
                "within": "60s",
                "canary": "select exists (select from heartbeat where name = 'canary')",
                "smoke": smoke,
            },
            "expect": {"size": None},
        }
        return BackupCheck.model_validate({**asked, **fields})

    def collect(self, check: BackupCheck) -> Evidence:
        sources = Sources(
            {
                "backups": FolderAccess("backups", self.folder / "backups", 10**9),
                "archive": FolderAccess("archive", self.archive, 10**9),
                "programs": FolderAccess("programs", self.programs, 10**9),
                "ledger": DatabaseAccess("ledger", self.scene.cluster.url, 60),
            }
        )
        return asyncio.run(BackupCollector(sources, self.now).collect(check))


def ledger(**form: Any) -> dict[str, Any]:
    """A check that asks the ledger in the copy without comparing it with the source."""
    return {"form": {"database": "ledger", **form}}


@dataclass(frozen=True, slots=True)
class Broken:
    """A way in which a backup is no good: what is done to it, what is not met then, and what that finding says."""

    arrange: Callable[[Bench], Mapping[str, Any] | None]
    unmet: Mapping[str, Outcome]
    words: str
    backup: str = PLAIN


def change_byte(path: Path, at: int) -> None:
    whole = bytearray(path.read_bytes())
    whole[at] ^= 0xFF
    put(path, whole)


def put(path: Path, body: bytes) -> None:
    """Another file under the same name: the one that is there may have other names too."""
    path.unlink(missing_ok=True)
    path.write_bytes(body)


def change_a_table(bench: Bench) -> None:
    change_byte(bench.backup / "global" / "1262", 5000)


def lose_a_table(bench: Bench) -> None:
    (bench.backup / "global" / "1262").unlink()


def lose_the_manifest(bench: Bench) -> None:
    (bench.backup / "backup_manifest").unlink()


def begin_the_manifest(bench: Bench) -> None:
    (bench.backup / "backup_manifest").rename(bench.backup / "backup_manifest.tmp")


def cut_the_manifest(bench: Bench) -> None:
    put(bench.backup / "backup_manifest", (bench.backup / "backup_manifest").read_bytes()[:500])


def begin_in_the_future(bench: Bench) -> None:
    label = bench.backup / "backup_label"
    put(label, label.read_bytes().replace(b"START TIME: 2", b"START TIME: 3"))


def lose_a_segment(bench: Bench) -> None:
    bench.segments()[-2].unlink()


def change_a_segment(bench: Bench) -> None:
    change_byte(bench.segments()[-2], 3000)


def cut_a_segment(bench: Bench) -> None:
    segment = bench.segments()[-1]
    put(segment, segment.read_bytes()[:70_000])


def take_a_segment_of_another_cluster(bench: Bench) -> None:
    change_byte(bench.segments()[-2], 24)


def rename_a_segment(bench: Bench) -> None:
    put(bench.segments()[-2], bench.segments()[-1].read_bytes())


def lose_the_history(bench: Bench) -> None:
    last = bench.segments()[-1]
    shutil.copyfile(last, last.with_name(f"00000002{last.name[8:]}"))


def branch_off_before_the_backup(bench: Bench) -> None:
    (bench.archive / "00000002.history").write_text("1\t0/300000\tno recovery target specified\n")


def branch_off_elsewhere(bench: Bench) -> None:
    (bench.archive / "00000003.history").write_text("2\t0/300000\tno recovery target specified\n")


def ask_for_another_cluster(bench: Bench) -> Mapping[str, Any]:
    return ledger(system="4711")


def empty_the_folder(bench: Bench) -> None:
    shutil.rmtree(bench.backup)
    bench.backup.mkdir()


def put_something_else_there(bench: Bench) -> None:
    empty_the_folder(bench)
    (bench.backup / "index.html").write_text("maintenance")


def use_older_programs(bench: Bench) -> None:
    bench.programs = bench.folder / "old"
    for name in ("pg_verifybackup", "pg_waldump"):
        fake(bench, name, f"echo '{name} (PostgreSQL) 15.9'")


def use_an_older_server(bench: Bench) -> None:
    with_postgres(bench, "echo 'postgres (PostgreSQL) 15.9'")


def fill_the_disk(bench: Bench) -> None:
    """A server that says what a real one says where its disk is full."""
    full = 'FATAL:  could not write to file "pg_wal/xlogtemp.31": No space left on device'
    with_postgres(
        bench, f"""case "$*" in *-D*) echo '{full}' >&2; exit 1;; esac; exec {binaries() / "postgres"} "$@" """
    )


def use_no_programs(bench: Bench) -> None:
    bench.programs = bench.folder


def leave_gaps(bench: Bench) -> Mapping[str, Any]:
    label = "START WAL LOCATION: 0/1 (file 1)\nSTART TIME: 2020-01-01 00:00:00 UTC\n"
    (bench.folder / "backups" / "earlier").mkdir()
    (bench.folder / "backups" / "earlier" / "backup_label").write_text(label)
    return {**ledger(), "expect": {"size": None, "gap": "26h"}, "restore": None}


def change_a_copy(bench: Bench) -> Mapping[str, Any]:
    shutil.copytree(bench.backup, bench.archive / "offsite" / PLAIN, symlinks=True)
    change_byte(bench.archive / "offsite" / PLAIN / "global" / "1262", 5000)
    return {**ledger(), "copies": ["archive:offsite"], "restore": None}


def cut_the_tar_file(bench: Bench) -> None:
    tar = bench.backup / "base.tar.gz"
    put(tar, tar.read_bytes()[:-20_000])


def cut_the_log_tar_file(bench: Bench) -> None:
    tar = bench.backup / "pg_wal.tar.gz"
    put(tar, tar.read_bytes()[:-5_000])


def stop_after_the_end(bench: Bench) -> Mapping[str, Any]:
    return ledger(recover={"until": (bench.scene.latest + timedelta(days=1)).isoformat()})


def stop_before_the_backup(bench: Bench) -> Mapping[str, Any]:
    return ledger(recover={"back": "1h"})


def lose_a_segment_on_the_way(bench: Bench) -> None:
    """The archive loses its last segment after it was read: the server recovers without a complaint, and too little."""
    lose = f'case "$*" in *-D*) rm -f {bench.segments()[-1]};; esac'
    with_postgres(bench, f'{lose}; exec {binaries() / "postgres"} "$@"')


def ask_as_somebody_unknown(bench: Bench) -> Mapping[str, Any]:
    return ledger(role="nobody-knows")


def with_postgres(bench: Bench, script: str) -> None:
    """Another server program among the real ones."""
    bench.programs = bench.folder / "programs"
    fake(bench, "postgres", script)
    for name in ("pg_verifybackup", "pg_waldump", "pg_ctl"):
        (bench.programs / name).symlink_to(binaries() / name)


def fake(bench: Bench, name: str, script: str) -> None:
    bench.programs.mkdir(exist_ok=True)
    (bench.programs / name).unlink(missing_ok=True)  # never through a link: behind it is the real program
    (bench.programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (bench.programs / name).chmod(0o755)


def failing(rule: str, *others: str) -> dict[str, Outcome]:
    return dict.fromkeys((rule, *others), Outcome.FAIL)


BROKEN = {
    "a changed byte": Broken(change_a_table, failing("B2-manifest"), 'checksum mismatch for file "global/1262"'),
    "a lost file": Broken(lose_a_table, failing("B2-manifest"), '"global/1262" is present in the manifest but not on'),
    "no manifest": Broken(lose_the_manifest, failing("B0-complete"), "it has no backup_manifest, which pg_basebackup"),
    "still in progress": Broken(
        begin_the_manifest, failing("B0-complete"), "only begun, which pg_basebackup writes last"
    ),
    "a cut manifest": Broken(cut_the_manifest, failing("B0-complete"), "its manifest cannot be read"),
    "newer than now": Broken(
        begin_in_the_future, {"B1-clock": Outcome.STALE, "B2-manifest": Outcome.FAIL}, "made in the future"
    ),
    "a lost segment": Broken(lose_a_segment, failing("B3-continuity"), "1 of 4 segments are missing: 00000001"),
    "a changed segment": Broken(change_a_segment, failing("B3-readable"), "incorrect resource manager data checksum"),
    "a cut segment": Broken(cut_a_segment, failing("B3-origin"), "holds 70000 bytes instead of 1048576"),
    "another cluster's segment": Broken(
        take_a_segment_of_another_cluster, failing("B3-origin"), "is of the cluster with the system identifier"
    ),
    "a segment under another's name": Broken(rename_a_segment, failing("B3-origin"), "holds another part of the log"),
    "a lost history": Broken(lose_the_history, failing("B3-timeline"), "00000002.history is not there"),
    "an earlier branch": Broken(
        branch_off_before_the_backup, failing("B3-timeline"), "branched off timeline 1 at 0/30"
    ),
    "another branch": Broken(branch_off_elsewhere, failing("B3-timeline"), "does not descend"),
    "another cluster": Broken(ask_for_another_cluster, failing("B2-system"), "of another cluster"),
    "an empty folder": Broken(empty_the_folder, failing("B1-content"), "is empty"),
    "something else": Broken(put_something_else_there, failing("B0-complete"), "it is no base backup"),
    "older programs": Broken(use_older_programs, {"B2-programs": Outcome.ERROR}, "pg_verifybackup 15.9 is older than"),
    "an older server": Broken(
        use_an_older_server, {"B4-target": Outcome.ERROR}, "postgres 15.9 cannot run a cluster of"
    ),
    "a full disk": Broken(fill_the_disk, {"B4-target": Outcome.ERROR}, "no free disk: could not write to file"),
    "no programs": Broken(use_no_programs, {"B2-programs": Outcome.ERROR}, "pg_verifybackup is not in"),
    "gaps": Broken(leave_gaps, failing("B3-gap"), "lie between two backups in a row"),
    "a changed copy": Broken(change_a_copy, failing("B1-redundancy"), "its bytes differ"),
    # Its words are of the file in which the cut falls, or, where it falls between two, of those that are not there.
    "a cut tar file": Broken(cut_the_tar_file, failing("B2-manifest"), "it is not as its manifest says: ", TAR),
    "a cut log": Broken(cut_the_log_tar_file, failing("B3-timeline"), "its pg_wal.tar.gz is damaged", TAR),
    "a target after the end": Broken(
        stop_after_the_end, failing("B4-restored"), "recovery ended before configured recovery target was reached"
    ),
    "a target before the backup": Broken(stop_before_the_backup, failing("B6-target-time"), "recovered past"),
    "a segment lost on the way": Broken(lose_a_segment_on_the_way, failing("B6-recovered"), "the log goes on to"),
    "an unknown role": Broken(ask_as_somebody_unknown, failing("B4-restored"), 'role "nobody-knows" does not exist'),
}
