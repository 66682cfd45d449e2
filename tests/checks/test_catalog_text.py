"""The catalogue's text: read strictly, and every problem named at once."""

from typing import Literal

import pytest
import yaml

from checks.catalog import Catalog, Check
from checks.catalog_text import read_catalog
from checks.errors import CatalogError
from checks.kinds.health import HealthCheck
from checks.kinds.parity import ParityCheck
from checks.readiness.registry import TEMPLATES
from checks.slots import Cadence

GOOD = """\
system: desk-stack
environment: staging
sources:
  api: {http: "${API_URL}", timeout: 5s}
services:
  api: {owner: Desk Ops, target: L2}
checks:
  api-live:
    kind: health
    service: api
    endpoints: [api:/livez]
    expect: {within: 500ms}
"""


def read(text: str) -> Catalog:
    return read_catalog(
        text,
        name="readiness.yaml",
        kinds={"health": HealthCheck, "parity": ParityCheck, "other": OtherCheck},
        templates=TEMPLATES,
    )


class OtherCheck(Check):
    kind: Literal["other"] = "other"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(CatalogError) as refused:
        read(text)
    return refused.value.problems


def test_a_good_catalogue_is_read():
    catalog = read(GOOD)
    check = catalog.checks["api-live"]
    assert isinstance(check, HealthCheck)
    assert check.id == "api-live"
    assert check.expect.within.total_seconds() == 0.5
    assert catalog.on(Cadence.HOURLY) == (check,)
    assert catalog.owner_of(check) == "Desk Ops"


def test_a_catalogue_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        read(GOOD).system = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("system: desk-stack", "colour: red\nsystem: desk-stack", "readiness.yaml:1: colour: unknown key"),
        ("system: desk-stack\n", "", "readiness.yaml:1: system: missing, and needed"),
        ("timeout: 5s", "timeout: 5", "readiness.yaml:4: sources.api.timeout: 5 is no duration"),
        ("http: ", "hatp: ", "readiness.yaml:4: sources.api: says nothing of where it is"),
        ('"${API_URL}"', '"http://me:secret@host/"', "readiness.yaml:4: sources.api.http: a password stands in it"),
        ("timeout: 5s", "headers: {A: token}", "readiness.yaml:4: sources.api.headers.A: a header's value comes from"),
        ("target: L2", "target: L9", "readiness.yaml:6: services.api.target: Input should be"),
        ("kind: health", "kind: wealth", "readiness.yaml:8: checks.api-live: 'wealth' is none of the kinds"),
        ("    kind: health\n", "", "readiness.yaml:8: checks.api-live: its `kind` is missing"),
        ("kind: health", "kind: health\n    kind: health", "readiness.yaml:10: checks.api-live.kind: written twice"),
        ("kind: health", "kind: health\n    id: x", "readiness.yaml:10: checks.api-live.id: a check's id is its key"),
        ("service: api", "service: web", "readiness.yaml:10: checks.api-live.service: no service is called 'web'"),
        ("api:/livez", "web:/livez", "readiness.yaml:8: checks.api-live: no source is called 'web'"),
        (
            "kind: health\n    service: api\n    endpoints: [api:/livez]\n    expect: {within: 500ms}",
            "kind: parity\n    left: api:x\n    right: api:y",
            "readiness.yaml:8: checks.api-live: the source 'api' is none that a parity can ask; it asks a database or a"
            " folder",
        ),
        ("api:/livez", "livez", "readiness.yaml:11: checks.api-live.endpoints.0: 'livez' is no place"),
        ("500ms", "0.5", "readiness.yaml:12: checks.api-live.expect.within: 0.5 is no duration"),
        ("{within: 500ms}", "{withn: 1s}", "readiness.yaml:12: checks.api-live.expect.withn: unknown key"),
        ("service: api", 'title: "${TOKEN}"', "readiness.yaml:10: checks.api-live.title: ${NAME} is read only under"),
        ("service: api", "title: !!python/name:os.system x", "readiness.yaml:10: checks.api-live.title: the tag"),
        ("api-live:", "API live:", "checks.API live"),
        ("system: desk-stack", "version: {check: nope}\nsystem: x", "version.check: no check is called 'nope'"),
    ],
)
def test_a_problem_names_file_line_and_path(old: str, new: str, problem: str):
    assert old in GOOD
    assert any(problem in found for found in problems(GOOD.replace(old, new)))


def test_all_problems_are_told_at_once_in_the_order_of_the_text():
    text = GOOD.replace("timeout: 5s", "timeout: 5").replace("target: L2", "target: L9").replace("500ms", "fast")
    assert [problem.split(":")[1] for problem in problems(text)] == ["4", "6", "12"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "42"])
def test_a_text_that_is_no_catalogue_is_refused(text: str):
    assert "the catalogue is empty" in problems(text)[0]


def test_what_is_not_yaml_is_refused_with_its_line():
    assert problems("system: x\nchecks: [\n")[0].startswith("readiness.yaml:3: not YAML")


def test_aliases_are_refused_since_they_can_multiply_without_end():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nsystem: *b\n"
    assert any("readiness.yaml:2: b.0: an alias" in problem for problem in problems(bomb))


def test_checks_may_not_be_empty():
    text = GOOD[: GOOD.index("checks:")] + "checks: {}\n"
    assert any("checks" in problem for problem in problems(text))


def test_the_good_catalogue_of_these_tests_is_plain_yaml():
    assert set(yaml.safe_load(GOOD)) == {"system", "environment", "sources", "services", "checks"}


def test_a_second_document_is_refused():
    assert "readiness.yaml:14: the catalogue: one file holds one document" in problems(GOOD + "---\nsystem: other\n")[0]


def test_a_key_that_is_no_scalar_is_named_and_does_not_derail_the_reader():
    assert any("unknown key" in problem for problem in problems("? [a, b]\n: 1\n" + GOOD))


RETENTION = """\
retention:
  keep: {hourly: 90d, weekly: 156w}
  kinds: {other: 400d}
  local: {hourly: 14d}
"""


def test_a_retention_is_read():
    retention = read(GOOD + RETENTION).retention
    assert retention is not None
    assert retention.keep[Cadence.WEEKLY].days == 3 * 364
    assert retention.kinds["other"].days == 400


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("hourly: 90d", "hurly: 90d", "Input should be 'pulse', 'hourly', 'daily' or 'weekly'"),
        ("other: 400d", "others: 400d", "Input should be 'health', 'parity' or 'other'"),
        ("hourly: 90d", "hourly: 47h", "keep.hourly: shorter than 2 days"),
        ("hourly: 14d", "hourly: 1d", "local.hourly: shorter than 2 days"),
        ("hourly: 14d", "hourly: 91d", "local.hourly: longer than keep.hourly"),
        ("weekly: 156w", "weekly: 3y", "'3y' is no duration"),
        ("keep:", "kept:", "unknown key"),
    ],
)
def test_a_retention_that_cannot_be_meant_is_refused(old: str, new: str, problem: str):
    assert any(problem in one for one in problems(GOOD + RETENTION.replace(old, new)))
