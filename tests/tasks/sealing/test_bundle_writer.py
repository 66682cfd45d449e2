"""Sealing: all of a bundle under its name, or nothing."""

from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.bag_info import KeyKind, SlotStatus
from checks.evidence.digests import sha256
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.sealing.bundle import EvidenceBundle, read_info
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import key_file
from tests.tasks.sealing.sealed import INFO, START, Sealing, files, hour


@pytest.fixture
def sealing(tmp_path):
    return Sealing.at(tmp_path)


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_bundle_has_the_layout_of_the_specification(sealing):
    bundle = sealing.seal(hour())
    assert bundle.path == sealing.root / "2026/11/22/2026-11-22T1400Z.hourly"
    assert names(bundle.path) == ["VERIFY.md", "bag", "proof"]
    assert names(bundle.bag) == [
        "bag-info.txt",
        "bagit.txt",
        "data",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    ]
    assert names(bundle.proof) == [
        "evidence.tlog-proof",
        "outcomes.dsse.json",
        "statement.dsse.json",
        "statement.sigstore.json",
        "tagmanifest-sha256.txt.sig",
    ]
    assert names(sealing.root / "trust") == [
        "allowed_signers",
        key_file(sealing.writer._signer),
        "collector.pem",
        "log.vkey",
    ]


def test_payload_lies_in_the_bag_byte_for_byte(sealing):
    bundle = sealing.seal(hour())
    for name, data in files(hour()).items():
        assert bundle.file(f"data/{name}").read_bytes() == data
    assert bundle.file("data/pages/tracker.md").read_bytes() == b"# Tracker\n"


def test_the_same_files_info_and_key_give_the_same_bytes(tmp_path, sealing):
    bundle = sealing.seal(hour())
    again = BundleWriter(tmp_path / "again", sealing.writer._signer, lambda: START + timedelta(minutes=7))
    more = {"report.md": b"# Report\n", "pages/tracker.md": b"# Tracker\n"}
    twin = again.seal(again.stage(hour(), files(hour()) | more), hour(), INFO)
    assert tree(twin.path) == tree(bundle.path)
    assert twin.digest == bundle.digest


def test_proof_files_are_small(sealing):
    sizes = {path: len(data) for path, data in tree(sealing.seal(hour()).proof).items()}
    assert sum(sizes.values()) < 4_000
    assert sum(size for path, size in sizes.items() if "sigstore" not in str(path)) < 3_000  # it says nothing new


def test_nothing_shows_before_it_is_sealed(sealing):
    staging = sealing.writer.stage(hour(), files(hour()))
    assert names(sealing.root) == [".lock", ".staging"]
    sealing.writer.seal(staging, hour(), INFO)
    assert not staging.exists()
    assert sealing.writer.leftovers() == []


def test_each_bundle_names_the_one_before_it(sealing):
    bundles = [sealing.seal(hour(number)) for number in range(3)]
    previous = [read_info(bundle.path).previous for bundle in bundles]
    assert previous == [None, bundles[0].digest, bundles[1].digest]


def test_streams_have_chains_of_their_own(sealing):
    sealing.seal(hour())
    daily = Slot(START.replace(hour=0), Cadence.DAILY)
    info = INFO.model_copy(update={"stream": "desk-stack/production/daily"})
    theirs = {
        name: data.replace(b"production/hourly", b"production/daily").replace(b"T14:00", b"T00:00")
        for name, data in files(hour()).items()
    }
    bundle = sealing.writer.seal(sealing.writer.stage(daily, theirs), daily, info)
    assert read_info(bundle.path).previous is None
    assert names(sealing.root / "latest") == ["daily", "hourly"]


def test_a_forgotten_chain_is_found_by_looking(sealing):
    for number in range(3):
        last = sealing.seal(hour(number))
    for file in (sealing.root / ".chain").iterdir():
        file.unlink()
    assert read_info(sealing.seal(hour(3)).path).previous == last.digest


def test_a_deleted_bundle_is_still_named_by_the_next(sealing):
    last = sealing.seal(hour())
    last.path.rename(sealing.root.parent / "gone")
    assert read_info(sealing.seal(hour(1)).path).previous == last.digest


def test_latest_is_a_relative_link_to_the_newest_slot(sealing):
    link = sealing.root / "latest" / "hourly"
    newest = sealing.seal(hour(1))
    assert str(link.readlink()) == "../2026/11/22/2026-11-22T1500Z.hourly"
    sealing.seal(hour(0))
    assert link.resolve() == newest.path
    assert sealing.seal(hour(2)).path == link.resolve()
    assert names(link.parent) == ["hourly"]


def test_latest_is_mended_where_its_bundle_is_gone(sealing):
    sealing.seal(hour(1)).path.rename(sealing.root / "gone")
    older = sealing.seal(hour(0))
    assert (sealing.root / "latest" / "hourly").resolve() == older.path


def test_sealing_the_same_again_changes_nothing(sealing):
    bundle = sealing.seal(hour())
    before = tree(sealing.root)
    assert sealing.seal(hour()) == bundle
    assert tree(sealing.root) == before
    assert sealing.writer.leftovers() == []


def test_a_sealed_slot_is_never_replaced(sealing):
    bundle = sealing.seal(hour(), Outcome.FAIL)
    before = tree(bundle.path)
    with pytest.raises(SealError, match="sealed already, with other evidence"):
        sealing.seal(hour(), Outcome.PASS)
    assert tree(bundle.path) == before


def test_a_run_that_died_just_after_its_bundle_got_its_name_finds_it(sealing):
    staging = sealing.writer.stage(hour(), files(hour()))
    bundle = sealing.writer.seal(staging, hour(), INFO)
    (sealing.root / "latest" / "hourly").unlink()
    assert sealing.writer.seal(staging, hour(), INFO) == bundle
    assert (sealing.root / "latest" / "hourly").resolve() == bundle.path
    with pytest.raises(SealError, match="of another stream or catalogue"):
        sealing.writer.seal(staging, hour(), INFO.model_copy(update={"stream": "another"}))


def test_a_bundle_is_found_again_by_its_path(sealing):
    bundle = sealing.seal(hour())
    assert EvidenceBundle.at(bundle.path) == bundle
    assert bundle.digest == sha256((bundle.bag / "tagmanifest-sha256.txt").read_bytes())


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", ".hidden", "a//b", "a/../../b", ""])
def test_a_path_that_leaves_the_bag_is_refused(sealing, path):
    with pytest.raises(SealError, match="cannot be a path"):
        sealing.writer.stage(hour(), {path: b""})


def test_nothing_is_written_twice(sealing):
    staging = sealing.writer.stage(hour(), files(hour()))
    with pytest.raises(SealError, match="in the bundle already"):
        sealing.writer.add(staging, {"verdicts.json": b"{}"})


@pytest.mark.parametrize("missing", ["verdicts.json", "catalog.yaml"])
def test_a_bundle_without_verdicts_or_catalogue_is_not_sealed(sealing, missing):
    staging = sealing.writer.stage(hour(), {name: data for name, data in files(hour()).items() if name != missing})
    with pytest.raises(SealError, match=missing):
        sealing.writer.seal(staging, hour(), INFO)


@pytest.mark.parametrize(
    ("slot", "change"),
    [
        (hour(), {"stream": "another"}),
        (hour(), {"environment": "staging"}),
        (hour(), {"catalog_digest": sha256(b"another")}),
        (hour(1), {}),
    ],
)
def test_what_the_run_says_and_what_its_verdicts_say_must_agree(sealing, slot, change):
    staging = sealing.writer.stage(slot, files(hour()))
    with pytest.raises(SealError, match=r"not those of its data/verdicts\.json"):
        sealing.writer.seal(staging, slot, INFO.model_copy(update=change))
    assert not (sealing.root / "2026").exists()


def test_a_given_predecessor_must_be_the_last_bundle(sealing):
    first = sealing.seal(hour())
    stale = sealing.writer.stage(hour(1), files(hour(1)))
    with pytest.raises(SealError, match=r"another bundle .* was sealed in between"):
        sealing.writer.seal(stale, hour(1), INFO.model_copy(update={"previous": sha256(b"another")}))
    sealing.writer.seal(stale, hour(1), INFO.model_copy(update={"previous": first.digest}))


def test_a_link_in_the_payload_is_not_sealed(sealing):
    staging = sealing.writer.stage(hour(), files(hour()))
    (staging / "bag" / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(SealError, match="no plain file"):
        sealing.writer.seal(staging, hour(), INFO)


def test_a_page_that_somebody_else_wrote_into_staging_is_sealed_too(sealing):
    staging = sealing.writer.stage(hour(), files(hour()))
    (staging / "bag" / "data" / "report.html").write_bytes(b"<p>")
    manifest = (sealing.writer.seal(staging, hour(), INFO).bag / "manifest-sha256.txt").read_text()
    assert f"{sha256(b'<p>')}  data/report.html\n" in manifest


def test_a_late_slot_from_before_the_key_was_made_is_sealed_as_late_only(sealing):
    slot = hour(-5)
    staging = sealing.writer.stage(slot, files(slot))
    with pytest.raises(SealError, match="does not allow the key"):
        sealing.writer.seal(staging, slot, INFO)
    late = INFO.model_copy(update={"status": SlotStatus.LATE})
    assert sealing.writer.seal(staging, slot, late).slot == slot


def test_a_development_key_shows_in_the_bundle(tmp_path, sealing):
    key = FileSigner(sealing.writer._signer._key, "collector-development", KeyKind.DEVELOPMENT)
    writer = BundleWriter(tmp_path / "dev", key, lambda: START)
    bundle = writer.seal(writer.stage(hour(), files(hour())), hour(), INFO)
    assert "Evidence-Key: development\n" in (bundle.bag / "bag-info.txt").read_text()
    assert "development key" in (bundle.path / "VERIFY.md").read_text()
    assert "development key" not in (sealing.seal(hour()).path / "VERIFY.md").read_text()


def test_an_evidence_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "evidence").write_text("a file")
    sealing = Sealing.at(tmp_path)
    with pytest.raises(SealError, match="cannot write evidence to") as refused:
        sealing.seal(hour())
    assert "\n" not in str(refused.value)


def test_what_is_no_staging_folder_is_refused(tmp_path, sealing):
    with pytest.raises(SealError, match="no staging folder"):
        sealing.writer.seal(tmp_path, hour(), INFO)


def test_many_files_reach_the_disk_too(sealing):
    staging = sealing.writer.stage(hour(), files(hour()) | {f"raw/many/{n}.body": b"%d" % n for n in range(200)})
    bundle = sealing.writer.seal(staging, hour(), INFO)
    assert (bundle.bag / "manifest-sha256.txt").read_text().count("\n") == 200 + len(files(hour()))
