"""The archive, against an emulator of S3 with Object Lock (moto's server): what counts is what was read back."""

import logging
import shutil
import signal
from datetime import timedelta

import httpx
import pytest
from moto.server import ThreadedMotoServer

from checks.errors import CatalogError, SealError
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import CatalogChange
from checks.evidence.verification import StepState
from checks.retention import Retention
from checks.slots import Cadence
from tasks.sealing.anchoring import anchor
from tasks.sealing.archive import Archive
from tasks.sealing.archiving import copy_all, move_out
from tasks.sealing.audit import audit_log
from tasks.sealing.catalogs import keep_catalog
from tasks.sealing.due import dated_bundles
from tasks.sealing.records import RecordWriter
from tasks.sealing.sample import export_sample
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tests.checks.evidence.examples import CATALOG
from tests.tasks.sealing.sealed import INFO, SUITES, Sealing, hour, signer
from tests.tasks.sealing.test_crashes import start

POLICY = Retention(keep={Cadence.HOURLY: timedelta(days=9000)}, local={Cadence.HOURLY: timedelta(days=14)})
THEN = hour(3).at
BUCKET = "s3://evidence/desk"


@pytest.fixture(scope="module")
def server():
    """Moto's server; it starts with a bucket that locks and one that does not."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def endpoint(server, monkeypatch):
    httpx.post(f"{server}/moto-api/reset", trust_env=False, verify=False)  # certificates take long to load
    for name, value in {"ENDPOINT_URL": server, "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return server


@pytest.fixture
def archive(endpoint):
    found = Archive.open(BUCKET)
    found._files.call_s3("create_bucket", Bucket="evidence", ObjectLockEnabledForBucket=True)
    found._files.call_s3("create_bucket", Bucket="plain")
    return found


@pytest.fixture
def sealing(pristine, evidence):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return Sealing.at(evidence.parent)


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def dated(root):
    return dated_bundles(root, POLICY, trust(root), as_of=THEN, anchored=False)


def first(root):
    return dated(root)[:1]


def leave(archive, root):
    keeper = signer(root.parent)
    freed = [one for one in dated(root) if not one.kept_by]
    return move_out(archive, freed, RecordWriter(root, keeper), signer=keeper, at=THEN)


def there(root):
    return sorted(path.name for path in root.glob("2*/*/*/*"))


def test_what_is_copied_is_the_bundle_and_locked_until_the_policy_s_date(sealing, archive, tmp_path):
    done = copy_all(sealing.root, archive, first(sealing.root), at=THEN)
    assert (done.copied, done.waiting, done.problem) == (1, 0, None)
    path = bundle_path(hour(0))
    archive._files.get(archive.location(path), str(tmp_path / hour(0).label), recursive=True)
    (report,) = verify_evidence([tmp_path / hour(0).label], trust(sealing.root))
    assert report.verified
    head = archive._head(archive.location(f"{path}/bag/data/verdicts.json"))
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] == hour(0).end + timedelta(days=9000)
    key = f"desk/{path}/bag/data/verdicts.json"
    with pytest.raises(PermissionError):
        archive._files.call_s3("delete_object", Bucket="evidence", Key=key, VersionId=head["VersionId"])


def test_what_was_copied_is_not_copied_again_unless_its_proof_was_renewed(sealing, archive):
    copy_all(sealing.root, archive, first(sealing.root), at=THEN)
    assert copy_all(sealing.root, archive, first(sealing.root), at=THEN).copied == 0
    shutil.copy(*(sealing.root / bundle_path(hour(number)) / "proof/evidence.tlog-proof" for number in (1, 0)))
    assert copy_all(sealing.root, archive, first(sealing.root), at=THEN).copied == 1


def test_a_copy_that_was_read_back_may_leave_this_disk_and_the_log_says_where_it_is(sealing, archive, tmp_path):
    copy_all(sealing.root, archive, [*dated(sealing.root)[:1], *dated(sealing.root)[2:]], at=THEN)
    assert len(leave(archive, sealing.root)) == 1
    assert there(sealing.root) == [hour(1).label, hour(2).label]
    found = audit_log(sealing.root, trust(sealing.root), as_of=THEN)
    assert (found.problems, found.archived, found.tombstones) == ((), 1, 0)
    assert [report.failed for report in verify_evidence([sealing.root], trust(sealing.root))] == [(), ()]
    export_sample(sealing.root, tmp_path / "sample", seed="nonce", count=3)
    assert "0, records/000000003.archived.json" in (tmp_path / "sample" / "README.md").read_text()


def test_what_was_never_copied_does_not_leave(sealing, archive):
    assert leave(archive, sealing.root) == []
    assert len(there(sealing.root)) == 3


@pytest.mark.parametrize("change", ["other bytes", "a file less", "a file more", "no lock", "a lock too short"])
def test_a_copy_that_is_not_the_bundle_keeps_it_here(sealing, archive, change):
    copy_all(sealing.root, archive, first(sealing.root), at=THEN)
    place = archive.location(bundle_path(hour(0)))
    body = f"{place}/bag/data/verdicts.json"
    until = hour(0).end + timedelta(days=9000)
    short = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until - timedelta(seconds=1)}
    files, data = archive._files, (sealing.root / bundle_path(hour(0)) / "bag/data/verdicts.json").read_bytes()
    match change:
        case "other bytes":
            files.pipe_file(body, data[:-2] + b" \n", **{**short, "ObjectLockRetainUntilDate": until})
        case "a file less":
            files.rm_file(body)
        case "a file more":
            files.pipe_file(f"{place}/bag/data/more", b"")
        case "no lock":
            files.pipe_file(body, data)
        case "a lock too short":
            files.pipe_file(body, data, **short)
    with pytest.raises(SealError, match=r"other bytes were read back|does not hold the files|is not locked until"):
        leave(archive, sealing.root)
    assert len(there(sealing.root)) == 3
    assert audit_log(sealing.root, trust(sealing.root), as_of=THEN).records == 0


KILLED = """
import os, signal, sys
from pathlib import Path
import tasks.sealing.archiving as archiving
from tasks.sealing.anchoring import anchor
from tasks.sealing.archive import Archive
from tests.tasks.sealing.test_archive import BUCKET, THEN, copy_all, first, leave

root, name = Path(sys.argv[1]), sys.argv[2]

def deadly(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

archive = Archive.open(BUCKET)
if name != "replace_file":
    copy_all(root, archive, first(root), at=THEN)
setattr(archiving, name, deadly)
copy_all(root, archive, first(root), at=THEN)
leave(archive, root)
"""


@pytest.mark.parametrize("step", ["replace_file", "remove"])
def test_a_run_that_was_killed_half_way_is_finished_by_the_next(sealing, archive, step):
    assert start(KILLED, sealing.root, step).wait() == -signal.SIGKILL
    assert len(there(sealing.root)) == 3
    assert copy_all(sealing.root, archive, first(sealing.root), at=THEN).problem is None
    leave(archive, sealing.root)
    assert there(sealing.root) == [hour(1).label, hour(2).label]
    assert audit_log(sealing.root, trust(sealing.root), as_of=THEN).problems == ()


def refused(root, url, says):
    done = copy_all(root, Archive.open(url), dated(root), at=THEN)
    assert (done.copied, done.waiting, done.oldest) == (0, 3, hour(0).label)
    assert says in done.problem
    assert len(done.problem.splitlines()) == 1
    assert len(there(root)) == 3


def test_a_bucket_without_object_lock_is_refused_and_the_evidence_stays(sealing, archive):
    refused(sealing.root, "s3://plain", "the bucket has no Object Lock")
    assert archive._files.find("s3://plain") == []


def test_a_bucket_that_is_not_there_is_said(sealing, archive):
    refused(sealing.root, "s3://nowhere/desk", "there is no such bucket")


def test_wrong_credentials_are_said(sealing, archive, endpoint):
    httpx.post(f"{endpoint}/moto-api/reset-auth", content="0", trust_env=False)
    try:
        refused(sealing.root, BUCKET, "it refuses these credentials (InvalidAccessKeyId)")
    finally:
        httpx.post(f"{endpoint}/moto-api/reset-auth", content="Infinity", trust_env=False)


def test_a_server_that_is_away_holds_nothing_up_for_long(sealing, archive, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    refused(sealing.root, BUCKET, "it cannot be asked: Could not connect")


@pytest.mark.parametrize("url", ["", "evidence", "https://evidence", "s3://"])
def test_what_names_no_bucket_is_refused(url):
    with pytest.raises(CatalogError, match="write s3://bucket"):
        Archive.open(url)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(SealError, match=r"pip install 'readiness-evidence\[s3\]'"):
        Archive.open(BUCKET)


def restored(archive, folder):
    """What any S3 client brings back: the newest version of each file."""
    assert not folder.exists()
    archive._files.get(archive.url, str(folder), recursive=True)
    return folder


def copied(sealing, archive, *, at=THEN):
    done = copy_all(sealing.root, archive, dated(sealing.root), at=at)
    assert done.problem is None
    return done


def change(hours):
    told = {"before": None, "after": INFO.catalog_digest, "suites_before": None, "suites_after": SUITES}
    return CatalogChange(at=hour(hours).at, by="collector", **told)


def test_an_evidence_tree_restored_from_the_archive_alone_verifies_audits_clean_and_goes_on(sealing, archive, tmp_path):
    records = RecordWriter(sealing.root, signer(sealing.root.parent))
    records.append(change(3))
    keep_catalog(sealing.root, CATALOG)
    sealing.seal(hour(3))
    anchor(sealing.root, witness=None, authority=None)
    mine = shutil.copytree(sealing.root / "trust", tmp_path / "mine")
    assert copied(sealing, archive).leaves == 5
    root = restored(archive, tmp_path / "back" / "evidence")
    kept = load_trust(mine, beside_evidence=False)
    reports = verify_evidence([root], kept)
    assert [(report.failed, report.state(7)) for report in reports] == [((), StepState.VERIFIED)] * 4
    assert reports[3].state(11) is StepState.VERIFIED
    found = audit_log(root, kept, as_of=hour(4).at)
    assert (found.problems, found.leaves, found.records, found.bundles) == ((), 5, 1, 4)
    shutil.copytree(sealing.root.parent / "keys", tmp_path / "back" / "keys")
    Sealing.at(tmp_path / "back").seal(hour(4))
    assert audit_log(root, kept, as_of=hour(5).at).problems == ()


def test_the_log_in_the_archive_is_locked_and_grows_with_each_run(sealing, archive, tmp_path):
    copied(sealing, archive)
    sealing.seal(hour(3))
    assert copied(sealing, archive).leaves == 4
    checkpoint = archive.location("log/checkpoint")
    until = hour(3).end + timedelta(days=9000)
    assert archive._head(checkpoint)["ObjectLockRetainUntilDate"] >= until
    asked = {"Bucket": "evidence", "Prefix": "desk/log/checkpoint"}
    assert len(archive._files.call_s3("list_object_versions", **asked)["Versions"]) == 2
    passing = archive._head(archive.location("log/tile/0/000.p/4"))["ObjectLockRetainUntilDate"]
    assert THEN < passing < THEN + timedelta(days=31)
    root = restored(archive, tmp_path / "back")
    assert audit_log(root, trust(root), as_of=hour(4).at).problems == ()


def test_what_of_the_log_is_there_and_locked_for_long_enough_is_not_copied_again(sealing, archive, monkeypatch):
    asked = []
    copied(sealing, archive)
    for name in ("put", "lock"):
        monkeypatch.setattr(Archive, name, lambda *told, **_: asked.append(told[1]))
    copied(sealing, archive)
    assert asked == []


def test_locks_are_made_longer_before_the_evidence_needs_it(sealing, archive):
    RecordWriter(sealing.root, signer(sealing.root.parent)).append(change(3))
    copied(sealing, archive)
    record = archive.location("records/000000003.catalog-change.json")
    before = archive._head(record)["ObjectLockRetainUntilDate"]
    sealing.seal(hour(24 * 40))
    copied(sealing, archive)
    after = archive._head(record)["ObjectLockRetainUntilDate"]
    assert before < hour(24 * 40).end + timedelta(days=9000) <= after


def test_a_run_that_was_killed_before_the_checkpoint_leaves_the_log_as_it_was(sealing, archive, tmp_path, monkeypatch):
    copied(sealing, archive)
    sealing.seal(hour(3))
    real = Archive.put

    def deadly(self, path, data, *, until):
        if path == "log/checkpoint":
            raise KeyboardInterrupt
        real(self, path, data, until=until)

    monkeypatch.setattr(Archive, "put", deadly)
    with pytest.raises(KeyboardInterrupt):
        copied(sealing, archive)
    root = restored(archive, tmp_path / "back")
    shutil.rmtree(root / bundle_path(hour(3)))  # it went first
    assert audit_log(root, trust(root), as_of=hour(3).at).problems == ()
    monkeypatch.undo()
    assert copied(sealing, archive).leaves == 4


def test_other_bytes_in_the_archive_than_were_copied_are_said(sealing, archive, monkeypatch):
    real = archive._files.pipe_file

    def torn(path, data, **lock):
        real(path, data[:-1] if path.endswith("tile/0/000.p/3") else data, **lock)

    monkeypatch.setattr(archive._files, "pipe_file", torn)
    done = copy_all(sealing.root, archive, dated(sealing.root), at=THEN)
    assert done.leaves is None
    assert "000.p/3 is not what was copied to it: other bytes were read back" in done.problem


def test_a_lock_that_the_server_does_not_keep_is_said(sealing, archive, monkeypatch):
    real = Archive._head
    monkeypatch.setattr(
        Archive, "_head", lambda self, target: {} if target.endswith("log/checkpoint") else real(self, target)
    )
    done = copy_all(sealing.root, archive, dated(sealing.root), at=THEN)
    assert "log/checkpoint is not locked until" in done.problem
