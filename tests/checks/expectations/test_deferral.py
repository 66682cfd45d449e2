"""What Great Expectations imports for a feature nobody uses stays out, and comes when it is used after all."""

import subprocess
import sys


def answer(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_suites_load_neither_scipy_nor_altair():
    program = """
import sys
import checks.expectations.registry
print([name for name in ("scipy.stats._stats_py", "altair.vegalite") if name in sys.modules])
"""
    assert answer(program) == "[]"


def test_a_deferred_module_is_the_real_one_once_it_is_used():
    program = """
import checks.expectations.registry
from scipy import stats
import scipy.stats
print(round(float(stats.entropy([0.5, 0.5], [0.9, 0.1])), 3), round(float(scipy.stats.norm.cdf(0)), 1))
import altair
print(altair.Chart.__name__)
"""
    assert answer(program).splitlines() == ["0.511 0.5", "Chart"]
