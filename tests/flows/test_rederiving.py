"""Deriving again: what an insider changes and signs anew is found, file by file, and so is nothing else."""

import json
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from checks.catalog import Check
from checks.errors import ReadinessError, VerificationError
from checks.evidence.bag_info import BagInfo
from checks.evidence.digests import sha256
from checks.evidence.inputs import read_inputs
from checks.evidence.verification import Step, StepState
from checks.kinds.registry import KINDS
from checks.slots import Cadence, Slot
from flows import wiring
from flows.__main__ import exit_code
from flows.cli.verify import verify
from flows.rederiving import rederived
from tasks.sealing.bundle import read_info
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import DevelopmentKeyWarning
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle
from tests.flows.conftest import FLOWS
from tests.tasks.sealing.sealed import signer

CATALOG = """\
system: small
environment: test
sources:
  files: {folder: FOLDER}
services:
  reports: {owner: Desk Ops}
checks:
  report: {kind: freshness, service: reports, document: files:report.json, expect: {max_age: 2h, status: [pass]}}
  books: {kind: reconciliation, left: files:left.csv, right: files:right.csv, key: id}
  yesterday: {kind: freshness, every: daily, document: files:report.json, expect: {max_age: 2h}}
"""
REPORT = "data/raw/report/1-files-report.json"

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Insider:
    """Holds a signing key, and seals other files under it than the run left."""

    bundle: Path
    folder: Path

    def seal(self, change: Callable[[Files], None], *, version: str | None = None) -> Path:
        """The bundle with its files changed, signed and logged anew; by all that a seal shows it is sound."""
        data, info = self.bundle / "bag" / "data", read_info(self.bundle)
        files = {
            path.relative_to(data.parent).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()
        }
        change(files)
        told = info.model_dump(include=set(BagInfo.model_fields) - {"previous", "log_index"})
        told |= {"catalog_digest": sha256(files["data/catalog.yaml"])}
        told |= {"collector_version": version or info.collector_version}
        root = self.folder / "forged"
        writer = BundleWriter(root, signer(self.folder), lambda: info.verified_as_of - timedelta(minutes=1))
        slot = Slot.parse_label(info.slot)
        staging = writer.stage(slot, {path.removeprefix("data/"): body for path, body in files.items()})
        forged = writer.seal(staging, slot, BagInfo(**told)).path
        assert verify_bundle(forged, load_trust(root / "trust", beside_evidence=False)).verified
        return forged


def write_sources(folder: Path, *, made: str) -> None:
    (folder / "report.json").write_text(json.dumps({"generated_at": made, "status": "pass"}))
    (folder / "figures.prom").write_text("# TYPE queue gauge\nqueue 1\n")
    (folder / "left.csv").write_text("id,amount\n1,1.00\n2,2.00\n3,3.00\n")
    (folder / "right.csv").write_text("id,amount\n1,1.00\n2,2.50\n4,4.00\n")


@pytest.fixture(scope="module")
def sealed(prefect_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of a day and of two hours after an hour that was missed; each page quotes what came before."""
    folder = tmp_path_factory.mktemp("rederiving")
    catalog = folder / "readiness.yaml"
    catalog.write_text(CATALOG.replace("FOLDER", str(folder)))
    instant = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)
    server = {PREFECT_API_URL: prefect_environment["PREFECT_API_URL"]}
    with pytest.MonkeyPatch.context() as patch, temporary_settings(server):
        patch.setenv("READINESS_HOME", str(folder / "var"))
        for hours, cadence in ((0, Cadence.DAILY), (0, Cadence.HOURLY), (2, Cadence.HOURLY)):
            now = instant + timedelta(hours=hours)
            patch.setattr(wiring, "now", lambda now=now: now)
            write_sources(folder, made=f"{now:%Y-%m-%dT%H:%M:%SZ}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DevelopmentKeyWarning)
                FLOWS[cadence](catalog=catalog)
    return folder / "var" / "evidence"


LAST = "2026/11/22/2026-11-22T1600Z.hourly"


@pytest.fixture
def insider(sealed: Path, tmp_path: Path) -> Insider:
    return Insider(sealed / LAST, tmp_path)


def named(step: Step) -> set[str]:
    """The files that a step says are not as they should be."""
    return {problem.split(" ")[0].rstrip(":") for problem in step.problems}


def test_what_runs_sealed_is_derived_again_byte_by_byte(sealed: Path):
    bundles = sorted(sealed.glob("2026/*/*/*Z.*"))
    assert [bundle.name.partition("T")[2] for bundle in bundles] == [
        "0000Z.daily",
        "1400Z.hourly",
        "1500Z.hourly",
        "1600Z.hourly",
    ]
    assert [(rederived(bundle).state, rederived(bundle).problems) for bundle in bundles] == [
        (StepState.VERIFIED, ())
    ] * 4


def test_the_inputs_hold_what_pages_and_rules_look_back_on(sealed: Path):
    inputs = read_inputs((sealed / LAST / "bag" / "data" / "inputs.json").read_bytes())
    assert {one.check for one in inputs.judging.remembered} == {"report"}
    assert {one.check for one in inputs.quoted.verdicts} == {"yesterday"}
    assert inputs.quoted.before is not None
    assert inputs.quoted.before.outcomes.keys() == {"report", "books", "yesterday"}
    assert inputs.judging.open_items["books"].open_rows == 3


def replaced(path: str, old: str, new: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old.encode() in files[path]
        files[path] = files[path].replace(old.encode(), new.encode(), 1)

    return change


def capture_changed(files: Files) -> None:
    """The capture, and every word about its bytes, as a careful insider leaves them."""
    body = files[f"{REPORT}.body"].replace(b'"pass"', b'"fail"')
    meta = json.loads(files[f"{REPORT}.meta.json"])
    before = f'"{meta["sha256"]}"'.encode()
    files[f"{REPORT}.meta.json"] = files[f"{REPORT}.meta.json"].replace(before, f'"{sha256(body)}"'.encode())
    files[f"{REPORT}.body"] = body


def capture_carelessly_changed(files: Files) -> None:
    files[f"{REPORT}.body"] += b"\n"


def rows_removed(files: Files) -> None:
    del files["data/rows/report.jsonl"]


def page_added(files: Files) -> None:
    files["data/pages/approval.md"] = b"All is well.\n"


def capture_added(files: Files) -> None:
    files["data/raw/report/2-more.body"] = b"{}"


def check_left_out(files: Files) -> None:
    """A check that fails, gone from all that is said."""
    inputs = json.loads(files["data/inputs.json"])
    inputs["judging"]["checks"] = [one for one in inputs["judging"]["checks"] if one["check"] != "books"]
    files["data/inputs.json"] = json.dumps(inputs, indent=1, ensure_ascii=False).encode() + b"\n"


def judged_earlier(files: Files) -> None:
    """A judgement from a time at which evidence that came later was not too old yet."""
    replaced("data/inputs.json", '"judged_at": "2026-11-22T16:07:00Z"', '"judged_at": "2026-11-22T16:03:00Z"')(files)


CHANGES: Mapping[str, Callable[[Files], None]] = {
    "data/verdicts.json": replaced("data/verdicts.json", '"FAIL"', '"PASS"'),
    "data/validation/books.json": replaced("data/validation/books.json", '"success": false', '"success": true'),
    "data/report.md": replaced("data/report.md", "FAIL", "PASS"),
    "data/report.html": replaced("data/report.html", "FAIL", "PASS"),
    "data/pages/tracker.md": replaced("data/pages/tracker.md", "FAIL", "PASS"),
    "data/pages/tracker.html": replaced("data/pages/tracker.html", "FAIL", "PASS"),
    "data/pages/open-items.books.json": replaced("data/pages/open-items.books.json", "changed", "missing"),
    "data/rows/report.jsonl": rows_removed,
    "data/rows/books.jsonl": replaced("data/rows/books.jsonl", '"changed":1', '"changed":0'),
    "data/pages/approval.md": page_added,
    "data/raw/report/2-more.body": capture_added,
}
"""What an insider changes, by the file; none of it shows in another."""


def test_each_change_is_found_by_the_name_of_its_file_and_nothing_else(insider: Insider):
    def all_of_them(files: Files) -> None:
        for change in CHANGES.values():
            change(files)

    step = rederived(insider.seal(all_of_them))
    assert step.state is StepState.FAILED
    assert named(step) == CHANGES.keys()
    assert len(step.problems) == len(CHANGES)


def test_a_capture_of_another_size_than_its_meta_says_is_found(insider: Insider):
    assert f"{REPORT}.meta.json" in named(rederived(insider.seal(capture_carelessly_changed)))


def test_inputs_that_no_run_wrote_are_not_read(insider: Insider):
    step = rederived(insider.seal(replaced("data/inputs.json", '"checks": [', '"checks":  [')))
    assert step.problems == ("data/inputs.json cannot be read: it is not written the way a run writes it",)


def test_a_changed_capture_shows_in_everything_that_was_made_of_it(insider: Insider):
    step = rederived(insider.seal(capture_changed))
    assert {"data/rows/report.jsonl", "data/validation/report.json", "data/verdicts.json"} <= named(step)
    assert {"data/report.md", "data/pages/tracker.md"} <= named(step)
    assert not any(name.startswith("data/raw/") for name in named(step))


def test_a_check_that_was_left_out_is_missed(insider: Insider):
    step = rederived(insider.seal(check_left_out))
    assert "data/inputs.json does not name the checks that the catalogue owes hourly, in their order" in step.problems


def test_a_judgement_from_before_the_evidence_is_no_judgement(insider: Insider):
    step = rederived(insider.seal(judged_earlier))
    assert "data/inputs.json" in named(step)
    assert "data/verdicts.json" in named(step)


def test_another_catalogue_gives_other_verdicts(insider: Insider):
    step = rederived(insider.seal(replaced("data/catalog.yaml", "status: [pass]", "status: [fail]")))
    assert "data/verdicts.json" in named(step)


@pytest.mark.parametrize("body", [b"", b'{"rows": 1}'])
def test_captures_that_no_collector_keeps_are_a_finding_and_no_traceback(body: bytes, insider: Insider):
    def change(files: Files) -> None:
        files["data/raw/books/result.json.body"] = body

    step = rederived(insider.seal(change))
    assert step.state is StepState.FAILED
    assert step.problems


def without_inputs(files: Files) -> None:
    del files["data/inputs.json"]


def test_without_inputs_nothing_can_be_said(insider: Insider):
    step = rederived(insider.seal(without_inputs))
    assert (step.state, step.note) == (
        StepState.INCONCLUSIVE,
        "there is no data/inputs.json, so nothing can be derived again",
    )


def test_what_other_suites_judged_is_for_those_to_judge(insider: Insider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("flows.rederiving.suites_digest", lambda: "0" * 64)
    step = rederived(insider.bundle)
    assert step.state is StepState.INCONCLUSIVE
    assert "judged by suites of the digest" in step.note


def test_what_another_version_sealed_is_for_that_version_to_derive(insider: Insider):
    step = rederived(insider.seal(lambda files: None, version="0.0.9"))
    assert step.state is StepState.INCONCLUSIVE
    assert step.note == "sealed with readiness-evidence 0.0.9 (here 0.1.0); verify it with those versions"


def test_the_command_says_which_and_ends_with_a_code_of_its_own(
    sealed: Path, insider: Insider, capsys: pytest.CaptureFixture[str]
):
    verify([sealed / LAST], rederive=True)
    assert "12  derived again from its captures: verified" in capsys.readouterr().out

    forged = insider.seal(CHANGES["data/rows/books.jsonl"])
    verify([forged])
    with pytest.raises(VerificationError) as refused:
        verify([forged], rederive=True)
    assert exit_code(refused.value) == 3
    assert "data/rows/books.jsonl is not what the captures give: line 1" in capsys.readouterr().out

    shutil.rmtree(insider.folder)
    unknown = insider.seal(without_inputs)
    with pytest.raises(ReadinessError, match="1 of 1 bundles could not be derived again") as inconclusive:
        verify([unknown], rederive=True)
    assert exit_code(inconclusive.value) == 1
    assert "inconclusive (there is no data/inputs.json" in capsys.readouterr().out


def test_of_a_bag_that_is_not_whole_nothing_is_derived(sealed: Path, tmp_path: Path, capsys):
    copy = shutil.copytree(sealed, tmp_path / "evidence", symlinks=True) / LAST
    (copy / "bag" / "data" / "report.md").write_text("All is well.\n")
    with pytest.raises(VerificationError):
        verify([copy], rederive=True)
    assert "12  derived again from its captures: not checked" in capsys.readouterr().out


EVERY_KIND = """\
system: small
environment: test
sources:
  api: {http: "http://127.0.0.1:9", timeout: 1s}
  files: {folder: FOLDER}
  shell: {program: [/bin/sh, -c], folder: FOLDER}
  ledger: {database: "sqlite:///FOLDER/ledger.db"}
  cache: {database: "redis://127.0.0.1:9/0"}
checks:
  health: {kind: health, every: hourly, endpoints: [api:/health]}
  http-contract:
    kind: http-contract
    every: hourly
    steps:
      asked: {call: api:/v1, take: {run: id}}
      burst: {call: api:/v1, burst: {limit: 2, recovers: 100ms}}
      never: {call: "api:/v1/{run}"}
      logged: {read: files:figures.prom, contains: queue}
  event-store: {kind: event-store, every: hourly, events: files:figures.prom, durability: files:report.json}
  container: {kind: container, every: hourly, compose: files:compose.yaml, services: {api: {}}}
  redis: {kind: redis, every: hourly, database: cache, keys: {orders: {max: 10}}}
  log-lines: {kind: log-lines, every: hourly, log: files:figures.prom}
  sql-facts:
    kind: sql-facts
    every: hourly
    database: ledger
    facts:
      keys: {unique: entries, columns: [id]}
      total: {query: select sum(amount) from entries, equals: 3}
      none: {no_rows: select id from entries where amount < 0}
      some: {rows: entries}
      pool: {connections: 0.8}
  usage:
    kind: usage
    every: hourly
    database: ledger
    snapshots: usage
    figures: {throughput: requests}
    tenants: [acme, wayne]
    totals: {throughput: "select day, requests from usage"}
  freshness: {kind: freshness, every: hourly, document: "files:re*.json", expect: {max_age: 2h}}
  metrics: {kind: metrics, every: hourly, document: files:figures.prom, expect: {values: [{metric: queue, max: 1}]}}
  reconciliation: {kind: reconciliation, every: hourly, left: files:left.csv, right: files:right.csv, key: id}
  parity: {kind: parity, every: hourly, left: files:left.csv, right: files:right.csv, key: id}
  backup: {kind: backup, every: hourly, backups: "files:*.dump"}
  backup-tool: {kind: backup-tool, every: hourly, tool: barman, of: main, reports: {backups: files:barman.json}}
  rollback:
    kind: rollback
    every: hourly
    steady: {endpoints: [api:/health]}
    version: {at: api:/version}
    back: {run: shell, arguments: ["true"]}
    forward: {run: shell, arguments: ["true"]}
    poll: 10ms
    abort: {unhealthy_for: 200ms, after: 2s}
  restart:
    kind: restart
    every: hourly
    steady: {endpoints: [api:/health]}
    version: {at: api:/version}
    stop: {run: shell, arguments: ["true"]}
    load: {requests: [api:/health], workers: 1, before: 100ms}
    poll: 10ms
    abort: {unhealthy_for: 200ms, after: 2s}
  alert-rule:
    kind: alert-rule
    every: hourly
    prometheus: api
    rules: files:figures.prom
    tests: files:figures.prom
    promtool: shell
    alerts: {QueueLong: {}}
  attestation:
    kind: attestation
    every: hourly
    log: files
    use_cases: [UC-1]
    items: [trace]
    expect: {environments: [test]}
  audit: {kind: audit, every: hourly, reports: [files:barman.json], tool: npm, expect: {max_age: 2h}}
  configuration:
    kind: configuration
    every: hourly
    documents: {report: {at: files:report.json, equals: {status: pass}}}
  availability: {kind: availability, every: hourly, of: health, target: 99.9%}
  documents: {kind: documents, every: hourly, documents: [files:figures.prom]}
  listening-sockets: {kind: listening-sockets, every: hourly, listing: [files:listening.txt]}
  objective:
    kind: objective
    every: hourly
    history: {prometheus: api, interval: 1m}
    threshold_metric: {histogram: seconds}
    value: 1s
    target: 95%
  releases:
    kind: releases
    every: hourly
    version: v1.0
    of:
      report: {document: files:report.json}
      tag: {tags: files:report.json}
      notes: {artefact: files:report.json, sums: files:figures.prom}
  signatures:
    kind: signatures
    every: hourly
    artefacts: {report: {file: files:report.json, signature: files:figures.prom}}
    keys: {ours: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3}
  sbom: {kind: sbom, every: hourly, document: files:barman.json, expect: {max_age: 2h}}
  secrets: {kind: secrets, every: hourly, scan: [files:report.json]}
  test-results: {kind: test-results, every: hourly, results: [files:figures.prom], expect: {max_age: 2h}}
  alert: {kind: alert, every: hourly, alertmanager: api, receiver: api:/received, poll: 100ms, expect: {within: 1s}}
  chaos:
    kind: chaos
    every: hourly
    steady: {endpoints: [api:/health]}
    version: {at: api:/version}
    experiment: files:experiment.json
    chaos: shell
    poll: 10ms
    abort: {unhealthy_for: 200ms, after: 2s}
"""


def test_every_kind_is_derived_again(run, home: Path, tmp_path: Path):
    write_sources(tmp_path, made="2026-11-22T14:00:00Z")
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger, ledger:
        ledger.execute("create table entries (id integer primary key, amount numeric)")
        ledger.execute("insert into entries values (1, 3)")
        ledger.execute("create table usage (day text, tenant text, requests integer)")
        ledger.execute("insert into usage values (date('now', '-1 day'), 'acme', 3)")
    (tmp_path / "ledger.dump").write_bytes(b"PGDMP and then noise")
    (tmp_path / "compose.yaml").write_text("services: {api: {image: 'acme/api:1.0', environment: {TOKEN: hush-hush}}}")
    (tmp_path / "listening.txt").write_text("tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n")
    (tmp_path / "experiment.json").write_text("{}")
    (tmp_path / "barman.json").write_text("{}")
    catalog = tmp_path / "readiness.yaml"
    catalog.write_text(EVERY_KIND.replace("FOLDER", str(tmp_path)))
    summary = run(Cadence.HOURLY, catalog)
    assert summary.outcomes.keys() == {kind_of(model) for model in KINDS}, "give the new kind a check in EVERY_KIND"
    assert summary.bundle is not None
    inputs = read_inputs((summary.bundle / "bag" / "data" / "inputs.json").read_bytes())
    assert inputs.judging.failures == {}
    step = rederived(summary.bundle)
    assert (step.state, step.problems) == (StepState.VERIFIED, ())


def kind_of(model: type[Check]) -> str:
    return str(model.model_fields["kind"].default)
