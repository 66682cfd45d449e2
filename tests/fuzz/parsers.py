"""Every parser that reads the outside world: what it may raise, and what must hold of what it gives.

`read` takes any bytes. It passes on what the parser raises; where something read can be written again, it does so and
demands that it reads the same.
"""

import importlib
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from checks.catalog_text import read_catalog
from checks.deploys import Ledger
from checks.errors import CatalogError, VerificationError
from checks.evidence.artifact_signatures import ArtifactKey, ArtifactSignature
from checks.evidence.bag import manifest_text, read_manifest
from checks.evidence.bag_info import read_bag_info
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.dsse import open_envelope
from checks.evidence.inputs import read_inputs
from checks.evidence.leaf_list import LeafList
from checks.evidence.notes import NoteKey, SignedNote
from checks.evidence.records import RawCapture, json_bytes
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import SshSignature, key_text, read_key_text
from checks.evidence.tiles import read_entries
from checks.evidence.tlog_proof import LogProof
from checks.evidence.trust import read_allowed_signers
from checks.evidence.verdicts import read_verdicts, summarise_verdicts
from checks.handwritten.drafting import drafted as drafted_by_hand
from checks.kinds.log_lines import LogLinesCheck
from checks.kinds.registry import KINDS
from checks.openslo.documents import read_documents
from checks.openslo.drafting import drafted
from checks.readiness.registry import TEMPLATES
from checks.slots import Slot, parse_instant
from tasks.backup_tools.registry import TOOLS
from tasks.backup_tools.tool import Answer, ListedBackup
from tasks.collectors import metrics_form
from tasks.collectors.alert_rule_files import tested_alerts, written_rules
from tasks.collectors.audit_reports import read_audit
from tasks.collectors.container import _File as ContainerFile
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.coverage import read_coverage
from tasks.collectors.documents import Document
from tasks.collectors.http_exchange import shown_headers
from tasks.collectors.junit import read_junit
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.lock_files import read_lock
from tasks.collectors.log_lines import LogLinesCollector
from tasks.collectors.markdown_text import read_markdown
from tasks.collectors.metrics_text import read_metrics
from tasks.collectors.prometheus_answers import answer_from
from tasks.collectors.pulse_capture import read_looks
from tasks.collectors.redacting import Redactor
from tasks.collectors.release_papers import listed_digest, newest_in_changelog, tagged_commits
from tasks.collectors.sbom_documents import read_bill
from tasks.collectors.secrets import _entries as register_entries
from tasks.collectors.settings_documents import read_settings
from tasks.collectors.socket_listings import read_listing
from tasks.collectors.strict_json import Unreadable, decoded, parse
from tasks.drills.archives import UnreadableHeaderError, read_header
from tasks.drills.chaos_journal import NoJournalError, journal_columns, read_journal

KINDS_BY_NAME: dict[str, Any] = {kind.model_fields["kind"].default: kind for kind in KINDS}
LIMIT = 1_000_000
NEWEST = ListedBackup("20261122-140000F", "full")


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser: what it reads, what it may raise, and inputs to start from."""

    read: Callable[[bytes], None]
    raises: tuple[type[Exception], ...]
    seeded: str

    @property
    def seeds(self) -> tuple[bytes, ...]:
        """Inputs to start from; they are made when somebody asks, since some of them are really sealed."""
        found: tuple[bytes, ...] = getattr(importlib.import_module("tests.fuzz.seeds"), self.seeded)
        return found


def _catalogue(data: bytes) -> None:
    read_catalog(data.decode(errors="replace"), name="readiness.yaml", kinds=KINDS_BY_NAME, templates=TEMPLATES)


def _metrics(kind: Any, data: bytes) -> None:
    metrics = read_metrics(data, kind)
    metrics_form.unended(data, metrics)
    metrics_form.repeated(metrics)
    for sample in metrics.samples:
        str(sample)


def _json(data: bytes) -> None:
    value = parse(data)
    assert json.dumps(parse(json_bytes(value)), sort_keys=True) == json.dumps(value, sort_keys=True)


def _dated(data: bytes) -> None:
    content_time(parse(data), ("generated_at", "ts", "meta.time"))


def _packed(data: bytes) -> None:
    assert len(decoded(data, "gzip", LIMIT)) <= LIMIT


def _journal(data: bytes) -> None:
    json_bytes(journal_columns(read_journal(data)))


def _tool(name: Any, data: bytes) -> None:
    tool = TOOLS[name]
    tool.read_backups(Answer(data), "main")


def _tool_answer(name: Any, data: bytes) -> None:
    for question in TOOLS[name].questions.values():
        try:
            question.read(Answer(data), NEWEST)
        except Unreadable:
            continue


def _audit(tool: str, data: bytes) -> None:
    read_audit(tool, parse(data))


def _bill(data: bytes) -> None:
    read_bill(parse(data))


def _same(reading: Callable[[bytes], Any], data: bytes) -> None:
    """Whatever is read strictly is written again byte for byte."""
    assert reading(data).data == data


def _bag_info(data: bytes) -> None:
    assert read_bag_info(data).text() == data


def _manifest(data: bytes) -> None:
    assert manifest_text(read_manifest(data)) == data


def _checkpoint(data: bytes) -> None:
    assert Checkpoint.parse(data).text == data


def _note_key(data: bytes) -> None:
    text = data.decode(errors="replace")
    assert NoteKey.parse(text).text == text


def _ssh_key(data: bytes) -> None:
    key = read_key_text(data.decode(errors="replace"))
    assert key_text(read_key_text(key_text(key))) == key_text(key)


def _envelope(data: bytes) -> None:
    open_envelope(data)


def _verdicts(data: bytes) -> None:
    read_verdicts(data)
    summarise_verdicts(data)


def _openslo(data: bytes) -> None:
    text, _ = drafted(read_documents(data.decode(errors="replace"), name="slo.yaml"), system="a", environment="b")
    text.encode()


def _handwritten(data: bytes) -> None:
    drafted_by_hand(data.decode(errors="replace"), name="register.md", system="a", environment="b")


def _log_lines(data: bytes) -> None:
    check = LogLinesCheck.model_validate({"log": "files:service.log"}).model_copy(update={"id": "logged"})
    meta = {"subject": "files:service.log", "trouble": None, "files": 1, "bytes": len(data), "bytes_read": len(data)}
    captures = (RawCapture("1-log", data, meta), RawCapture("secrets.json", b"[]", {}))
    for row in LogLinesCollector.rows_from(check, captures):
        row.model_dump_json()


def _prometheus(data: bytes) -> None:
    meta: dict[str, Any] = {"url": "http://p/", "asked_at": "2026-11-22T14:00:00Z", "status": 200, "no_answer": None}
    answer_from(RawCapture("one", data, meta))


def _settings(ending: str, data: bytes) -> None:
    json_bytes(read_settings(f"settings{ending}", data))


def _rules(data: bytes) -> None:
    document = Document("rules.yml", "2026-11-22T14:00:00Z", data)
    try:
        written_rules(document)
    except Unreadable:
        tested_alerts(document, "rules.yml")


def _container(name: str, data: bytes) -> None:
    meta: dict[str, Any] = {"path": name, "read_at": "2026-11-22T14:00:00Z", "file_time": None, "trouble": None}
    ContainerFile(RawCapture(name, data, meta))


def _papers(data: bytes) -> None:
    text = data.decode(errors="replace")
    newest_in_changelog(text)
    for read in (tagged_commits, partial(listed_digest, path="dist/a.whl")):
        try:
            read(text)
        except Unreadable:
            continue


def _dump_header(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        read_header(Path(file.name))


def _redacted(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    own = Redactor(["open/se\"same+&'\\1"])
    hidden = own.hide(text)
    assert 'open/se"same' not in hidden.text
    assert own.hide(hidden.text).found == ()
    assert hide_secrets(text).found or hide_secrets(text).text == text


def _headers(data: bytes) -> None:
    name, _, value = data.partition(b":")
    shown_headers([(name, value)], ["open-sesame"])


def _slots(data: bytes) -> None:
    text = data.decode(errors="replace")
    with suppress(CatalogError):
        parse_instant(text)
    assert Slot.parse_label(text).label == text


def _artefact(data: bytes) -> None:
    with suppress(VerificationError):
        ArtifactKey.parse(data.decode(errors="replace"))
    ArtifactSignature.parse(data, "file")


def _looks(data: bytes) -> None:
    read_looks(RawCapture("looks.jsonl.gz", data))


PARSERS: Mapping[str, Parser] = {
    "catalogue": Parser(_catalogue, (CatalogError,), "CATALOGUES"),
    "deploy-ledger": Parser(lambda data: void(Ledger.parse(data)), (), "LEDGERS"),
    "slots": Parser(_slots, (CatalogError,), "SLOTS"),
    "metrics-prometheus": Parser(partial(_metrics, "prometheus"), (Unreadable,), "METRICS"),
    "metrics-openmetrics": Parser(partial(_metrics, "openmetrics"), (Unreadable,), "METRICS"),
    "metrics-json": Parser(partial(_metrics, "json"), (Unreadable,), "JSON"),
    "json": Parser(_json, (Unreadable,), "JSON"),
    "dated-report": Parser(_dated, (Unreadable, Undated), "REPORTS"),
    "compressed-body": Parser(_packed, (Unreadable,), "PACKED"),
    "chaos-journal": Parser(_journal, (NoJournalError,), "JOURNALS"),
    **{
        f"{tool}-{what}": Parser(partial(read, tool), (Unreadable,), "BACKUPS")
        for tool in TOOLS
        for what, read in (("backups", _tool), ("answers", _tool_answer))
    },
    **{
        f"audit-{tool}": Parser(partial(_audit, tool), (Unreadable,), "AUDITS")
        for tool in ("pip-audit", "npm", "osv-scanner", "grype")
    },
    "sbom": Parser(_bill, (Unreadable,), "BILLS"),
    "lock-file": Parser(lambda data: void(read_lock("uv.lock", data)), (Unreadable,), "LOCKS"),
    "junit": Parser(lambda data: void(read_junit(data)), (Unreadable,), "XML"),
    "coverage": Parser(lambda data: void(read_coverage(data)), (Unreadable,), "XML"),
    "log-lines": Parser(_log_lines, (), "LOGS"),
    "prometheus-answer": Parser(_prometheus, (), "ANSWERS"),
    **{
        f"settings-{ending.strip('.')}": Parser(partial(_settings, ending), (Unreadable,), "SETTINGS")
        for ending in (".yaml", ".toml", ".env", ".json")
    },
    "alert-rules": Parser(_rules, (Unreadable,), "RULES"),
    "compose": Parser(partial(_container, "compose"), (), "COMPOSE"),
    "inspected": Parser(partial(_container, "inspected"), (), "COMPOSE"),
    "sockets": Parser(lambda data: void(read_listing(data)), (Unreadable,), "SOCKETS"),
    "secrets-register": Parser(lambda data: void(register_entries(data)), (Unreadable,), "SETTINGS"),
    "release-papers": Parser(_papers, (), "PAPERS"),
    "dump-header": Parser(_dump_header, (UnreadableHeaderError,), "DUMPS"),
    "pulse-capture": Parser(_looks, (VerificationError,), "PACKED"),
    "openslo": Parser(_openslo, (CatalogError,), "OPENSLO"),
    "handwritten": Parser(_handwritten, (CatalogError,), "HANDWRITTEN"),
    "markdown": Parser(lambda data: void(read_markdown(data)), (Unreadable,), "HANDWRITTEN"),
    "bag-info": Parser(_bag_info, (VerificationError,), "BAG_INFOS"),
    "manifest": Parser(_manifest, (VerificationError,), "MANIFESTS"),
    "leaf-list": Parser(partial(_same, LeafList.parse), (VerificationError,), "MANIFESTS"),
    "note": Parser(partial(_same, SignedNote.parse), (VerificationError,), "NOTES"),
    "note-key": Parser(_note_key, (VerificationError,), "NOTES"),
    "checkpoint": Parser(_checkpoint, (VerificationError,), "NOTES"),
    "tlog-proof": Parser(partial(_same, LogProof.parse), (VerificationError,), "PROOFS"),
    "log-entries": Parser(lambda data: void(read_entries(data)), (VerificationError,), "ENTRIES"),
    "log-record": Parser(partial(_same, SignedRecord.parse), (VerificationError,), "RECORDS"),
    "envelope": Parser(_envelope, (VerificationError,), "RECORDS"),
    "verdicts": Parser(_verdicts, (VerificationError,), "VERDICTS"),
    "inputs": Parser(partial(_same, read_inputs), (VerificationError,), "INPUTS"),
    "sshsig": Parser(lambda data: void(SshSignature.parse(data)), (VerificationError,), "SIGNATURES"),
    "ssh-key": Parser(_ssh_key, (VerificationError,), "KEYS"),
    "allowed-signers": Parser(
        lambda data: void(read_allowed_signers(data.decode(errors="replace"))), (VerificationError,), "KEYS"
    ),
    "artefact-signature": Parser(_artefact, (VerificationError,), "SIGNATURES"),
    "headers": Parser(_headers, (), "HEADERS"),
    "redaction": Parser(_redacted, (), "LOGS"),
}


def void(_: object) -> None:
    """Whatever was read is as good as anything else."""


def try_one(parser: Parser, data: bytes) -> bool:
    """Whether an input was read; anything but the parser's own errors is raised."""
    try:
        parser.read(data)
    except parser.raises:
        return False
    return True
