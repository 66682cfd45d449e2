"""What a run leaves, as the files of a bag."""

import json
from dataclasses import replace

import pytest

from checks.errors import SealError
from checks.evidence.layout import Origin, bundle_files, bundle_path, is_safe_path, meta_path, raw_path
from checks.evidence.records import RawCapture
from checks.evidence.verdicts import read_verdicts
from checks.outcome import Outcome
from tests.checks.evidence.examples import BODY, CATALOG, SLOT, Answer, evidence, finding, judgement

ORIGIN = Origin("desk-stack/production/hourly", "production", "1.4.2")


def files(brought=None, judged=None):
    return dict(
        bundle_files(
            SLOT,
            [evidence()] if brought is None else brought,
            [judgement(Outcome.PASS)] if judged is None else judged,
            origin=ORIGIN,
            catalog=CATALOG,
        )
    )


def test_a_bundle_lies_under_the_date_of_its_slot():
    assert bundle_path(SLOT) == "2026/11/22/2026-11-22T1400Z.hourly"


def test_every_file_has_its_place():
    assert set(files()) == {
        "raw/api-health/livez.body",
        "raw/api-health/livez.meta.json",
        "rows/api-health.jsonl",
        "validation/api-health.json",
        "verdicts.json",
        "catalog.yaml",
    }
    assert raw_path("api-health", "livez") == "data/raw/api-health/livez.body"
    assert meta_path("api-health", "livez") == "data/raw/api-health/livez.meta.json"


def test_a_raw_body_and_the_catalogue_are_kept_byte_for_byte():
    assert files()["raw/api-health/livez.body"] == BODY
    assert files()["catalog.yaml"] == CATALOG


def test_the_meta_file_says_how_to_ask_again():
    meta = json.loads(files()["raw/api-health/livez.meta.json"])
    assert meta["capture"] == {"status": 200}
    assert meta["provenance"]["request"] == "http://127.0.0.1/livez"
    assert meta["provenance"]["started_at"] == "2026-11-22T14:07:30Z"
    assert meta["bytes"] == len(BODY)


def test_rows_are_one_line_of_json_each():
    lines = files()["rows/api-health.jsonl"].decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"subject": "api:/livez", "seconds": 0.25}]


def test_verdicts_have_the_keys_of_the_specification():
    verdicts = json.loads(files()["verdicts.json"])
    assert list(verdicts) == ["environment", "findings", "slot", "stream", "version"]
    assert verdicts["slot"] == "2026-11-22T14:00:00Z"
    assert set(verdicts["findings"][0]) == {
        "check",
        "kind",
        "subject",
        "expectation",
        "outcome",
        "severity",
        "observed",
        "expected",
        "because",
        "evidence",
    }
    assert read_verdicts(files()["verdicts.json"]).counts[Outcome.PASS] == 1


def test_the_order_of_checks_does_not_show():
    two = [evidence("b"), evidence("a")]
    judged = [judgement(Outcome.PASS, check="b"), judgement(Outcome.FAIL, check="a")]
    assert files(two, judged) == files(two[::-1], judged[::-1])


def test_a_check_that_brought_nothing_still_has_its_verdict():
    nothing = replace(judgement(Outcome.ERROR), validation=b"")
    left = files([], [nothing])
    assert set(left) == {"verdicts.json", "catalog.yaml"}
    assert json.loads(left["verdicts.json"])["findings"][0]["outcome"] == "ERROR"


def test_what_json_has_no_number_for_is_spelled_out():
    odd = replace(evidence(), rows=(Answer(subject="s", seconds=float("nan")),))
    odd = replace(odd, captures=(RawCapture("livez", b"", {"load": float("inf")}),))
    seen = finding(Outcome.FAIL).model_copy(update={"observed": float("nan")})
    judged = judgement(Outcome.FAIL)
    judged = replace(judged, verdicts=(replace(judged.verdicts[0], findings=(seen,)),))
    left = files([odd], [judged])
    assert json.loads(left["rows/api-health.jsonl"])["seconds"] == "NaN"
    assert json.loads(left["raw/api-health/livez.meta.json"])["capture"] == {"load": "Infinity"}
    assert json.loads(left["verdicts.json"])["findings"][0]["observed"] == "NaN"


@pytest.mark.parametrize("item", ["", ".", "..", ".hidden", "a/b", "../../etc", "a b", "a\nb", "é", "x" * 201, "a:b"])
def test_an_item_that_is_no_safe_file_name_is_refused(item):
    with pytest.raises(SealError, match="cannot be a file name"):
        files([evidence("api-health", RawCapture(item, b""))])


def test_two_captures_of_one_name_are_refused():
    with pytest.raises(SealError, match="written twice"):
        files([evidence("api-health", RawCapture("livez", b"1"), RawCapture("livez", b"2"))])


@pytest.mark.parametrize(
    ("path", "safe"),
    [("pages/tracker.md", True), ("/etc/passwd", False), ("a//b", False), ("a/../b", False), ("a/.b", False)],
)
def test_a_path_cannot_leave_its_folder(path, safe):
    assert is_safe_path(path) is safe
