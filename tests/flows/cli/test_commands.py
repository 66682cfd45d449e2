"""The command line as its users meet it: what it prints, where, and with which exit code."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.flows.cli.commands import ROOT, in_a_process, readiness

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "http://127.0.0.1:9", timeout: 1s}
checks:
  nobody-listens: {kind: health, endpoints: [api:/health]}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG)
    return path


def test_help_is_what_the_readme_shows():
    shown = (ROOT / "README.md").read_text().partition("$ readiness --help\n")[2].partition("\n```")[0]
    printed = in_a_process("--help", COLUMNS="80").stdout.replace("python -m flows", "readiness")
    assert [line.rstrip() for line in printed.strip().splitlines()] == shown.strip().splitlines()


@pytest.fixture(scope="module")
def loaded_by_the_command_line() -> list[str]:
    """The modules that a process has loaded once the command line is there."""
    program = "import sys; import flows.__main__; from flows.cli import app; print(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("heavy", ["prefect", "great_expectations", "pandas", "sqlalchemy"])
def test_help_and_verify_load_nothing_heavy(heavy: str, loaded_by_the_command_line: list[str]):
    assert "flows.cli.verify" in loaded_by_the_command_line
    assert heavy not in loaded_by_the_command_line


def test_a_good_catalogue_is_called_good(catalog: Path):
    done = readiness("catalog", "check", catalog)
    assert done.returncode == 0
    assert "good: 1 checks" in done.stdout


def test_every_problem_of_a_catalogue_is_a_line_with_its_place(catalog: Path):
    catalog.write_text(CATALOG.replace("timeout: 1s", "timeout: 1").replace("kind: health", "kind: helth"))
    done = readiness("catalog", "check", catalog)
    assert done.returncode == 2
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [f"{catalog}:4", f"{catalog}:6"]


def test_an_address_of_a_database_whose_password_does_not_fit_into_it_is_refused_and_not_quoted(catalog: Path):
    written = CATALOG.replace("checks:", '  ledger: {database: "${SEC}"}\nchecks:')
    catalog.write_text(written)
    for secret in ("mysql://u:31847/etpass@127.0.0.1/x", "postgresql://u:s3cr#etpass@127.0.0.1/x"):
        for command in (("catalog", "check", catalog), ("run", "hourly")):
            done = readiness(*command, SEC=secret, READINESS_CATALOG=str(catalog))
            assert done.returncode == 2
            assert "sources.ledger: the address cannot be read" in done.stderr
            assert not any(part in done.stdout + done.stderr for part in ("etpass", "s3cr", "31847"))
    assert readiness("catalog", "check", catalog).returncode == 0
    catalog.write_text(written.replace("${SEC}", "mysql://u:31847/etpass@127.0.0.1/x"))
    done = readiness("catalog", "check", catalog)
    assert done.returncode == 2
    assert "etpass" not in done.stderr


def test_the_schema_accepts_the_sandbox_catalogue_and_refuses_what_is_unknown():
    schema = json.loads(readiness("catalog", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = yaml.safe_load((ROOT / "examples/sandbox/readiness.yaml").read_text())
    assert list(validator.iter_errors(written)) == []
    assert list(validator.iter_errors({**written, "colour": "red"}))
    written["checks"]["service-live"]["expect"]["within"] = "soon"
    assert list(validator.iter_errors(written))


def test_a_catalogue_that_is_not_there_says_how_to_get_one(tmp_path: Path):
    done = readiness("run", "hourly", "--catalog", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "readiness init" in done.stderr


def test_an_unset_reference_is_named(catalog: Path):
    catalog.write_text(CATALOG.replace("http://127.0.0.1:9", "${NOT_SET_ANYWHERE}"))
    done = readiness("run", "hourly", "--catalog", catalog)
    assert done.returncode == 2
    assert done.stderr == "sources.api: ${NOT_SET_ANYWHERE} is not set; export NOT_SET_ANYWHERE before running\n"


@pytest.mark.parametrize(
    ("slot", "says"),
    [
        ("2999-01-01T00:00Z", "is in the future"),
        ("2026-11-22T14:00", "does not say its offset"),
        ("yesterday", "is no instant"),
    ],
)
def test_a_slot_that_cannot_be_filled_is_refused_at_once(slot: str, says: str, catalog: Path, tmp_path: Path):
    done = readiness("run", "hourly", "--slot", slot, "--catalog", catalog, READINESS_HOME=str(tmp_path / "var"))
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "var").exists()


def test_a_cadence_that_owes_nothing_is_refused(catalog: Path):
    done = readiness("run", "weekly", "--catalog", catalog)
    assert done.returncode == 2
    assert "no check is `every: weekly`" in done.stderr


def test_an_evidence_folder_that_cannot_be_written_is_named_before_anything_starts(catalog: Path, tmp_path: Path):
    (tmp_path / "var").write_text("a file stands where the folder should be")
    done = readiness("run", "hourly", "--catalog", catalog, READINESS_HOME=str(tmp_path / "var"))
    assert done.returncode == 1
    assert f"{tmp_path / 'var' / 'evidence'} cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_no_bundle_does_not_verify(tmp_path: Path):
    done = readiness("verify", tmp_path)
    assert done.returncode == 3
    assert "is no evidence bundle" in done.stderr


def test_init_writes_a_catalogue_that_is_good_and_never_over_another(tmp_path: Path):
    assert readiness("init", tmp_path).returncode == 0
    assert readiness("catalog", "check", tmp_path / "readiness.yaml").returncode == 0
    before = (tmp_path / "readiness.yaml").read_bytes()
    again = readiness("init", tmp_path)
    assert again.returncode == 2
    assert "stays as it is" in again.stderr
    assert (tmp_path / "readiness.yaml").read_bytes() == before


def test_a_new_key_is_for_its_owner_only(tmp_path: Path):
    assert readiness("key", "new", tmp_path / "key").returncode == 0
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert readiness("key", "new", tmp_path / "key").returncode == 1


@pytest.mark.slow
def test_the_starter_runs_says_no_and_its_bundle_verifies(tmp_path: Path, prefect_environment: dict[str, str]):
    """From `init` to a verified bundle, and to a refused one once a byte of it is changed."""
    home = {"READINESS_HOME": str(tmp_path / "var"), "PREFECT_API_URL": prefect_environment["PREFECT_API_URL"]}
    assert readiness("init", tmp_path).returncode == 0
    ran = in_a_process("run", "hourly", "--catalog", tmp_path / "readiness.yaml", "--format", "json", **home)
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)[0]
    assert summary["checks"] == {"my-service-live": "FAIL", "nightly-report-fresh": "MISSING"}
    assert "DevelopmentKeyWarning" in ran.stderr

    told = readiness("status", "--catalog", tmp_path / "readiness.yaml", "--format", "json", **home)
    status = json.loads(told.stdout)
    assert {row["check"]: row["outcome"] for row in status["checks"]} == summary["checks"]
    assert status["slots"]["hourly"][-1]["status"] == "collected"
    page = readiness("report", "tracker", "--catalog", tmp_path / "readiness.yaml", **home)
    assert "my-service-live" in page.stdout

    assert readiness("verify", summary["bundle"]).returncode == 0
    changed = Path(summary["bundle"]) / "bag" / "data" / "verdicts.json"
    changed.write_bytes(changed.read_bytes().replace(b"FAIL", b"PASS", 1))
    refused = readiness("verify", summary["bundle"])
    assert refused.returncode == 3
    assert "data/verdicts.json" in refused.stdout


def test_a_retention_needs_a_policy_and_deletes_nothing_where_there_is_no_evidence(catalog: Path, tmp_path: Path):
    home = {"READINESS_HOME": str(tmp_path / "var")}
    without = readiness("log", "retain", "--catalog", catalog, **home)
    assert (without.returncode, len(without.stderr.splitlines())) == (2, 1)
    assert "so everything is kept" in without.stderr
    catalog.write_text(CATALOG + "retention: {keep: {hourly: 90d}}\n")
    done = readiness("log", "retain", "--delete", "--catalog", catalog, **home)
    assert (done.returncode, done.stdout) == (0, "0 of 0 bundles whose time is over deleted\n"), done.stderr


def test_a_hold_that_is_no_span_is_refused_in_a_line(tmp_path: Path):
    key = tmp_path / "key"
    readiness("key", "new", key)
    span = ("2026-11-23T00:00Z", "2026-11-22T00:00Z")
    told = ("--key", key, "--by", "counsel", "--reason", "case 7")
    done = readiness("log", "hold", *span, *told, READINESS_HOME=str(tmp_path / "var"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "from one instant until a later one" in done.stderr
