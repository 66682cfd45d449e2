"""A process killed at any step of anchoring: nothing is lost, all verifies, and anchoring again ends it."""

import shutil
import signal

import pytest

from checks.evidence.verification import StepState
from tasks.sealing.anchoring import anchor
from tasks.sealing.audit import audit_log
from tasks.sealing.keys import new_key
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tasks.sealing.waiting import unanchored
from tests.tasks.sealing.authority import Authority
from tests.tasks.sealing.killing import killed
from tests.tasks.sealing.outsiders import StampsHere, WitnessHere
from tests.tasks.sealing.sealed import Sealing, hour
from tests.tasks.sealing.test_crashes import start

KILLED = killed("""
from tasks.sealing.anchoring import anchor
from tests.tasks.sealing.outsiders import StampsHere, WitnessHere
root = Path(folder) / "evidence"
anchor(root, witness=WitnessHere(root), authority=StampsHere(Path(folder) / "authority"))
""")
ANCHORING = "tasks.sealing.anchoring"
STEPS = [
    (ANCHORING, name, when)
    for name in ("_cosigned", "_stamped", "replace_file", "_renew", "forget_waiting")
    for when in ("before", "after")
]


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """Two hours that wait for a witness and an authority, and both of these."""
    folder = tmp_path_factory.mktemp("ready")
    sealing = Sealing.at(folder)
    for number in range(2):
        sealing.seal(hour(number))
    new_key(folder / "witness" / "key")
    authority = Authority(folder / "authority")
    (sealing.root / "trust" / "witness.vkey").write_text(f"{WitnessHere(sealing.root).key.text}\n")
    shutil.copy(authority.root, sealing.root / "trust" / "tsa-root.pem")
    return folder


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_process_that_was_killed_while_it_anchored_loses_nothing(ready, tmp_path, step):
    folder = shutil.copytree(ready, tmp_path / "copy", symlinks=True)
    config = folder / "authority" / "openssl.cnf"
    config.write_text(config.read_text().replace(str(ready), str(folder)))
    root = folder / "evidence"
    assert start(KILLED, folder, *step).wait() == -signal.SIGKILL
    trust = load_trust(root / "trust", beside_evidence=False)
    assert [report.failed for report in verify_evidence([root], trust)] == [()] * 2
    assert audit_log(root, trust, as_of=hour(2).at).problems == ()
    found = anchor(root, witness=WitnessHere(root), authority=StampsHere(folder / "authority"))
    assert found.problems == ()
    reports = verify_evidence([root], trust)
    assert {report.state(number) for report in reports for number in (8, 9, 10)} == {StepState.VERIFIED}
    assert unanchored(root).bundles == 0
    Sealing.at(folder).seal(hour(2))
    assert audit_log(root, trust, as_of=hour(3).at).problems == ()
