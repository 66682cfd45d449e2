"""People's evidence, read from a real log: only what is signed, logged and about the item counts."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from checks.errors import CollectionError
from checks.evidence.records import RawCapture
from checks.evidence.sshsig import key_text
from checks.kinds.attestation import AttestationCheck, AttestationRow
from tasks.collectors.attestation import AttestationCollector
from tasks.collectors.log_records import ON_RECORD, TRUST
from tasks.collectors.sources import FolderAccess, Sources
from tasks.sealing.attesting import Attesting, artifact_path
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import ALLOWED_SIGNERS, allow_key
from tests.tasks.sealing.sealed import START, Sealing, hour, signer
from tests.tasks.sealing.test_attesting import EVIDENCE, LOG

CHECK = AttestationCheck.model_validate(
    {
        "id": "attested",
        "log": "evidence",
        "use_cases": ["UC-018", "UC-019"],
        "items": ["connector handshake"],
        "expect": {"environments": ["production"]},
    }
)
LATER = START + timedelta(hours=2)


class Home:
    """An evidence folder with people who may attest."""

    def __init__(self, folder: Path) -> None:
        sealing = Sealing.at(folder)
        sealing.seal(hour(0))
        self.root, self._folder = sealing.root, folder

    def person(self, name: str) -> Attesting:
        found = signer(self._folder, name)
        key = FileSigner(found._key, name, found.kind)
        text = (self.root / "trust" / ALLOWED_SIGNERS).read_text()
        if name not in text:
            allow_key(self.root / "trust", key_text(key.public_key), identity=name, since=START)
        return Attesting(self.root, RecordWriter(self.root, signer(self._folder)), key)

    def add(self, **change: object) -> Path:
        return self.person("executor").add(EVIDENCE.model_copy(update=change), LOG)

    async def rows(self) -> tuple[AttestationRow, ...]:
        sources = Sources({"evidence": FolderAccess("evidence", self.root, 10_000_000)})
        evidence = await AttestationCollector(sources, lambda: LATER).collect(CHECK)
        again = AttestationCollector.rows_from(CHECK, evidence.captures)
        assert again == evidence.rows
        return again


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_nothing_attested_is_missing_for_each_item(home: Home):
    assert [(row.subject, row.record is None) for row in await home.rows()] == [
        ("UC-018/connector handshake", True),
        ("UC-019/connector handshake", True),
    ]


async def test_a_record_is_a_claim_until_another_has_looked(home: Home):
    record = home.add()
    first, other = await home.rows()
    assert (first.executor, first.accepted, first.artefact_as_attested) == ("executor", None, True)
    assert other.record is None
    home.person("reviewer").review(record, accepted=True, remarks="", at=START + timedelta(minutes=30))
    reviewed = (await home.rows())[0]
    assert (reviewed.reviewer, reviewed.accepted) == ("reviewer", True)


async def test_the_newest_record_decides(home: Home):
    home.add()
    home.add(result="failed", timestamp=START + timedelta(minutes=5))
    assert (await home.rows())[0].result == "failed"


async def test_a_newer_record_of_a_stub_does_not_hide_what_is_real(home: Home):
    home.add()
    home.add(provider_mode="stub", result="failed", timestamp=START + timedelta(minutes=5))
    first = (await home.rows())[0]
    assert (first.provider_mode, first.result) == ("byok", "passed")


async def test_an_artefact_that_was_changed_is_seen(home: Home):
    home.add()
    (home.root / artifact_path(EVIDENCE)).write_bytes(b"another")
    assert (await home.rows())[0].artefact_as_attested is False


async def test_a_record_that_the_log_does_not_hold_counts_for_nothing(home: Home):
    path = home.add()
    path.rename(path.with_name("000000999.evidence.json"))
    assert (await home.rows())[0].record is None


async def test_a_record_that_was_changed_counts_for_nothing(home: Home):
    path = home.add()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert (await home.rows())[0].record is None


async def test_a_stranger_is_not_believed_though_a_capture_says_that_it_is_logged(home: Home):
    home.add()
    sources = Sources({"evidence": FolderAccess("evidence", home.root, 10_000_000)})
    evidence = await AttestationCollector(sources, lambda: LATER).collect(CHECK)
    nobody = [one if one.item != TRUST else RawCapture(one.item, b"") for one in evidence.captures]
    assert json.loads(next(one.body for one in nobody if one.item == ON_RECORD))
    assert AttestationCollector.rows_from(CHECK, nobody)[0].record is None


async def test_a_log_that_was_damaged_is_not_believed(home: Home):
    home.add()
    tile = next(path for path in (home.root / "log").rglob("*") if path.is_file() and "entries" in path.as_posix())
    tile.write_bytes(tile.read_bytes()[:-3] + b"xyz")
    with pytest.raises(CollectionError, match="the evidence log cannot be believed"):
        await home.rows()


async def test_a_folder_that_is_not_there_cannot_be_asked(tmp_path: Path):
    sources = Sources({"evidence": FolderAccess("evidence", tmp_path / "nowhere", 10)})
    with pytest.raises(CollectionError, match="there is no folder"):
        await AttestationCollector(sources, lambda: LATER).collect(CHECK)


async def test_an_empty_home_has_attested_nothing(tmp_path: Path):
    sources = Sources({"evidence": FolderAccess("evidence", tmp_path, 10)})
    evidence = await AttestationCollector(sources, lambda: LATER).collect(CHECK)
    assert all(row.missing for row in evidence.rows if isinstance(row, AttestationRow))
