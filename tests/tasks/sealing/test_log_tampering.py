"""Attacks on a whole log: each is caught by whom the matrix says, stock tools and a witness among them."""

import shutil
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from checks.errors import ReadinessError
from checks.evidence.layout import bundle_path
from checks.slots import Slot
from tasks.sealing.anchoring import request_of
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle import bundle_folders
from tasks.sealing.keys import new_key
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tasks.sealing.witness import open_witness
from tests.tasks.sealing.log_tampering import LOG_MATRIX, SIZE, VICTIM
from tests.tasks.sealing.matrix import log_table
from tests.tasks.sealing.test_auditors import GUIDE, bench, check  # noqa: F401 (a fixture)
from tests.tasks.sealing.test_verify_md import catchers


@pytest.fixture
def root(pristine, evidence):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return evidence


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def by_verify(root):
    return any(not report.verified for report in verify_evidence([root], trust(root)))


def problems(root):
    """What the audit finds once the newest hour is over."""
    newest = max(Slot.parse_label(folder.name) for folder in bundle_folders(root))
    return audit_log(root, trust(root), as_of=newest.end).problems


def by_audit(root):
    return bool(problems(root))


def by_lines(root):
    """The commands of VERIFY.md for one bundle, if it is there to be looked at."""
    bundle = root / bundle_path(VICTIM)
    return bundle.exists() and bool(catchers(bundle))


def by_script(root, bench):  # noqa: F811 (a fixture)
    """The auditors' script, for the same bundle: it reads nothing of the log but the proof."""
    bundle = root / bundle_path(VICTIM)
    return bundle.exists() and check(bench, bundle, root / "trust").returncode != 0


def by_kept(root, kept):
    """The audit, with the checkpoint that somebody kept of an earlier visit."""
    (root / "log" / f"checkpoint.{SIZE}").write_bytes(kept)
    return any(f"checkpoint.{SIZE}" in one for one in problems(root))


@pytest.fixture
def witness(root):
    """A witness that has cosigned the log as it was."""
    key = root.parent / "witness" / "key"
    new_key(key)
    logs, now = trust(root).logs, datetime(2026, 11, 22, 18, tzinfo=UTC)
    found = open_witness(key, name="witness.example", state=key.parent / "state", logs=logs, now=lambda: now)
    assert found.add_checkpoint(request_of(root, 0).data).status is HTTPStatus.OK
    return found


def by_witness(root, witness):
    try:
        return witness.add_checkpoint(request_of(root, SIZE).data).status is not HTTPStatus.OK
    except ReadinessError:
        return True  # there is nothing that could be asked


def test_the_matrix_is_printed_from_the_tests_own_data():
    assert GUIDE.partition("<!-- log matrix -->\n")[2].partition("<!-- /log matrix -->")[0] == log_table()


def test_nobody_catches_anything_in_a_sound_log(root, witness, bench):  # noqa: F811 (a fixture)
    assert caught(root, witness, bench) == set()


@pytest.mark.parametrize("attack", LOG_MATRIX, ids=lambda attack: attack.name)
def test_a_log_that_was_tampered_with_is_caught_by_whom_the_matrix_says(root, witness, bench, attack):  # noqa: F811
    kept = (root / "log" / "checkpoint").read_bytes()
    attack.tamper(root)
    assert caught(root, witness, bench, kept) == attack.caught_by


def caught(root, witness, bench, kept=None):  # noqa: F811 (a fixture)
    kept = kept or (root / "log" / "checkpoint").read_bytes()
    found = {"verify": by_verify(root), "audit": by_audit(root), "lines": by_lines(root)}
    found |= {"script": by_script(root, bench)}
    found |= {"witness": by_witness(root, witness), "kept": by_kept(root, kept)}
    return {name for name, is_caught in found.items() if is_caught}
