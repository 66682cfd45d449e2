"""`readiness serve` and `readiness automate`: what is refused before anything starts."""

from pathlib import Path

import pytest

from checks.errors import CatalogError, OperationError, StoreError
from flows.cli.automate import automate
from flows.cli.serve import serve
from tests.flows.cli.test_commands import catalog  # noqa: F401 (a fixture)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("READINESS_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return tmp_path / "var"


def test_who_has_a_server_is_told_to_deploy_there(
    catalog: Path,  # noqa: F811
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(OperationError, match="names a server already, http://127"):
        serve(catalog)
    assert not home.exists()


def test_a_catalogue_that_is_wrong_starts_nothing(catalog: Path, home: Path):  # noqa: F811
    catalog.write_text(catalog.read_text().replace("kind: health", "kind: helth"))
    with pytest.raises(CatalogError, match="helth"):
        serve(catalog)
    assert not home.exists()


def test_a_home_that_cannot_be_written_starts_nothing(catalog: Path, home: Path):  # noqa: F811
    home.write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        serve(catalog)


def test_automations_need_a_server():
    with pytest.raises(OperationError, match="PREFECT_API_URL names no server"):
        automate()
