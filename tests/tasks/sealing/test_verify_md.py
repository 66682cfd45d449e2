"""`VERIFY.md`: every line it tells a stranger to run is run, on sound bundles and on tampered ones."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checks.evidence.layout import bundle_path
from tests.tasks.sealing.sealed import Sealing, hour
from tests.tasks.sealing.tampering import MATRIX, tampered

LAYERS = {
    "-c manifest-sha256.txt": "payload",
    "-c tagmanifest-sha256.txt": "tags",
    "bagit.py": "bagit",
    "ls -A": "listing",
    "-Identifier": "slot",
    "ssh-keygen": "signature",
    "dsse.json": "statements",
    "witness.vkey": "witness",
    "tsa-root.pem": "timestamp",
    "tlog-proof": "log",
    "/log/tile": "log",
}


def blocks(bundle):
    return re.findall(r"```sh\n(.*?)```", (bundle / "VERIFY.md").read_text(), flags=re.DOTALL)


def commands(bundle):
    """Each command by itself; one that goes over several lines says so with backslashes."""
    return [line for block in blocks(bundle) for line in re.split(r"(?<!\\)\n", block.strip())]


def run(line, bundle):
    """Runs with bash, and with the environment's own bagit.py in reach."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", line], cwd=bundle, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout + ran.stderr


def catchers(bundle):
    """The layers of which a line fails."""
    lines = commands(bundle)
    with ThreadPoolExecutor(4) as pool:
        ran = pool.map(lambda line: run(line, bundle), lines)
        failed = [line for line, (status, _) in zip(lines, ran, strict=True) if status]
    return {next(layer for marker, layer in LAYERS.items() if marker in line) for line in failed}


@pytest.fixture(scope="module")
def bundle(pristine):
    return pristine / bundle_path(hour(1))


def test_every_line_succeeds_by_itself(bundle):
    lines = commands(bundle)
    assert len(lines) == 20
    for line in lines:
        status, said = run(line, bundle)
        assert status == 0, f"{line}\n{said}"


def test_every_block_succeeds_as_a_script(bundle):
    for block in blocks(bundle):
        status, said = run(f"set -euo pipefail\n{block}", bundle)
        assert status == 0, f"{block}\n{said}"


def test_the_lines_leave_nothing_behind(evidence):
    sound = evidence / bundle_path(hour(1))
    before = sorted(sound.rglob("*"))
    catchers(sound)
    assert sorted(sound.rglob("*")) == before


def test_the_commands_of_the_specification_are_all_there(bundle):
    text = (bundle / "VERIFY.md").read_text()
    for tool in LAYERS:
        assert tool in text
    assert "openssl pkeyutl -verify" in text
    assert "verify-time=20261122160000Z" in text


def test_a_bundle_far_from_its_root_says_where_it_needs_its_keys(pristine, tmp_path):
    copy = shutil.copytree(pristine / bundle_path(hour(1)), tmp_path / "mine")
    assert catchers(copy) == {"signature", "statements", "log"}
    text = (copy / "VERIFY.md").read_text()
    (copy / "VERIFY.md").write_text(
        text.replace("../../../../trust", str(pristine / "trust")).replace("../../../../log", str(pristine / "log"))
    )
    assert catchers(copy) == set()


@pytest.mark.parametrize("attack", MATRIX, ids=lambda attack: attack.name)
def test_stock_tools_catch_exactly_what_the_matrix_says(evidence, attack):
    assert catchers(tampered(evidence, attack)) == attack.stock


def test_a_key_that_was_not_valid_then_is_caught(evidence):
    listed = evidence / "trust" / "allowed_signers"
    listed.write_text(listed.read_text().replace("20261122140000Z", "20261122163000Z"))
    assert catchers(evidence / bundle_path(hour(1))) == {"signature"}


def test_an_outsider_who_seals_it_all_again_is_caught(evidence, tmp_path):
    forged = Sealing.at(tmp_path / "forged")
    for number in range(3):
        forged.seal(hour(number))
    shutil.rmtree(forged.root / "trust")
    shutil.copytree(evidence / "trust", forged.root / "trust")
    assert catchers(forged.root / bundle_path(hour(1))) == {"signature", "statements", "log"}
