"""What a catalogue may ask of backups."""

import pytest
from pydantic import ValidationError

from checks.kinds.backup import BackupCheck

SMOKE = {"smoke": ["select 1"]}


def test_every_place_that_is_named_is_a_source():
    restore = {"into": "rehearsals", "isolated": True, "smoke": ["select 1"]}
    named = {"copies": ["offsite:."], "of": "ledger", "programs": "postgres", "restore": restore}
    check = BackupCheck.model_validate({"backups": "files:backups/*.dump", **named})
    assert check.sources == ("files", "offsite", "ledger", "postgres", "rehearsals")


def test_without_a_target_nothing_has_to_be_declared():
    assert BackupCheck.model_validate({"backups": "files:*", "restore": {"smoke": ["select 1"]}}).sources == ("files",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"backups": "no-place"},
        {"restore": {"into": "ledger", "smoke": ["select 1"]}},
        {"restore": {"into": "ledger", "isolated": False, "smoke": ["select 1"]}},
        {"restore": {"smoke": []}},
        {"restore": {"smoke": ["select 1"], "jobs": 0}},
        {"tables": {"entries": {}}},
        {"tables": {"public.entries": {"rows": -1}}},
        {"of": "ledger", "restore": SMOKE, "tables": {"public.entries": {"equal_before": "1h"}}},
        {"restore": SMOKE, "tables": {"public.entries": {"newest": "at", "equal_before": "1h"}}},
        {"of": "ledger", "tables": {"public.entries": {"newest": "at", "equal_before": "1h"}}},
        {"timezone": "Mars/Olympus"},
        {"expect": {"size": 1.5}},
        {"expect": {"age": 24}},
        {"expect": {"kept": 0}},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        BackupCheck.model_validate({"backups": "files:*", **wrong})


@pytest.mark.parametrize(
    "form", [{"made_by": "guess"}, {"user_version": 3}, {"made_by": "sqlite", "user_version": 2**31}]
)
def test_a_form_that_nobody_could_mean_is_refused(form: dict[str, object]):
    with pytest.raises(ValidationError):
        BackupCheck.model_validate({"backups": "files:*", "form": form})


def test_a_file_is_no_database_that_a_server_could_take():
    restore = {"into": "rehearsals", "isolated": True, "smoke": ["select 1"]}
    with pytest.raises(ValidationError, match="leave `into` out"):
        BackupCheck.model_validate({"backups": "files:*", "form": {"made_by": "sqlite"}, "restore": restore})
