"""The threat model is complete: every promise has its controls, every control a test, and the page says so."""

import ast
import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.security import guards
from tests.security.threat_model import CONTROLS, PROMISES, promises, table
from tests.tasks.drills.guards import missing
from tests.tasks.drills.guards_of_drills import DRILLS

ROOT = Path(__file__).parents[2]
PRODUCT = ("checks", "tasks", "reports", "flows")


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, str, ast.Call]]:
    """Every call in the product: in which module it stands, and what is called as it is written."""
    paths = (path for folder in PRODUCT for path in sorted((ROOT / folder).rglob("*.py")))
    trees = ((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)
    nodes = ((path, node) for path, tree in trees for node in ast.walk(tree))
    return [(path, ast.unparse(node.func), node) for path, node in nodes if isinstance(node, ast.Call)]


def written(name: str) -> str:
    """What the page has between two marks."""
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", page, flags=re.DOTALL)
    return found


def test_the_page_has_the_very_tables():
    """`python -m tests.security.threat_model` prints them."""
    assert written("promises") == promises()
    assert written("controls") == table()


def test_every_promise_is_kept_by_a_control_and_every_control_keeps_one():
    assert {one.promise for one in CONTROLS} == set(PROMISES)
    assert len({one.id for one in CONTROLS}) == len(CONTROLS)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_a_control_is_where_it_says_and_its_tests_are_collected(control):
    assert all(find_spec(module) for module in control.where)
    assert control.tests
    for node in control.tests:
        path, _, name = node.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        found = [
            one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name
        ]
        assert len(found) == 1, f"{node} is not there, or twice"
        assert not any(
            "skip" in ast.unparse(each) or "xfail" in ast.unparse(each) for each in found[0].decorator_list
        ), node


def test_every_control_has_a_guard_whose_test_goes_red_without_it_or_a_reason():
    """`python -m tests.security.guards` takes one after the other out."""
    assert missing(guards.CONTROLS) == []
    tested = {guard.test.partition("[")[0] for guard in (*guards.CONTROLS, *DRILLS)}
    without = {one.id for one in CONTROLS if not tested & set(one.tests)}
    assert without == set(guards.WITHOUT)


def test_no_task_keeps_its_result_or_its_cache(calls):
    found = 0
    for path, called, call in calls:
        if called != "task":
            continue
        found += 1
        told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert told["persist_result"] == "False", path
        assert told["cache_policy"] == "NO_CACHE", path
    assert found >= 7


def test_no_program_is_started_through_a_shell(calls):
    started = 0
    for path, called, call in calls:
        assert called not in {"os.system", "os.popen", "asyncio.create_subprocess_shell", "subprocess.getoutput"}, path
        shell = [ast.unparse(one.value) for one in call.keywords if one.arg == "shell"]
        assert shell in ([], ["False"]), path
        if called.endswith(("create_subprocess_exec", "subprocess.run", "subprocess.Popen")):
            started += 1
            assert {"env"} <= {one.arg for one in call.keywords}, f"{path} hands its whole environment on"
    assert started


def test_every_yaml_loader_is_a_safe_one(calls):
    """And every text of YAML passes one: nothing calls the loaders that make objects of any class."""
    read = 0
    for path, called, call in calls:
        if called in {"yaml.load", "yaml.load_all", "yaml.parse"}:
            read += 1
            (loader,) = [ast.unparse(one.value) for one in call.keywords if one.arg == "Loader"]
            module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
            chosen = eval(loader, vars(module))
            assert chosen.__name__ in {"CSafeLoader", "SafeLoader", "CBaseLoader", "BaseLoader"}, path
        assert called not in {"yaml.unsafe_load", "yaml.full_load", "pickle.loads", "eval", "exec"}, path
    assert read >= 4


def test_nothing_is_written_for_spreadsheets(calls):
    for path, called, call in calls:
        name = called.rpartition(".")[2]
        assert name not in {"to_csv", "to_excel", "DictWriter", "write_csv"}, path
        assert called != "csv.writer", path
        assert not any(
            isinstance(each, ast.Constant) and str(each.value).endswith(('.csv"', ".xlsx")) for each in call.args
        ), path
