"""What people attest: signed by their own keys, reviewed by somebody else, and good until its date."""

import shutil
from datetime import timedelta

import pytest
from pydantic import ValidationError

from checks.errors import SealError
from checks.evidence.digests import sha256
from checks.evidence.people import PersonsEvidence, Review, Waiver, is_reviewed
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import key_text
from tasks.sealing.attesting import Attesting, artifact_path, granted_waivers
from tasks.sealing.audit import audit_log
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import allow_key, load_trust
from tests.flows.cli.commands import readiness
from tests.tasks.sealing.sealed import START, Sealing, hour, signer

LOG = b"handshake ok\n"
EVIDENCE = PersonsEvidence(
    at=START + timedelta(minutes=10),
    by="executor",
    use_case="UC-018",
    tenant_id="t1",
    project_id="p1",
    environment="production",
    provider_mode="byok",
    validation_item="connector handshake",
    command="pytest -k handshake",
    result="passed",
    timestamp=START,
    artifact="handshake run.log",
    artifact_digest=sha256(LOG),
    expires_at=START + timedelta(days=30),
)
WAIVER = Waiver(
    at=START,
    by="reviewer",
    subject="*",
    check="api-health",
    reason="the vendor is moving",
    requested_by="executor",
    expires_at=START + timedelta(days=14),
    compensating_control="asked by hand each morning",
)


@pytest.fixture
def root(tmp_path):
    sealing = Sealing.at(tmp_path)
    sealing.seal(hour(0))
    return sealing.root


@pytest.fixture
def person(root, tmp_path):
    """How somebody attests; allowed to, unless said otherwise."""

    def attest(name, *, allowed=True):
        key = signer(tmp_path, name)
        if allowed:
            allow_key(root / "trust", key_text(key.public_key), identity=name, since=START)
        return Attesting(root, RecordWriter(root, signer(tmp_path)), FileSigner(key._key, name, key.kind))

    return attest


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def test_evidence_is_logged_with_its_artefact_under_its_digest(root, person):
    path = person("executor").add(EVIDENCE, LOG)
    signed = SignedRecord.parse(path.read_bytes())
    assert signed.record == EVIDENCE
    assert [one.identity for one in signed.signers(trust(root))] == ["executor"]
    assert (root / artifact_path(EVIDENCE)).read_bytes() == LOG
    assert audit_log(root, trust(root), as_of=hour(1).at).problems == ()


def test_evidence_counts_once_somebody_else_has_accepted_it(root, person):
    path = person("executor").add(EVIDENCE, LOG)
    at = EVIDENCE.at + timedelta(hours=1)
    review = SignedRecord.parse(person("reviewer").review(path, accepted=True, remarks="", at=at).read_bytes()).record
    digest = sha256(path.read_bytes())
    assert review.of == digest
    assert is_reviewed(EVIDENCE, digest, [review])
    assert not is_reviewed(EVIDENCE, digest, [])


def review(**fields):
    told = {"at": EVIDENCE.at + timedelta(hours=1), "by": "reviewer", "of": "0" * 64, "record": "r", "accepted": True}
    return Review(**(told | fields))


@pytest.mark.parametrize(
    "reviews",
    [
        [review(by="executor")],
        [review(at=EVIDENCE.at)],
        [review(of="1" * 64)],
        [review(accepted=False)],
        [review(), review(at=EVIDENCE.at + timedelta(hours=2), accepted=False)],
    ],
)
def test_a_review_that_is_own_early_of_another_or_rejects_does_not_count(reviews):
    assert not is_reviewed(EVIDENCE, "0" * 64, reviews)


def test_an_executor_cannot_review_by_another_name(root, person, tmp_path):
    executor = person("executor")
    path = executor.add(EVIDENCE, LOG)
    with pytest.raises(SealError, match="cannot review it"):
        executor.review(path, accepted=True, remarks="", at=EVIDENCE.at + timedelta(hours=1))
    key = signer(tmp_path, "executor")
    disguised = Attesting(root, RecordWriter(root, signer(tmp_path)), FileSigner(key._key, "reviewer", key.kind))
    with pytest.raises(SealError, match="listed as another"):
        disguised.review(path, accepted=True, remarks="", at=EVIDENCE.at + timedelta(hours=1))


def test_nobody_attests_whom_the_trust_folder_does_not_list(person):
    with pytest.raises(SealError, match="readiness key allow"):
        person("executor", allowed=False).add(EVIDENCE, LOG)


def test_nobody_attests_in_another_s_name(person):
    with pytest.raises(SealError, match="cannot be attested with the key of reviewer"):
        person("reviewer").add(EVIDENCE, LOG)


def test_an_artefact_that_is_another_is_refused(person):
    with pytest.raises(SealError, match="another digest"):
        person("executor").add(EVIDENCE, b"another")


def test_an_artefact_that_was_changed_or_is_gone_is_named_by_the_audit(root, person):
    person("executor").add(EVIDENCE, LOG)
    artefact = root / artifact_path(EVIDENCE)
    artefact.write_bytes(b"handshake failed\n")
    assert audit_log(root, trust(root), as_of=hour(1).at).problems == (f"{artifact_path(EVIDENCE)} was changed",)
    artefact.unlink()
    assert audit_log(root, trust(root), as_of=hour(1).at).problems == (f"{artifact_path(EVIDENCE)} is not there",)


def test_a_waiver_stands_until_its_date(root, person):
    person("reviewer").waive(WAIVER)
    for at, found in ((START, [WAIVER]), (WAIVER.expires_at, []), (START - timedelta(seconds=1), [])):
        assert [one for one in granted_waivers(root, trust(root)) if one.holds(at)] == found


def test_a_waiver_that_another_signed_does_not_stand(root, tmp_path):
    RecordWriter(root, signer(tmp_path)).append(WAIVER)
    assert granted_waivers(root, trust(root)) == []


def test_a_waiver_beside_the_log_does_not_stand(root, person, tmp_path):
    other = shutil.copytree(root, tmp_path / "other", symlinks=True)
    record = person("reviewer").waive(WAIVER)
    (other / "records").mkdir()
    shutil.copy(record, other / "records" / record.name)
    assert granted_waivers(other, trust(root)) == []
    record.write_bytes(record.read_bytes() + b"\n")
    assert granted_waivers(root, trust(root)) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"requested_by": "reviewer"}, "cannot approve it"),
        ({"expires_at": START + timedelta(days=91)}, "within 90 days"),
        ({"expires_at": START}, "within 90 days"),
        ({"expires_at": None}, "expires_at"),
        ({"reason": ""}, "at least 1 character"),
    ],
)
def test_a_waiver_without_a_date_a_reason_or_a_second_person_is_refused(fields, why):
    with pytest.raises(ValidationError, match=why):
        Waiver.model_validate({**WAIVER.model_dump(), **fields})


def test_a_waiver_that_never_ends_is_none():
    with pytest.raises(ValidationError, match=r"expires_at\n  Field required"):
        Waiver.model_validate(WAIVER.model_dump(exclude={"expires_at"}))


def test_the_command_line_takes_evidence_review_and_waiver(tmp_path):
    home = tmp_path / "home"
    Sealing.at(home).seal(hour(0))
    environment = {"READINESS_HOME": str(home), "READINESS_KEY": str(home / "keys/collector_ed25519")}
    environment["READINESS_IDENTITY"] = "collector"

    def run(*words, code=0):
        ran = readiness(*words, **environment)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    for name in ("ada", "bob"):
        signer(tmp_path, name)
        (tmp_path / f"{name}.pub").write_text(run("key", "public", tmp_path / "keys" / name))
        run("key", "allow", tmp_path / f"{name}.pub", "--as", name)
    ada, bob = (["--key", tmp_path / "keys" / name, "--by", name] for name in ("ada", "bob"))
    (tmp_path / "run.log").write_bytes(LOG)
    fields = {
        "use-case": "UC-1",
        "tenant-id": "t",
        "project-id": "p",
        "environment": "prod",
        "provider-mode": "byok",
        "validation-item": "handshake",
        "command": "make handshake",
        "result": "passed",
        "timestamp": "2026-01-01T00:00Z",
    }
    options = [word for name, value in fields.items() for word in (f"--{name}", value)]
    record = run("evidence", "add", tmp_path / "run.log", *ada, *options).split()[-1]
    assert "cannot review it" in run("evidence", "review", record, *ada, "--accept", code=1)
    assert "review.json" in run("evidence", "review", record, *bob, "--accept")
    waiver = ["--subject", "*", "--reason", "r", "--compensating-control", "c"]
    assert "cannot approve it" in run("waiver", "add", "x", *bob, *waiver, "--requested-by", "bob", code=2)
    assert "waiver.json" in run("waiver", "add", "x", *bob, *waiver, "--requested-by", "ada")
