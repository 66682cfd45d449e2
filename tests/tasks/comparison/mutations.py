# ruff: noqa: E501 (each line quotes the rule that it deletes)
"""Deletes one rule of equality after another, each in a copy of the program, and names those that no test misses.

Usage: python -m tests.tasks.comparison.mutations [--remember] [WORD…]   (only mutations whose name holds a word)
A mutation is tried on the test that noticed it before, which `noticed.json` names (`--remember` writes it). Where that
one does not, all tests run once, to see which of them call the function that the rule stands in, and it is tried on
those. It takes some minutes, needs the servers that the tests need, and ends with 1 if a rule could be deleted unnoticed.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.mutations import ROOT, Copy, copies
from tests.tasks.comparison.mutation import Mutation
from tests.tasks.comparison.mutations_of_bytes import BYTES
from tests.tasks.comparison.mutations_of_dialects import DIALECTS
from tests.tasks.comparison.mutations_of_postgresql import POSTGRESQL
from tests.tasks.comparison.warm import Warm

CANONICAL, INSTANTS, JSON = (f"tasks/comparison/{name}.py" for name in ("canonical", "instants", "json_values"))
EQUALITY, AGREED, AMOUNTS, GROUPS = (
    f"tasks/comparison/{name}.py" for name in ("equality", "agreement", "amounts", "groups")
)
TESTS = (
    "tests/tasks/comparison/test_canonical.py",
    "tests/tasks/comparison/test_engine.py",
    "tests/tasks/comparison/test_agreement.py",
    "tests/tasks/comparison/postgresql/test_bad_input.py",
    "tests/tasks/comparison/postgresql/test_values.py",
    "tests/tasks/comparison/postgresql/test_rules.py",
    "tests/tasks/comparison/postgresql/test_tolerances.py",
    "tests/tasks/comparison/postgresql/test_agreement.py",
    "tests/tasks/comparison/postgresql/test_totals.py",
    "tests/tasks/comparison/postgresql/test_rehash.py",
    "tests/tasks/comparison/pairs/test_forms.py",
    "tests/tasks/comparison/pairs/test_dialects.py",
    "tests/tasks/comparison/pairs/test_said_of_lines.py",
    "tests/tasks/comparison/pairs/test_attached.py",
    "tests/tasks/comparison/pairs/test_joined.py",
    "tests/tasks/comparison/pairs/test_lent_values.py",
    "tests/tasks/comparison/pairs/test_hashed.py",
    "tests/tasks/comparison/pairs/test_lines.py",
    "tests/tasks/comparison/pairs/test_aligned.py",
    "tests/tasks/comparison/pairs/test_mysql.py",
    "tests/tasks/comparison/pairs/test_totals.py",
    "tests/tasks/comparison/pairs/test_quick_totals.py",
    "tests/tasks/comparison/pairs/test_foretold_names.py",
    "tests/tasks/comparison/pairs/test_bad_files.py",
    "tests/tasks/comparison/pairs/test_strict_lines.py",
    "tests/tasks/comparison/pairs/test_progress.py",
    "tests/tasks/comparison/pairs/test_names.py",
    "tests/tasks/comparison/pairs/test_schemas.py",
)


OPTIONS = ("-x", "-m", "not slow")
NOTICED = Path(__file__).with_name("noticed.json")
"""By the name of a mutation, the test that noticed it."""
_FAILED = (1, 2)
"""A test failed, or a module could not even be imported."""


MUTATIONS = (
    Mutation("null is null", CANONICAL, '        if raw is None or (empty_is_null and raw == ""):\n            return None\n', '        if empty_is_null and raw == "":\n            return None\n'),
    Mutation("a truth value is no number", CANONICAL, '    if isinstance(raw, bool):\n        raise TypeError("a truth value is no number")\n    if isinstance(raw, int)', "    if isinstance(raw, int)"),
    Mutation("a truth value is no float", CANONICAL, '    if isinstance(raw, bool):\n        raise TypeError("a truth value is no number")\n    value = raw if isinstance(raw, float)', '    value = raw if isinstance(raw, float)'),
    Mutation("a float is its shortest decimal", CANONICAL, 'Decimal(repr(raw) if isinstance(raw, float) else numeral(raw))', 'Decimal(raw if isinstance(raw, float) else numeral(raw))'),
    Mutation("NaN equals NaN (numeric)", CANONICAL, '            raise ValueError("digits after NaN")\n        return NotFinite.NAN\n', '            raise ValueError("digits after NaN")\n'),
    Mutation("infinity has a sign", CANONICAL, "NotFinite.INFINITY if value > 0 else NotFinite.MINUS_INFINITY", "NotFinite.INFINITY"),
    Mutation("NaN equals NaN (float)", CANONICAL, "NotFinite.NAN if math.isnan(value) else value", "value"),
    Mutation("words for truth", CANONICAL, '{"t", "true", "1"}', '{"t", "1"}'),
    Mutation("only 0 and 1 are truth values", CANONICAL, "    elif raw in (0, 1):", "    else:"),
    Mutation("a truth value in text", CANONICAL, '        return "true" if raw else "false"\n', "        return str(raw)\n"),
    Mutation("bytes in hexadecimal", CANONICAL, '        if not raw.startswith("\\\\x"):\n            raise ValueError("not hexadecimal")\n        return bytes.fromhex(raw[2:])', "        return raw.encode()"),
    Mutation("case of a uuid", CANONICAL, '    return UUID(raw)\n', '    return str(raw)\n'),
    Mutation("local time by rule", CANONICAL, "    if kind is Kind.TIMESTAMP and rule.zone_utc:\n        read = instants.utc\n", ""),
    Mutation("json in text", CANONICAL, "    if kind is Kind.JSON and own is not Kind.JSON:\n        read = json_values.from_array if own is Kind.ARRAY else json_values.from_text\n", ""),
    Mutation("empty is null by rule", CANONICAL, "None if empty_is_null and value == \"\" else value", "value"),
    Mutation("empty is not null without a rule", CANONICAL, "None if empty_is_null and value == \"\" else value", "None if value == \"\" else value"),
    Mutation("trimming", CANONICAL, "            value = value.strip(BLANKS)\n", "            pass\n"),
    Mutation("which blanks", CANONICAL, "value.strip(BLANKS)", "value.strip()"),
    Mutation("collapsing", CANONICAL, '            value = re.sub(f"[{BLANKS}]+", " ", value)\n', "            pass\n"),
    Mutation("case", CANONICAL, "value.lower() if rule.ignore_case else value", "value"),
    Mutation("text rules are for text", CANONICAL, "kind is not Kind.TEXT or not (", "not ("),
    Mutation("half away from zero", CANONICAL, "rounding=ROUND_HALF_UP", 'rounding="ROUND_HALF_EVEN"'),
    Mutation("rounding of any length", CANONICAL, ", context=_EXACT)", ")"),
    Mutation("rounding of finite numbers", CANONICAL, '        if not isinstance(value, int | Decimal):\n            return cast("Canonical", value)\n        try:', '        try:'),
    Mutation("cutting instants", CANONICAL, '        return value - value % grain\n', '        return value\n'),
    Mutation("cutting spares infinity", CANONICAL, '        if not isinstance(value, int):\n            return cast("Canonical", value)\n        if kind is Kind.TIME', '        if kind is Kind.TIME'),
    Mutation("zones in text", INSTANTS, 'since - _offset(found["z"]) * SECOND', 'since'),
    Mutation("zones west", INSTANTS, 'return -seconds if zone[0] == "-" else seconds', "return seconds"),
    Mutation("minutes of a zone", INSTANTS, "int(digits[:2]) * 3600 + int(digits[2:4]) * 60", "int(digits[:2]) * 3600"),
    Mutation("a zone that must or must not be", INSTANTS, "found is None or (zoned is not None and zoned != bool(found[\"z\"]))", "found is None"),
    Mutation("years before Christ", INSTANTS, "1 - year if is_bc else year", "year"),
    Mutation("fractions have places", INSTANTS, 'int(digits.ljust(DIGITS, "0"))', "int(digits)"),
    Mutation("infinity is an instant", INSTANTS, '    if raw in ("infinity", "-infinity"):\n        return raw\n', ""),
    Mutation("a date has no time (text)", INSTANTS, '        if value % DAY:\n            raise ValueError("a date has no time")\n', ""),
    Mutation("a date has no time (value)", INSTANTS, '    if isinstance(raw, datetime):\n        raise TypeError("a date has no time")\n', ""),
    Mutation("seconds of a time", INSTANTS, "int(minutes) * 60 + int(seconds or 0)) * SECOND", "int(minutes) * 60) * SECOND"),
    Mutation("microseconds of a span", INSTANTS, " + span.microseconds * 1_000", ""),
    Mutation("objects have no order", JSON, "tuple(sorted((str(name), _frozen(item)) for name, item in value.items()))", "tuple((str(name), _frozen(item)) for name, item in value.items())"),
    Mutation("true is not 1", JSON, '        return ("bool", value)', '        return ("number", int(value))'),
    Mutation("text is no number", JSON, '    return ("text", str(value))', '    return ("number", str(value))'),
    Mutation("a list is no object", JSON, '("list", tuple', '("object", tuple'),
    Mutation("json numbers are decimals", JSON, "parse_float=Decimal, ", ""),
    Mutation("floats in json by their shortest decimal", JSON, "Decimal(repr(value))", "Decimal(value)"),
    Mutation("NaN is not json", JSON, ", parse_constant=_no_constant", ""),
    Mutation("json null is not null", JSON, "    if value is None or value is JSON_NULL:\n        return _NULL\n", "    if value is None or value is JSON_NULL:\n        return None\n"),
    Mutation("bounds of an array", JSON, 'bounds[1] if bounds else ""', '""'),
    Mutation("equal is close", EQUALITY, "        if left == right:\n            return True\n", ""),
    Mutation("no number is close to none", EQUALITY, "        if one is None or other is None:\n            return False\n", "        if one is None or other is None:\n            return True\n"),
    Mutation("tolerance by the shortest decimal", EQUALITY, "value = Decimal(repr(value))", "value = Decimal(value)"),
    Mutation("tolerance of any length", EQUALITY, "_WIDE.abs(_WIDE.subtract(one, other))", "abs(one - other)"),
    Mutation("relative to the larger", EQUALITY, "max(_WIDE.abs(one)", "min(_WIDE.abs(one)"),
    Mutation("a day in seconds", EQUALITY, "instants.DAY if column.kind is Kind.DATE else 1", "1"),
    Mutation("text that is no value of its kind", CANONICAL, "(ValueError, InvalidOperation,", "(InvalidOperation,"),
    Mutation("digits that are no number", CANONICAL, "(ValueError, InvalidOperation, OverflowError,", "(ValueError, OverflowError,"),
    Mutation("a span without end is no value", CANONICAL, "InvalidOperation, OverflowError, TypeError)", "InvalidOperation, TypeError)"),
    Mutation("a value of another class is no value", CANONICAL, "OverflowError, TypeError)", "OverflowError)"),
    Mutation("blanks around a truth value", CANONICAL, "raw.strip().lower()", "raw.lower()"),
    Mutation("case of a truth value", CANONICAL, "raw.strip().lower()", "raw.strip()"),
    Mutation("words for falsehood", CANONICAL, '{"f", "false", "0"}', '{"f", "0"}'),
    Mutation("what is no text as text", CANONICAL, 'if json_values.is_document(raw) else str(raw)\n', 'if json_values.is_document(raw) else raw\n'),
    Mutation("bytes of any class", CANONICAL, '        return bytes.fromhex(raw[2:])\n    return bytes(raw)\n', '        return bytes.fromhex(raw[2:])\n    return raw\n'),
    Mutation("rounding is for exact numbers", CANONICAL, " or kind not in (Kind.INTEGER, Kind.NUMERIC):", ":"),
    Mutation("cutting is for clocks", CANONICAL, " or kind not in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.TIME):", ":"),
    Mutation("a clock of no zone is in UTC by rule (value)", INSTANTS, "instant(raw if raw.tzinfo else raw.replace(tzinfo=UTC))", "instant(raw)"),
    Mutation("a clock of no zone is in UTC by rule (text)", INSTANTS, "_stamp(str(raw), zoned=None)", "_stamp(str(raw), zoned=True)"),
    Mutation("blanks around a time", INSTANTS, "_STAMP.fullmatch(raw.strip())", "_STAMP.fullmatch(raw)"),
    Mutation("a comma before a fraction", INSTANTS, "[.,](?P<f>", "\\.(?P<f>"),
    Mutation("UTC is a zone", INSTANTS, "(?P<z>Z|UTC|", "(?P<z>Z|"),
    Mutation("seconds of a zone", INSTANTS, " + int(digits[4:])", ""),
    Mutation("digits of instants are ASCII", INSTANTS, '\\(BC\\)))?",\n    re.ASCII,\n', '\\(BC\\)))?",\n'),
    Mutation("digits of clocks are ASCII", INSTANTS, '{1,9}))?)?", re.ASCII)', '{1,9}))?)?")'),
    Mutation("days of a span", INSTANTS, "(span.days * 86_400 + span.seconds)", "(span.seconds)"),
    Mutation("years that Python does not know", INSTANTS, "eras * 146_097 + date", "date"),
    Mutation("whole numbers in json of any length", JSON, ", parse_int=Decimal", ""),
    Mutation("text in json is no list", JSON, " and not isinstance(value, str | bytes)", ""),
    Mutation("documents in text are read", JSON, "freeze(parsed(raw) if isinstance(raw, str) else raw)", "freeze(raw)"),
    Mutation("only bounds stand before an array", JSON, 'r"((?:\\[-?\\d+:-?\\d+\\])+)="', 'r"(\\[.*\\])="'),
    Mutation("bounds below zero", JSON, "\\[-?\\d+:-?", "\\[\\d+:"),
    Mutation("infinity is close to itself alone (instants)", EQUALITY, "        if isinstance(left, int) and isinstance(right, int):\n            return abs(left - right) * grain <= bound\n", "        return abs(left - right) * grain <= bound\n"),
    Mutation("infinity is close to itself alone (floats)", EQUALITY, " and value.is_finite() else None", " else None"),
    Mutation("an absolute bound is within itself", EQUALITY, "apart <= absolute", "apart < absolute"),
    Mutation("a relative bound is within itself", EQUALITY, "apart <= _WIDE", "apart < _WIDE"),
    Mutation("a bound in time is within itself", EQUALITY, "* grain <= bound", "* grain < bound"),
    Mutation("agreed: the kind that a rule says", AGREED, "kind = rule.kind or _declared(", "kind = _declared("),
    Mutation("agreed: rounded floats are decimals", AGREED, "    if kind is Kind.FLOAT and rule.round_to is not None:\n        kind = Kind.NUMERIC\n", ""),
    Mutation("agreed: text rules are for text", AGREED, "    if rule.about_text and kind is not Kind.TEXT:\n", "    if False:\n"),
    Mutation("agreed: a loose column is what the other is", AGREED, "    if left.loose != right.loose:\n", "    if False:\n"),
    Mutation("agreed: members with a rule on text are text", AGREED, "    if left.loose and right.loose and rule.about_text and kinds <= _UNSAID:\n", "    if False:\n"),
    Mutation("agreed: elements of one kind", AGREED, "unlike = len(elements) > 1 and not elements <= _EXACT_NUMBERS", "unlike = False"),
    Mutation("agreed: elements that are numbers", AGREED, " and not elements <= _EXACT_NUMBERS\n    if unlike", "\n    if unlike"),
    Mutation("agreed: unknown types of one name", AGREED, "unlike = kind is Kind.OTHER and left.declared != right.declared", "unlike = False"),
    Mutation("agreed: exact numbers are decimals", AGREED, "    if kinds <= _EXACT_NUMBERS:\n", "    if False:\n"),
    Mutation("agreed: what one of two loose columns says", AGREED, "return said.pop() if len(said) == 1 else Kind.TEXT", "return Kind.TEXT"),
    Mutation("agreed: a float and a decimal need a bound", AGREED, "    if bound or rule.round_to is not None:\n", "    if True:\n"),
    Mutation("agreed: a local time is an instant by rule", AGREED, "kind is Kind.LOCAL_TIMESTAMP and rule.zone_utc else kind", "False else kind"),
    Mutation("agreed: a tolerance in time is for times", AGREED, "    if rule.tolerance.time is not None and kind not in TIMES:\n", "    if False:\n"),
    Mutation("agreed: a tolerance in numbers is for numbers", AGREED, "    if numbers and kind not in NUMBERS:\n", "    if False:\n"),
    Mutation("totals: a null adds nothing", AMOUNTS, "return 0 if raw is None else number(raw)", "return number(raw)"),
    Mutation("totals: so many amounts to the last digit", AMOUNTS, "WIDE.multiply(Decimal(value), rows)", "Decimal(value) * rows"),
    Mutation("totals: sums to the last digit", GROUPS, "WIDE.add(before, amount_of(amount, columns[-1].name))", "before + amount_of(amount, columns[-1].name)"),
    Mutation("totals: what is rounded is rounded first", GROUPS, "return column.rule.round_to is None and (", "return ("),
    Mutation("totals: numbers in text are read first", GROUPS, " and (own.column.loose or own.column.kind in NUMBERS)", ""),
    Mutation("numbers have digits of ours", "tasks/comparison/numerals.py", '    if "_" in text or not text.isascii():\n        raise ValueError("not the digits of a number")\n', ''),
    Mutation("NaN has no digits", CANONICAL, '        if isinstance(raw, str) and raw.rstrip()[-1] not in "nN":\n            raise ValueError("digits after NaN")\n', ''),
    Mutation("a uuid has digits of ours", CANONICAL, '    if not _UUID.fullmatch(str(raw)):\n        raise ValueError("no UUID")\n', ''),
    Mutation("bytes are no text", CANONICAL, '    if isinstance(raw, bytes | bytearray | memoryview):\n        return bytes(raw)\n    return json_values.shown', '    return json_values.shown'),
    Mutation("documents as text are JSON", CANONICAL, 'return json_values.shown(json_values.freeze(raw)) if json_values.is_document(raw) else str(raw)', 'return str(raw)'),
    Mutation("decimals as text have no exponent", CANONICAL, '        return plain(raw)\n', '        return str(raw)\n'),
    Mutation("empty is null of every kind", CANONICAL, 'raw is None or (empty_is_null and raw == "")', 'raw is None'),
    Mutation("zeros that are too many to write", CANONICAL, '            if int(Decimal(value).as_tuple().exponent) < -places:\n                raise\n            return value', '            raise\n            return value'),
    Mutation("digits that are too many to round", CANONICAL, '            if int(Decimal(value).as_tuple().exponent) < -places:\n                raise\n', ''),
    Mutation("a span below nothing is cut", CANONICAL, '        if kind is Kind.TIME and value < 0:', '        if False:'),
    Mutation("elements are read as their kind", CANONICAL, '    if kind is Kind.ARRAY and element is not None:\n        read = _array_of(element)\n', ''),
    Mutation("arrays as PostgreSQL writes them", JSON, 'if written and text.startswith("{") else', 'if False else'),
    Mutation("an array has nothing beside it", JSON, '    if _PIECE.sub("", text):\n        raise ValueError("no array")\n', ''),
    Mutation("null in an array is not its name", JSON, 'if piece in _SIGNS or piece == "NULL":', 'if piece in _SIGNS or piece.strip(\'"\') == "NULL":'),
    Mutation("places have a bound", "tasks/comparison/rules.py", "abs(self.round_to) > MOST_PLACES", "False"),
    Mutation("digits of a second have a bound", "tasks/comparison/rules.py", 'not 0 <= self.second_digits <= DIGITS', 'False'),
    Mutation("minutes have a bound", INSTANTS, ':(?P<M>[0-5]\\d)', ':(?P<M>\\d\\d)'),
    Mutation("hours have a bound", INSTANTS, '(?P<H>[01]\\d|2[0-4])', '(?P<H>\\d\\d)'),
    Mutation("seconds have a bound", INSTANTS, '(?P<S>[0-5]\\d|60)', '(?P<S>\\d\\d)'),
    Mutation("zones have a bound", INSTANTS, '[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d', '[+-](?:\\d\\d)(?::?\\d\\d'),
    Mutation("nothing is after 24:00", INSTANTS, 'if found["H"] == "24" and since > DAY:', 'if False:'),
    Mutation("year 0 is not before Christ", INSTANTS, 'if is_bc and not year:', 'if False:'),
    Mutation("minutes of a clock have a bound", INSTANTS, '(\\d{2,3}):([0-5]\\d)', '(\\d{2,3}):(\\d\\d)'),
    Mutation("spans below nothing", INSTANTS, '    return -span if sign else span\n', '    return span\n'),
    Mutation("months of a span in text", INSTANTS, '(360, 30, 1)', '(360, 31, 1)'),
    Mutation("before Christ is at the end", INSTANTS, 'written, before, era = _civil(days).partition(" ")', 'written, before, era = _civil(days), "", ""'),
    *POSTGRESQL,
    *DIALECTS,
    *BYTES,
)  # fmt: skip


def function_of(mutation: Mutation) -> str | None:
    """The function that a rule stands in, as `calls.py` names it; `None` for what stands outside of any."""
    text = (ROOT / mutation.file).read_text()
    first = text[: text.index(mutation.rule)].count("\n") + 1
    around = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= first <= (node.end_lineno or 0)
    ]
    if not around:
        return None
    inner = max(around, key=lambda node: node.lineno)
    line = min([inner.lineno, *(one.lineno for one in inner.decorator_list)])
    return f"{mutation.file}:{line}"


def tests_for(mutations: Sequence[Mutation], by_test: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """For each mutation the tests that call its function, or all of them."""
    for function in map(function_of, mutations):
        yield [test for test, called in by_test.items() if function is None or function in called]


def calls(copy: Copy) -> dict[str, list[str]]:
    """The functions that each test calls, from one run of all tests; they must all pass."""
    file = copy.folder / "calls.json"
    told = {"CALLS_FILE": str(file), "CALLS_UNDER": f"{copy.folder}/"}
    run = copy.test(TESTS, *OPTIONS, "-p", "tests.tasks.comparison.calls", variables=told)
    if not run.passed:
        raise SystemExit(f"the tests do not pass as they are\n{run.output}")
    found: dict[str, list[str]] = json.loads(file.read_text())
    return found


@dataclass(frozen=True, slots=True)
class Bench:
    """A copy of the program, and the process that runs tests in it."""

    copy: Copy
    warm: Warm

    def noticed_by(self, mutation: Mutation, tests: Sequence[str]) -> str | None:
        """The first of the tests that fails without the rule."""
        with self.copy.without([mutation.edit]):
            ended = self.warm.test([*OPTIONS, *tests])
        if ended.code not in (0, *_FAILED):
            raise SystemExit(f"{mutation.name}: the tests did not run ({ended.code})")
        return (ended.first or tests[0]) if ended.code in _FAILED else None


def tried(
    benches: Sequence[Bench], mutations: Sequence[Mutation], tests_of: Mapping[Mutation, Sequence[str]]
) -> dict[Mutation, str]:
    """Tries mutations, one on each bench at a time; those that were noticed, and by which test."""

    def run(number: int) -> dict[Mutation, str]:
        found = {}
        for mutation in mutations[number :: len(benches)]:
            test = benches[number].noticed_by(mutation, tests_of[mutation]) if tests_of[mutation] else None
            if test is not None:
                found[mutation] = test
                print(f"noticed  {mutation.name} ({test})", flush=True)  # noqa: T201 (a script)
        return found

    with ThreadPoolExecutor(len(benches)) as threads:
        return {mutation: test for found in threads.map(run, range(len(benches))) for mutation, test in found.items()}


def all_tried(benches: Sequence[Bench], mutations: Sequence[Mutation]) -> dict[Mutation, str]:
    """Tries mutations on the tests that noticed them before, then on all that could."""
    known = json.loads(NOTICED.read_text()) if NOTICED.exists() else {}
    there = benches[0].warm.tests
    before = {one: [known[one.name]] for one in mutations if known.get(one.name) in there}
    listed = sorted({test for tests in before.values() for test in tests})
    if listed and benches[0].warm.test([*OPTIONS, *listed]).code:
        raise SystemExit("the tests that noticed rules before do not pass as they are")
    found = tried(benches, list(before), before)
    rest = [mutation for mutation in mutations if mutation not in found]
    if rest:
        found |= tried(benches, rest, dict(zip(rest, tests_for(rest, calls(benches[0].copy)), strict=True)))
    return found


def main() -> None:
    """Tries every mutation, two at a time, and prints what came of each, then of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--remember", action="store_true")
    asked = parser.parse_args()
    chosen = [one for one in MUTATIONS if not asked.words or any(word in one.name for word in asked.words)]
    gone = [one.name for one in chosen if not one.edit.stands]
    if gone:
        sys.exit(f"these rules do not stand once in their files any more: {', '.join(gone)}")
    with copies(2) as made, ExitStack() as stack:
        found = all_tried([Bench(copy, stack.enter_context(Warm(copy, TESTS))) for copy in made], chosen)
    if asked.remember:
        remember({mutation.name: test for mutation, test in found.items()})
    alive = [one.name for one in chosen if one not in found]
    for name in alive:
        print(f"SURVIVES {name}")  # noqa: T201 (a script)
    print(f"{len(chosen)} rules deleted: {len(found)} noticed, {len(alive)} not ({', '.join(alive) or 'none'})")  # noqa: T201 (a script)
    sys.exit(1 if alive else 0)


def remember(found: Mapping[str, str]) -> None:
    """Writes down which test noticed which mutation; of mutations that were not tried what was known stays."""
    before = json.loads(NOTICED.read_text()) if NOTICED.exists() else {}
    every = {one.name: before[one.name] for one in MUTATIONS if one.name in before} | dict(found)
    NOTICED.write_text(json.dumps(dict(sorted(every.items())), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
