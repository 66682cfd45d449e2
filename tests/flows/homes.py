"""A home whose owner has bad luck: what is sealed in it, and whether all of it is sound."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.evidence.log_records import CatalogChange
from checks.evidence.signed_records import SignedRecord
from checks.slots import Cadence, Slot
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle import STAGING, bundle_folders
from tasks.sealing.filed import record_files
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import trust_for, verify_evidence
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotRecord, StoredSlot
from tests.flows.forks import Run, ended

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "http://127.0.0.1:9", timeout: 1s}
  files: {folder: FOLDER}
checks:
  nobody-listens: {kind: health, endpoints: [api:/health]}
  report: {kind: freshness, document: files:report.json, expect: {max_age: 2h}}
"""
START = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)
FAILING_AT, REPAIRED_AT = START + timedelta(hours=2), START + timedelta(hours=2, minutes=13)
"""When a test's fault strikes, and when the next run comes."""


@dataclass(frozen=True, slots=True)
class Home:
    """Evidence, store and catalogue in one folder, and the Prefect server that its runs report to."""

    folder: Path
    prefect: str
    store_url: str = ""

    @classmethod
    def new(cls, folder: Path, prefect: str) -> "Home":
        """An empty one, with a catalogue of two checks that need no server; neither passes."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "readiness.yaml").write_text(CATALOG.replace("FOLDER", "/nowhere"))
        return cls(folder, prefect)

    @classmethod
    def with_a_past(cls, folder: Path, prefect: str, store_url: str = "") -> "Home":
        """One with a sealed hour; since then the catalogue has changed, and nobody collected the hour after.

        So the run at `FAILING_AT` records a missed hour, puts the change on record and collects its own.
        """
        home = replace(cls.new(folder, prefect), store_url=store_url)
        found = ended(home.hourly(START))
        assert found.code == 0, found.said
        home.change_catalog()
        return home

    def copied(self, folder: Path) -> "Home":
        """The same in another folder, which may be there."""
        return replace(self, folder=shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True))

    @property
    def evidence(self) -> Path:
        return self.folder / "var" / "evidence"

    def hourly(self, at: datetime, *, said: Path | None = None, patches: Mapping[str, object] | None = None) -> Run:
        """The command line of an hourly run."""
        environment = {
            "READINESS_HOME": str(self.folder / "var"),
            "READINESS_STORE": self.store_url,
            "PREFECT_API_URL": self.prefect,
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
        }
        command = ["run", "hourly", "--catalog", str(self.folder / "readiness.yaml")]
        return Run(command, environment, at, said or self.folder / f"said-{at:%H%M}", patches or {})

    def change_catalog(self) -> None:
        """From now on another catalogue judges, which the log has to say."""
        path = self.folder / "readiness.yaml"
        path.write_text(path.read_text().replace("max_age: 2h", "max_age: 3h"))

    def sealed(self) -> dict[str, str]:
        """The digest of every file of every bundle that has its name."""
        files = (path for folder in bundle_folders(self.evidence) for path in folder.rglob("*") if path.is_file())
        return {
            path.relative_to(self.evidence).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }

    def verified(self) -> int:
        """How many bundles there are, each of them whole and in its chain; `latest` is one of them."""
        if not bundle_folders(self.evidence):
            return 0
        reports = verify_evidence([self.evidence], trust_for([self.evidence], None))
        assert [report.lines() for report in reports if not report.verified] == []
        assert {link.resolve() for link in (self.evidence / "latest").iterdir()} <= {*bundle_folders(self.evidence)}
        return len(reports)

    def assert_repaired(self, *, until: datetime) -> None:
        """All slots are accounted for, everything verifies, the log audits clean, and nothing is left lying about."""
        bundles = self.verified()
        trust = load_trust(self.evidence / "trust", beside_evidence=True)
        audit = audit_log(self.evidence, trust, as_of=until)
        assert audit.problems == ()
        assert audit.bundles == bundles
        assert [path.name for path in (self.evidence / STAGING).glob("*.*-*")] == []
        assert not (self.evidence / "log" / ".checkpoint.next").exists()
        assert self.unsealed() == []
        changes = self.changes()
        befores, afters = [one.before for one in changes], [one.after for one in changes]
        assert befores == [None, *afters[:-1]], "a change is logged once, and names what was in force before it"
        assert [one.slot for one in self.slots(until=until) if one.filled_by is None or not one.sealed] == []

    def assert_the_next_run_repairs(self, sealed: Mapping[str, str]) -> None:
        """What was there before the run that failed, and what that one got done, stays; the rest is made good."""
        left = self.sealed()
        assert sealed.items() <= left.items()
        assert self.verified() == len({path.split("/bag/")[0] for path in left if "/bag/" in path})
        found = ended(self.hourly(REPAIRED_AT))
        assert found.code == 0, found.said
        assert left.items() <= self.sealed().items()
        self.assert_repaired(until=REPAIRED_AT)
        hours = [Slot(START.replace(minute=0) + timedelta(hours=number), Cadence.HOURLY) for number in range(3)]
        assert [hour.label for hour in hours if not self.recorded(hour)] == []

    def slots(self, *, until: datetime) -> list[SlotRecord]:
        with self.store() as store:
            return store.slots(Cadence.HOURLY, since=START - timedelta(hours=1), until=until)

    def changes(self) -> list[CatalogChange]:
        """What the log says of catalogues and suites, oldest first."""
        files = record_files(self.evidence, ("catalog-change",))
        records = (SignedRecord.parse(path.read_bytes()).record for path in files)
        return [record for record in records if isinstance(record, CatalogChange)]

    def unsealed(self) -> list[StoredSlot]:
        with self.store() as store:
            return store.unsealed()

    def recorded(self, slot: Slot) -> bool:
        with self.store() as store:
            return store.recorded(slot)

    def store(self) -> EvidenceStore:
        return EvidenceStore.open(self.store_url or f"sqlite:///{self.folder / 'var' / 'readiness.db'}")
