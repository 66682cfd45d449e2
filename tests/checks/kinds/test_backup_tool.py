"""What a catalogue may ask of backup tools."""

import pytest
from pydantic import ValidationError

from checks.kinds.backup_tool import BackupToolCheck

PROGRAM = {"tool": "restic", "of": "ledger", "program": "restic"}


def test_every_place_and_program_that_is_named_is_a_source_once():
    reports = {"check": "files:check.json", "settings": "files:servers.json"}
    check = BackupToolCheck.model_validate({**PROGRAM, "reports": reports})
    assert check.sources == ("restic", "files")


def test_reports_alone_are_enough_where_they_list_the_backups():
    reports = {"backups": "files:snapshots.json"}
    assert BackupToolCheck.model_validate({"tool": "restic", "of": "a", "reports": reports}).sources == ("files",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tool": "tar"},
        {"of": ""},
        {"of": "--config=elsewhere"},
        {"program": None},
        {"program": None, "reports": {"check": "files:check.json"}},
        {"reports": {"gossip": "files:a.json"}},
        {"subset": "0%"},
        {"subset": "half"},
        {"tool": "barman", "subset": "5%"},
        {"expect": {"age": 24}},
        {"expect": {"size": 1.5}},
        {"expect": {"kept": 0}},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        BackupToolCheck.model_validate({**PROGRAM, **wrong})
