"""The threat model is complete: every promise has its controls, every control a test, and the page says so."""

import ast
import importlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.security.threat_model import CONTROLS, PROMISES, promises, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
PRODUCT = ("checks", "tasks", "reports", "flows")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product, by its path."""
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, by what is called as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def written(name: str) -> str:
    """What the page has between two marks."""
    (found,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, flags=re.DOTALL)
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


def test_no_task_keeps_its_result_or_its_cache():
    found = 0
    for path, tree in modules():
        for called, call in calls(tree):
            if called != "task":
                continue
            found += 1
            told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert told["persist_result"] == "False", path
            assert told["cache_policy"] == "NO_CACHE", path
    assert found >= 7


def test_no_program_is_started_through_a_shell():
    started = 0
    for path, tree in modules():
        for called, call in calls(tree):
            assert called not in {"os.system", "os.popen", "asyncio.create_subprocess_shell", "subprocess.getoutput"}, (
                path
            )
            shell = [ast.unparse(one.value) for one in call.keywords if one.arg == "shell"]
            assert shell in ([], ["False"]), path
            if called.endswith(("create_subprocess_exec", "subprocess.run", "subprocess.Popen")):
                started += 1
                assert {"env"} <= {one.arg for one in call.keywords}, f"{path} hands its whole environment on"
    assert started


def test_every_yaml_loader_is_a_safe_one():
    """And every text of YAML passes one: nothing calls the loaders that make objects of any class."""
    read = 0
    for path, tree in modules():
        for called, call in calls(tree):
            if called in {"yaml.load", "yaml.load_all", "yaml.parse"}:
                read += 1
                (loader,) = [ast.unparse(one.value) for one in call.keywords if one.arg == "Loader"]
                module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
                chosen = eval(loader, vars(module))
                assert chosen.__name__ in {"CSafeLoader", "SafeLoader", "CBaseLoader", "BaseLoader"}, path
            assert called not in {"yaml.unsafe_load", "yaml.full_load", "pickle.loads", "eval", "exec"}, path
    assert read >= 4


def test_nothing_is_written_for_spreadsheets():
    for path, tree in modules():
        for called, call in calls(tree):
            name = called.rpartition(".")[2]
            assert name not in {"to_csv", "to_excel", "DictWriter", "write_csv"}, path
            assert called != "csv.writer", path
            assert not any(
                isinstance(each, ast.Constant) and str(each.value).endswith(('.csv"', ".xlsx")) for each in call.args
            ), path
