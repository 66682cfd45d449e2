"""What Great Expectations imports for a feature nobody uses stays out, and comes when it is used after all."""

import importlib
import subprocess
import sys

import pytest

from checks.expectations.deferral import absent

PROGRAM = """
import sys
import checks.expectations.registry
unneeded = ("scipy.stats._stats_py", "altair.vegalite", "pyarrow", "boto3", "botocore")
print([name for name in unneeded if name in sys.modules], flush=True)
import pyarrow
print(pyarrow.array([1, 2]).to_pylist(), flush=True)
from scipy import stats
import scipy.stats
print(round(float(stats.entropy([0.5, 0.5], [0.9, 0.1])), 3), round(float(scipy.stats.norm.cdf(0)), 1), flush=True)
import altair
print(altair.Chart.__name__)
"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What a program finds that has loaded the suites and nothing else, and then asks for one thing after another."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()


def test_suites_load_nothing_that_no_suite_needs(said: list[str]):
    assert said[:1] == ["[]"]


def test_what_was_absent_is_there_for_whoever_asks_for_it_afterwards(said: list[str]):
    assert said[1:2] == ["[1, 2]"]


def test_what_is_imported_already_stays():
    with absent("json", "no_such_module"):
        assert importlib.import_module("json").dumps(1) == "1"
        with pytest.raises(ImportError, match="no_such_module"):
            importlib.import_module("no_such_module")
    assert "no_such_module" not in sys.modules


def test_a_deferred_module_is_the_real_one_once_it_is_used(said: list[str]):
    assert said[2:] == ["0.511 0.5", "Chart"]
