"""Attacks by whoever seals: each is caught by whom the matrix says, and by nobody else."""

import shutil

import pytest

from checks.errors import SealError
from tasks.sealing.anchoring import anchor
from tasks.sealing.anchors import TimestampClient
from tasks.sealing.audit import audit_log
from tasks.sealing.reaching import open_client
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle
from tests.tasks.sealing.matrix import time_table
from tests.tasks.sealing.sealed import hour, signer
from tests.tasks.sealing.test_auditors import GUIDE, bench, check  # noqa: F401 (a fixture)
from tests.tasks.sealing.test_verify_md import catchers
from tests.tasks.sealing.time_tampering import ATTEMPTS, TIME_MATRIX, seal, set_the_clock_forward


@pytest.fixture
def folder(tmp_path):
    """Keys, and two hours that are sound."""
    for number in range(2):
        seal(tmp_path, hour(number), signer(tmp_path))
    return tmp_path


def caught(folder, bundle, bench):  # noqa: F811 (a fixture)
    """Who notices, and by which of our steps."""
    root = folder / "evidence"
    trust = load_trust(root / "trust", beside_evidence=False)
    steps = frozenset(verify_bundle(bundle.path, trust).failed)
    problems = audit_log(root, trust, as_of=hour(2).end).problems
    script = check(bench, bundle.path, root / "trust")
    found = {"lines": catchers(bundle.path), "script": script.returncode, "verify": steps, "audit": problems}
    return {name for name, is_caught in found.items() if is_caught}, steps


def test_the_matrix_is_printed_from_the_tests_own_data():
    assert GUIDE.partition("<!-- time matrix -->\n")[2].partition("<!-- /time matrix -->")[0] == time_table()


def test_nobody_catches_anything_in_what_was_sealed_soundly(folder, bench):  # noqa: F811 (a fixture)
    bundle = seal(folder, hour(2), signer(folder))
    assert caught(folder, bundle, bench) == (set(), frozenset())


@pytest.mark.parametrize("attack", TIME_MATRIX, ids=lambda one: one.name)
def test_what_was_not_sealed_soundly_is_caught_by_whom_the_matrix_says(
    folder,
    attack,
    authority,
    bench,  # noqa: F811 (a fixture)
):
    bundle = attack.tamper(folder)
    if attack.tamper is set_the_clock_forward:
        with open_client() as http:
            stamping = TimestampClient(authority.url, http)
            assert anchor(folder / "evidence", witness=None, authority=stamping).problems == ()
        shutil.copy(authority.root, folder / "evidence" / "trust" / "tsa-root.pem")
    found, steps = caught(folder, bundle, bench)
    assert found == attack.caught_by - {"sealing", "rederive"}
    assert steps == attack.steps - {12}


@pytest.mark.parametrize("attack", TIME_MATRIX, ids=lambda one: one.name)
def test_the_program_itself_refuses_what_the_matrix_says(folder, attack):
    attempt = ATTEMPTS.get(attack.name)
    assert (attempt is not None) == ("sealing" in attack.caught_by)
    if attempt is not None:
        with pytest.raises(SealError):
            attempt(folder)
