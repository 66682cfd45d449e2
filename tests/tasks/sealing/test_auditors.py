"""The auditors' guide: its script is run where this project is not, and its matrix is the one that is tested."""

import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution

import pytest

from checks.evidence.layout import bundle_path
from checks.slots import Cadence, Slot
from tasks.sealing.anchoring import anchor
from tasks.sealing.anchors import TimestampClient, WitnessClient
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import new_key
from tasks.sealing.reaching import open_client
from tasks.sealing.rotation import rotate, rotate_log
from tasks.sealing.trust import load_trust
from tasks.sealing.witness import open_witness
from tasks.sealing.witness_server import WitnessServer
from tests.tasks.sealing.authority import Authority
from tests.tasks.sealing.sealed import INFO, files, signer
from tests.tasks.sealing.test_crashes import PRODUCT

GUIDE = (PRODUCT / "docs" / "auditors.md").read_text()
HOUR = Slot.current(Cadence.HOURLY, datetime.now(UTC) - timedelta(hours=3)).at


def slot(number):
    return Slot(HOUR + timedelta(hours=number), Cadence.HOURLY)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Two witnessed and stamped bundles, and an environment that holds bagit.py and nothing of this project."""
    folder = tmp_path_factory.mktemp("auditor")
    root = folder / "evidence"
    writer = BundleWriter(root, signer(folder), lambda: slot(1).at)
    for number in range(3):
        writer.seal(writer.stage(slot(number), files(slot(number))), slot(number), INFO)
    new_key(folder / "witness" / "key")
    logs = load_trust(root / "trust", beside_evidence=False).logs
    own = {"name": "witness", "state": folder / "state", "logs": logs, "now": lambda: datetime.now(UTC)}
    witness = open_witness(folder / "witness" / "key", **own)
    authority = Authority(folder / "authority")
    stamping = authority.serve()
    with WitnessServer(("127.0.0.1", 0), witness, print) as server, open_client() as http:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = anchor(root, witness=WitnessClient(server.url, http), authority=TimestampClient(stamping.url, http))
        server.shutdown()
    stamping.shutdown()
    stamping.server_close()
    assert found.problems == ()
    (root / "trust" / "witness.vkey").write_text(f"{witness.key.text}\n")
    shutil.copy(authority.root, root / "trust" / "tsa-root.pem")
    (script,) = re.findall(r"```bash\n(.*?)```", GUIDE, flags=re.DOTALL)
    (folder / "check.sh").write_text(script)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "bare"], check=True, timeout=60)
    (packages,) = (folder / "bare" / "lib").glob("*/site-packages")
    for path in distribution("bagit").files:
        if (path.suffix == ".py" and path.parts[0] != "..") or path.parts[0].endswith(".dist-info"):
            (packages / path).parent.mkdir(exist_ok=True)
            shutil.copy(path.locate(), packages / path)
    command = folder / "bare" / "bin" / "bagit.py"
    command.write_text(f"#!{folder / 'bare' / 'bin' / 'python'}\n{(packages / 'bagit.py').read_text()}")
    command.chmod(0o755)
    return folder


def check(bench, bundle, trust):
    environment = {"PATH": f"{bench / 'bare' / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(bench)}
    command = ["bash", bench / "check.sh", bundle, trust]
    return subprocess.run(command, env=environment, cwd=bench, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_of_this_project_is_in_the_auditor_s_environment(bench):
    python = bench / "bare" / "bin" / "python"
    ran = subprocess.run([python, "-c", "import tasks.sealing"], cwd=bench, capture_output=True, text=True, check=False)
    assert "No module named 'tasks'" in ran.stderr


def test_the_script_verifies_bundle_log_witness_and_timestamp(bench):
    for number in range(3):
        ran = check(bench, bench / "evidence" / bundle_path(slot(number)), bench / "evidence" / "trust")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "witness: yes" in ran.stdout
        assert "timestamp: " in ran.stdout
        assert "not present" not in ran.stdout


def test_the_script_says_what_is_not_there(bench, tmp_path):
    copy = shutil.copytree(bench / "evidence" / bundle_path(slot(1)), tmp_path / "bundle")
    trust = shutil.copytree(bench / "evidence" / "trust", tmp_path / "trust")
    (copy / "proof" / "checkpoint.tsr").unlink()
    (trust / "witness.vkey").unlink()
    ran = check(bench, copy, trust)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "witness: not present" in ran.stdout
    assert "timestamp: not present" in ran.stdout


def test_the_script_verifies_what_was_sealed_before_a_key_was_rotated_and_after(bench, tmp_path):
    root, old, new = tmp_path / "evidence", signer(tmp_path), signer(tmp_path, "next")
    sealed_by(root, old, 0)
    rotate(root, old, new, at=slot(0).at + timedelta(minutes=30))
    sealed_by(root, new, 1)
    log = signer(tmp_path, "log")
    rotate_log(root, new, log, at=slot(1).at + timedelta(minutes=30))
    sealed_by(root, new, 2, log=log)
    for number in range(3):
        ran = check(bench, root / bundle_path(slot(number)), root / "trust")
        assert ran.returncode == 0, ran.stdout + ran.stderr


def sealed_by(root, key, number, log=None):
    writer = BundleWriter(root, key, lambda: slot(number).at, log=log)
    writer.seal(writer.stage(slot(number), files(slot(number))), slot(number), INFO)


@pytest.mark.parametrize("name", ["allowed_signers", "log.vkey", "witness.vkey", "tsa-root.pem"])
def test_the_script_believes_nobody_else_s_keys(bench, tmp_path, name):
    trust = shutil.copytree(bench / "evidence" / "trust", tmp_path / "trust")
    path = trust / name
    lines = path.read_text()
    swapped = {
        "allowed_signers": lambda: lines.replace(
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAA"
        ),
        "log.vkey": lambda: "",
        "witness.vkey": lambda: lines.rstrip()[:-3] + ("AAA\n" if not lines.rstrip().endswith("AAA") else "BBB\n"),
        "tsa-root.pem": lambda: Authority(tmp_path / "other", name="Else").root.read_text(),
    }
    path.write_text(swapped[name]())
    assert check(bench, bench / "evidence" / bundle_path(slot(1)), trust).returncode != 0
