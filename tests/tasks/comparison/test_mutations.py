"""The rules that are deleted one by one are still there to be deleted, and each has a test that noticed it."""

import json

from tests.mutations import ROOT
from tests.tasks.comparison.mutations import MUTATIONS, NOTICED


def test_each_rule_stands_once_in_its_file():
    assert [mutation.name for mutation in MUTATIONS if not mutation.edit.stands] == []


def test_no_two_rules_have_one_name():
    names = [mutation.name for mutation in MUTATIONS]
    assert sorted(set(names)) == sorted(names)


def test_each_rule_and_no_other_has_a_test_that_noticed_it():
    assert set(json.loads(NOTICED.read_text(encoding="utf-8"))) == {mutation.name for mutation in MUTATIONS}


def test_the_tests_that_noticed_are_there():
    named = {
        tuple(test.partition("[")[0].split("::")) for test in json.loads(NOTICED.read_text(encoding="utf-8")).values()
    }
    assert [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text("utf-8")] == []
