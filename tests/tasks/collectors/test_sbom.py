"""The SBOM collector on what the tools really wrote, and on bills and lock files of every sad kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from checks.kinds.sbom import SbomCheck, SbomRow
from tasks.collectors.lock_files import read_lock
from tasks.collectors.sbom import SbomCollector
from tasks.collectors.strict_json import Unreadable
from tests.tasks.collectors.asking import named, now, sources

RECORDED = Path(__file__).parent / "recorded"
NPM, PYTHON = "npm-11.19.1", "cyclonedx-bom-7.5.0"


async def row(folder: Path, document: str = "bom.json", **given: Any) -> SbomRow:
    asked = {"document": f"reports:{document}", "expect": {"max_age": "9999d"}, **given}
    collector = SbomCollector(sources(folder=folder), now)
    try:
        (found,) = (await collector.collect(named(SbomCheck.model_validate(asked)))).rows
    finally:
        await collector.aclose()
    return found


@pytest.mark.parametrize(
    ("document", "lockfile", "form", "tool", "version"),
    [
        (f"{NPM}/sbom.cdx.json", f"{NPM}/package-lock.json", "CycloneDX 1.5", "cli 11.19.1", "1.2.3"),
        (f"{NPM}/sbom.spdx.json", f"{NPM}/package-lock.json", "SPDX-2.3", "npm/cli-11.19.1", "1.2.3"),
        (f"{PYTHON}/sbom.cdx.json", f"{PYTHON}/requirements.txt", "CycloneDX 1.6", "cyclonedx-py 7.5.0", None),
    ],
)
async def test_a_real_bill_agrees_with_the_lock_file_it_was_made_from(
    document: str, lockfile: str, form: str, tool: str, version: str | None
):
    found = await row(RECORDED, document, lockfile=f"reports:{lockfile}")
    assert (found.format, found.version) == (form, version)
    assert tool in found.tools
    assert (found.components, found.locked, found.drifting, found.unpinned) == (3, 3, 0, ())
    assert found.content_time is not None


async def test_each_way_to_drift_is_told_by_the_package_s_name(tmp_path: Path):
    (tmp_path / "bom.json").write_text((RECORDED / PYTHON / "sbom.cdx.json").read_text())
    (tmp_path / "lock.txt").write_text(
        "Jinja2==2.11\nidna\nurllib3==2.0 ; python_version > '3' \\\n    --hash=sha256:00\n"
    )
    found = await row(tmp_path, lockfile="reports:lock.txt")
    assert found.drift == (
        "idna is not pinned by the lock file",
        "jinja2 is 2.10 in the bill, locked 2.11",
        "requests is in the bill and not locked",
        "urllib3 is locked and not in the bill",
    )


def bill(*components: dict[str, Any], **metadata: Any) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": metadata, "components": components})


async def test_a_component_without_a_version_is_named(tmp_path: Path):
    inner = {"type": "library", "name": "inner", "purl": "pkg:npm/%40scope/inner"}
    outer = {"type": "library", "name": "outer", "version": "1", "components": [inner]}
    (tmp_path / "bom.json").write_text(bill(outer, {"type": "file", "name": "no-package"}))
    found = await row(tmp_path)
    assert (found.components, found.unpinned) == (2, ("@scope/inner",))


async def test_an_empty_bill_has_no_components_and_no_date(tmp_path: Path):
    (tmp_path / "bom.json").write_text(bill())
    found = await row(tmp_path)
    assert found.components == 0
    assert "does not say when it was made" in str(found.undated)


async def test_a_bill_for_another_ecosystem_drifts_in_nothing_but_what_is_locked(tmp_path: Path):
    (tmp_path / "bom.json").write_text((RECORDED / NPM / "sbom.cdx.json").read_text())
    (tmp_path / "lock.txt").write_text("jinja2==2.10\n")
    assert (await row(tmp_path, lockfile="reports:lock.txt")).drift == ("jinja2 is locked and not in the bill",)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (None, "does not exist"),
        ("", "is empty"),
        ("# nothing\n", "locks nothing"),
        ("a @ https://x.test/a.whl", "no requirement"),
    ],
)
async def test_a_lock_file_that_cannot_be_compared_with_says_why(tmp_path: Path, text: str | None, because: str):
    (tmp_path / "bom.json").write_text(bill({"type": "library", "name": "a", "version": "1"}))
    if text is not None:
        (tmp_path / "lock.txt").write_text(text)
    found = await row(tmp_path, lockfile="reports:lock.txt")
    assert because in str(found.lock_trouble)
    assert (found.locked, found.drifting) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"bomFormat": "CycloneDX"}',
        '{"spdxVersion": "SPDX-3.0"}',
        '{"spdxVersion": "SPDX-2.3"}',
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [1]}',
    ],
)
async def test_what_is_no_bill_of_materials_says_so(tmp_path: Path, text: str):
    (tmp_path / "bom.json").write_text(text)
    found = await row(tmp_path)
    assert found.unreadable is not None
    assert found.components is None


UV = """
[[package]]
name = "product"
version = "1"
source = { virtual = "." }

[[package]]
name = "idna"
version = "3.10"
source = { registry = "elsewhere" }
"""


def test_lock_files_of_other_builders_are_read():
    assert [one.name for one in read_lock("uv.lock", UV.encode())] == ["idna"]
    product, serde = '[[package]]\nname = "product"\nversion = "1"\n', '[[package]]\nname = "serde"\nversion = "1"\n'
    cargo = f'{product}{serde}source = "registry"\n'
    assert [(one.ecosystem, one.name) for one in read_lock("a/Cargo.lock", cargo.encode())] == [("cargo", "serde")]


@pytest.mark.parametrize("body", [b"[[package]]\nname = ", b'{"dependencies": {}}', b"\xff"])
def test_what_is_no_lock_file_is_refused(body: bytes):
    with pytest.raises(Unreadable):
        read_lock("lock", body)
