"""Documents of settings in every form: digests, drift, limits, and no secret in what is kept."""

import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from checks.evidence.records import Evidence
from checks.expectations.configuration import CONFIGURATION
from checks.kinds.configuration import ConfigurationCheck, ConfigurationRow
from checks.outcome import Outcome
from tasks.collectors.configuration import ConfigurationCollector
from tasks.collectors.settings_documents import read_settings
from tasks.collectors.strict_json import Unreadable
from tests.checks.expectations.judging import Example, outcomes
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import named, now, sources

FORMS = {
    "service.json": '{"timeouts": {"request_ms": 30000}, "profile": "production"}',
    "service.yaml": "timeouts:\n  request_ms: 30000\nprofile: production\n",
    "service.toml": 'profile = "production"\n[timeouts]\nrequest_ms = 30000\n',
    "service.env": "# set by hand\nexport profile='production'\ntimeouts.request_ms=30000\n",
}
ASKED = {"equals": {"profile": "production"}, "min": {"timeouts.request_ms": 1}}


def check(name: str, **given: object) -> ConfigurationCheck:
    return named(ConfigurationCheck.model_validate({"documents": {"service": {"at": f"reports:{name}", **given}}}))


async def collected(folder: Path, asked: ConfigurationCheck, url: str = "http://127.0.0.1:9") -> Evidence:
    collector = ConfigurationCollector(sources(url, folder), now)
    evidence = await collector.collect(asked)
    await collector.aclose()
    return evidence


async def judged(folder: Path, asked: ConfigurationCheck, *earlier: str) -> dict[str, Outcome]:
    rows = (await collected(folder, asked)).rows
    return outcomes(CONFIGURATION, Example(asked, rows, {"service": earlier} if earlier else {}))


@pytest.mark.parametrize("name", FORMS)
async def test_settings_are_read_in_every_form(name: str, tmp_path: Path):
    (tmp_path / name).write_text(FORMS[name])
    approved = hashlib.sha256(FORMS[name].encode()).hexdigest()
    found = await judged(tmp_path, check(name, approved=approved, **ASKED))
    assert set(found.values()) == {Outcome.PASS}
    assert {"approved", "settings"} <= found.keys()


async def test_a_change_that_nobody_approved_stays_a_failure(tmp_path: Path):
    approved = hashlib.sha256(FORMS["service.json"].encode()).hexdigest()
    (tmp_path / "service.json").write_text(FORMS["service.json"].replace("30000", "30001"))
    changed = hashlib.sha256((tmp_path / "service.json").read_bytes()).hexdigest()
    asked = check("service.json", approved=approved)
    assert (await judged(tmp_path, asked, changed, changed))["approved"] is Outcome.FAIL


async def test_without_an_approved_digest_it_has_to_be_the_same_as_before(tmp_path: Path):
    (tmp_path / "service.json").write_text(FORMS["service.json"])
    asked, same = check("service.json"), hashlib.sha256(FORMS["service.json"].encode()).hexdigest()
    assert (await judged(tmp_path, asked))["unchanged"] is Outcome.INCONCLUSIVE  # nothing to hold it against yet
    assert (await judged(tmp_path, asked, same, same))["unchanged"] is Outcome.PASS
    assert (await judged(tmp_path, asked, same, "0" * 64))["unchanged"] is Outcome.FAIL


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ('{"timeouts": {"request_ms": 0}, "profile": "production"}', Outcome.FAIL),
        ('{"timeouts": {"request_ms": "30000"}, "profile": "production"}', Outcome.FAIL),
        ('{"profile": "production"}', Outcome.FAIL),
        ('{"timeouts": {"request_ms": 30000}, "profile": "staging"}', Outcome.FAIL),
    ],
)
async def test_a_setting_that_is_absent_or_outside_its_limits_fails(text: str, outcome: Outcome, tmp_path: Path):
    (tmp_path / "service.json").write_text(text)
    approved = hashlib.sha256(text.encode()).hexdigest()
    assert (await judged(tmp_path, check("service.json", approved=approved, **ASKED)))["settings"] is outcome


@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.yaml", "a: [", "is no YAML"),
        ("a.yaml", "- a\n", "sets nothing by name"),
        ("a.toml", "a", "is no TOML"),
        ("a.env", "A=1\nnonsense\n", "has no NAME=value at line 2"),
        ("a.env", "A=1\nA=2\n", "sets A twice, again at line 2"),
        ("a.json", "\xff", "is not"),
        (
            "a.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{c}: &{c} [{','.join(['*' + p] * 10)}]\n" for p, c in ("ab", "bc", "cd", "de", "ef")),
            "sets more than anybody could mean",
        ),
    ],
)
def test_what_sets_nothing_says_why(name: str, text: str, because: str):
    with pytest.raises(Unreadable, match=because):
        read_settings(name, text.encode("latin-1"))


async def test_what_cannot_be_read_is_missing_only_where_its_settings_are_asked_for(tmp_path: Path):
    (tmp_path / "service.json").write_text("not json")
    approved = hashlib.sha256(b"not json").hexdigest()
    assert (await judged(tmp_path, check("service.json", approved=approved)))["approved"] is Outcome.PASS
    found = await judged(tmp_path, check("service.json", approved=approved, **ASKED))
    assert (found["readable"], found["settings"]) == (Outcome.MISSING, Outcome.INCONCLUSIVE)


async def test_no_secret_gets_into_the_evidence(tmp_path: Path):
    token = "ghp_" + "a1B2" * 9
    (tmp_path / "service.yaml").write_text(
        f"api_key: hush-hush-1\nnested: {{password: 99887766}}\nnote: the token {token}\nurl: 'postgresql://a:hush22@db/x'\n"
    )
    told = repr(await collected(tmp_path, check("service.yaml")))
    assert not any(secret in told for secret in ("hush-hush", "99887766", token, "hush22"))


async def test_a_missing_or_empty_document_is_an_observation(tmp_path: Path):
    (row,) = (await collected(tmp_path, check("service.yaml"))).rows
    assert isinstance(row, ConfigurationRow)
    assert row.missing == "does not exist"
    (tmp_path / "service.yaml").write_text("")
    assert (await judged(tmp_path, check("service.yaml", approved=hashlib.sha256(b"").hexdigest())))[
        "not-empty"
    ] is Outcome.MISSING


async def test_an_endpoint_tells_its_configuration_too(server: HostileServer, tmp_path: Path):
    server.put("/config", FORMS["service.json"])
    asked = ConfigurationCheck.model_validate({"documents": {"service": {"at": "api:/config", **ASKED}}})
    (row,) = (await collected(tmp_path, named(asked), server.url)).rows
    assert isinstance(row, ConfigurationRow)
    assert row.sha256 == hashlib.sha256(FORMS["service.json"].encode()).hexdigest()
    assert row.settings == {"profile": "production", "timeouts.request_ms": 30000}


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"approved": "abc"}, "should match pattern"),
        ({"equals": {"api_key": "x"}}, "may be a secret"),
        ({"min": {"a": float("inf")}}, "finite"),
    ],
)
def test_what_nobody_could_mean_is_refused(given: dict[str, object], because: str):
    with pytest.raises(ValidationError, match=because):
        check("service.yaml", **given)
