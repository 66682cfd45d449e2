"""Manifests and `bag-info.txt`: written one way, read strictly."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.errors import VerificationError
from checks.evidence.bag import manifest_text, read_manifest, tag_files
from checks.evidence.bag_info import BagInfo, KeyKind, SealedInfo, SlotStatus, read_bag_info
from checks.evidence.digests import sha256

NAMES = st.text("abcXYZ019._-", min_size=1, max_size=12).filter(lambda name: not name.startswith("."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
DIGESTS = st.binary(max_size=4).map(sha256)
ONE = sha256(b"1")

INFO = SealedInfo(
    stream="desk-stack/production/hourly",
    environment="production",
    status=SlotStatus.COLLECTED,
    catalog_digest=ONE,
    collector_version="0.1.0",
    slot="2026-11-22T1400Z.hourly",
    bagged_on=date(2026, 11, 22),
    oxum="120.3",
    key=KeyKind.CONFIGURED,
)


@given(st.dictionaries(PATHS, DIGESTS))
def test_a_manifest_reads_back_as_it_was_written(digests):
    assert read_manifest(manifest_text(digests)) == digests


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE} data/a\n",  # one space
        f"{ONE}  data/a",  # no newline at the end
        f"{ONE}  data/a\r\n",
        f"{ONE.upper()}  data/a\n",
        f"{ONE[:-1]}  data/a\n",
        f"{ONE}  ./data/a\n",
        f"{ONE}  data/../../a\n",
        f"{ONE}  /etc/passwd\n",
        f"{ONE}  data/b\n{ONE}  data/a\n",  # another order
        f"{ONE}  data/a\n{ONE}  data/a\n",  # twice
        f"{ONE}  data/a\n\n",
        f"{ONE} *data/a\n",
        f"{ONE}  data/a\x0b{ONE}  data/b\n",
        f"{ONE}  data/é\n",
    ],
)
def test_a_manifest_that_two_tools_might_read_differently_is_refused(text):
    with pytest.raises(VerificationError):
        read_manifest(text.encode())


def test_the_tag_manifest_lists_every_tag_file_but_itself():
    tags = tag_files(b"info\n", b"manifest\n")
    listed = read_manifest(tags["tagmanifest-sha256.txt"])
    assert set(listed) == set(tags) - {"tagmanifest-sha256.txt"}
    assert listed["bag-info.txt"] == sha256(b"info\n")


def test_bag_info_reads_back_as_it_was_written():
    later = INFO.model_copy(update={"previous": sha256(b"2"), "log_index": 41, "status": SlotStatus.LATE})
    assert read_bag_info(INFO.text()) == INFO
    assert read_bag_info(later.text()) == later


def test_bag_info_has_the_labels_of_the_specification():
    lines = INFO.text().decode().splitlines()
    assert lines[0] == "External-Identifier: 2026-11-22T1400Z.hourly"
    assert lines[1] == "Bag-Group-Identifier: desk-stack/production/hourly"
    assert f"Evidence-Catalog-Digest: sha256:{ONE}" in lines
    assert "Evidence-Slot-Status: collected" in lines
    assert "Evidence-Previous: none" in lines
    assert "Evidence-Log-Index: none" in lines
    assert "Evidence-Collector-Version: 0.1.0" in lines


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b": ", b":"),
        lambda text: text.replace(b"120.3", b"0120.3"),
        lambda text: text.replace(b"120.3", b"+120.3"),
        lambda text: text.replace(b"sha256:", b""),
        lambda text: text.replace(b"T1400Z.hourly", b"T1400Z.yearly"),
        lambda text: text.replace(b"T1400Z.hourly", b"T9900Z.hourly"),
        lambda text: text.replace(b"2026-11-22\n", b"22 Nov 2026\n"),
        lambda text: text + b"Evidence-Previous: none\n",
        lambda text: text + b"Contact-Name: somebody\n",
        lambda text: text.rstrip(b"\n"),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"".join(sorted(text.splitlines(keepends=True))),
        lambda text: text.replace(b"production\n", b"produ\xc3\xa7\xc3\xa3o\n"),
        lambda text: b"",
    ],
)
def test_a_bag_info_that_is_not_the_one_that_was_written_is_refused(change):
    assert change(INFO.text()) != INFO.text()
    with pytest.raises(VerificationError):
        read_bag_info(change(INFO.text()))


@pytest.mark.parametrize("field", ["stream", "environment", "collector_version", "catalog_digest"])
def test_no_value_can_smuggle_in_a_line(field):
    fields = {**INFO.model_dump(include=set(BagInfo.model_fields)), field: "x\nEvidence-Previous: none"}
    with pytest.raises(ValidationError):
        BagInfo.model_validate(fields)


def test_a_collected_slot_is_verified_as_of_its_end():
    assert INFO.verified_as_of == datetime(2026, 11, 22, 15, tzinfo=UTC)


def test_a_late_slot_is_verified_as_of_the_day_it_was_sealed_on():
    late = INFO.model_copy(update={"status": SlotStatus.LATE, "bagged_on": date(2026, 11, 25)})
    assert late.verified_as_of == datetime(2026, 11, 26, tzinfo=UTC)
