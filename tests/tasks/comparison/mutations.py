# ruff: noqa: E501 (each line quotes the rule that it deletes)
"""Deletes one rule of equality after another, each in a copy of the program, and names those that no test misses.

Usage: python -m tests.tasks.comparison.mutations [WORD…]   (only mutations whose name holds a word)
All tests run once, to see which of them call the function that a rule stands in; a mutation is tried on those alone. It
takes some minutes, needs the servers that the tests need, and ends with 1 if a rule could be deleted unnoticed.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutations import ROOT, Copy, copies
from tests.tasks.comparison.mutation import Mutation
from tests.tasks.comparison.mutations_of_dialects import DIALECTS

CANONICAL, INSTANTS, JSON = (f"tasks/comparison/{name}.py" for name in ("canonical", "instants", "json_values"))
EQUALITY, HASHES, TOLERATED, RANGED, DIGESTING = (
    "tasks/comparison/equality.py",
    *(f"tasks/comparison/postgres/{name}.py" for name in ("hashes", "tolerated", "ranged", "digesting")),
)
TESTS = (
    "tests/tasks/comparison/test_canonical.py",
    "tests/tasks/comparison/test_engine.py",
    "tests/tasks/comparison/postgresql/test_values.py",
    "tests/tasks/comparison/postgresql/test_rules.py",
    "tests/tasks/comparison/postgresql/test_tolerances.py",
    "tests/tasks/comparison/pairs/test_forms.py",
    "tests/tasks/comparison/pairs/test_dialects.py",
    "tests/tasks/comparison/pairs/test_said_of_lines.py",
    "tests/tasks/comparison/pairs/test_attached.py",
    "tests/tasks/comparison/pairs/test_joined.py",
    "tests/tasks/comparison/pairs/test_mysql.py",
)


OPTIONS = ("-x", "-m", "not slow")


MUTATIONS = (
    Mutation("null is null", CANONICAL, "        if raw is None:\n            return None\n        try", "        try"),
    Mutation("a truth value is no number", CANONICAL, '    if isinstance(raw, bool):\n        raise TypeError("a truth value is no number")\n    if isinstance(raw, int)', "    if isinstance(raw, int)"),
    Mutation("a truth value is no float", CANONICAL, '    if isinstance(raw, bool):\n        raise TypeError("a truth value is no number")\n    value = float', "    value = float"),
    Mutation("a float is its shortest decimal", CANONICAL, "Decimal(repr(raw) if isinstance(raw, float) else str(raw))", "Decimal(raw if isinstance(raw, float) else str(raw))"),
    Mutation("NaN equals NaN (numeric)", CANONICAL, "    if value.is_nan():\n        return NotFinite.NAN\n    return NotFinite.INF", "    return NotFinite.INF"),
    Mutation("infinity has a sign", CANONICAL, "NotFinite.INFINITY if value > 0 else NotFinite.MINUS_INFINITY", "NotFinite.INFINITY"),
    Mutation("NaN equals NaN (float)", CANONICAL, "NotFinite.NAN if math.isnan(value) else value", "value"),
    Mutation("words for truth", CANONICAL, '{"t", "true", "1"}', '{"t", "1"}'),
    Mutation("only 0 and 1 are truth values", CANONICAL, "    elif raw in (0, 1):", "    else:"),
    Mutation("a truth value in text", CANONICAL, '        return "true" if raw else "false"\n', "        return str(raw)\n"),
    Mutation("bytes in hexadecimal", CANONICAL, '        if not raw.startswith("\\\\x"):\n            raise ValueError("not hexadecimal")\n        return bytes.fromhex(raw[2:])', "        return raw.encode()"),
    Mutation("case of a uuid", CANONICAL, "return raw if isinstance(raw, UUID) else UUID(raw)", "return str(raw)"),
    Mutation("local time by rule", CANONICAL, "    if kind is Kind.TIMESTAMP and rule.zone_utc:\n        read = instants.utc\n", ""),
    Mutation("json in text", CANONICAL, "    if kind is Kind.JSON and own is not Kind.JSON:\n        read = json_values.from_text\n", ""),
    Mutation("empty is null by rule", CANONICAL, "None if empty_is_null and value == \"\" else value", "value"),
    Mutation("empty is not null without a rule", CANONICAL, "None if empty_is_null and value == \"\" else value", "None if value == \"\" else value"),
    Mutation("trimming", CANONICAL, "            value = value.strip(BLANKS)\n", "            pass\n"),
    Mutation("which blanks", CANONICAL, "value.strip(BLANKS)", "value.strip()"),
    Mutation("collapsing", CANONICAL, '            value = re.sub(f"[{BLANKS}]+", " ", value)\n', "            pass\n"),
    Mutation("case", CANONICAL, "value.lower() if rule.ignore_case else value", "value"),
    Mutation("text rules are for text", CANONICAL, "kind is not Kind.TEXT or (", "("),
    Mutation("half away from zero", CANONICAL, "rounding=ROUND_HALF_UP", 'rounding="ROUND_HALF_EVEN"'),
    Mutation("rounding of any length", CANONICAL, ", context=_EXACT)", ")"),
    Mutation("rounding of finite numbers", CANONICAL, "        if not isinstance(value, int | Decimal):\n            return cast(\"Canonical\", value)\n        return Decimal", "        return Decimal"),
    Mutation("cutting instants", CANONICAL, "value - value % grain if isinstance(value, int) else value", "value"),
    Mutation("cutting spares infinity", CANONICAL, "value - value % grain if isinstance(value, int) else value", "value - value % grain"),
    Mutation("zones in text", INSTANTS, "(clock - _offset(found[\"z\"]))", "clock"),
    Mutation("zones west", INSTANTS, 'return -seconds if zone[0] == "-" else seconds', "return seconds"),
    Mutation("minutes of a zone", INSTANTS, "int(digits[:2]) * 3600 + int(digits[2:4]) * 60", "int(digits[:2]) * 3600"),
    Mutation("a zone that must or must not be", INSTANTS, "found is None or (zoned is not None and zoned != bool(found[\"z\"]))", "found is None"),
    Mutation("years before Christ", INSTANTS, "1 - year if found[\"bc\"] else year", "year"),
    Mutation("fractions have places", INSTANTS, 'int(digits.ljust(DIGITS, "0"))', "int(digits)"),
    Mutation("infinity is an instant", INSTANTS, '    if raw in ("infinity", "-infinity"):\n        return raw\n', ""),
    Mutation("a date has no time (text)", INSTANTS, '        if value % DAY:\n            raise ValueError("a date has no time")\n', ""),
    Mutation("a date has no time (value)", INSTANTS, '    if isinstance(raw, datetime):\n        raise TypeError("a date has no time")\n', ""),
    Mutation("seconds of a time", INSTANTS, "int(minutes) * 60 + int(seconds or 0)) * SECOND", "int(minutes) * 60) * SECOND"),
    Mutation("microseconds of a span", INSTANTS, " + span.microseconds * 1_000", ""),
    Mutation("objects have no order", JSON, "tuple(sorted((str(name), freeze(item)) for name, item in value.items()))", "tuple((str(name), freeze(item)) for name, item in value.items())"),
    Mutation("true is not 1", JSON, '        return ("bool", value)', '        return ("number", int(value))'),
    Mutation("text is no number", JSON, '    return ("text", str(value))', '    return ("number", str(value))'),
    Mutation("a list is no object", JSON, '("list", tuple', '("object", tuple'),
    Mutation("json numbers are decimals", JSON, "parse_float=Decimal, ", ""),
    Mutation("floats in json by their shortest decimal", JSON, "Decimal(repr(value))", "Decimal(value)"),
    Mutation("NaN is not json", JSON, ", parse_constant=_no_constant", ""),
    Mutation("json null is not null", JSON, "    if value is None or value is JSON_NULL:\n        return _NULL\n", "    if value is None or value is JSON_NULL:\n        return None\n"),
    Mutation("bounds of an array", JSON, 'bounds if divider else ""', '""'),
    Mutation("equal is close", EQUALITY, "        if left == right:\n            return True\n", ""),
    Mutation("no number is close to none", EQUALITY, "        if one is None or other is None:\n            return False\n", "        if one is None or other is None:\n            return True\n"),
    Mutation("tolerance by the shortest decimal", EQUALITY, "value = Decimal(repr(value))", "value = Decimal(value)"),
    Mutation("tolerance of any length", EQUALITY, "_WIDE.abs(_WIDE.subtract(one, other))", "abs(one - other)"),
    Mutation("relative to the larger", EQUALITY, "max(_WIDE.abs(one)", "min(_WIDE.abs(one)"),
    Mutation("a day in seconds", EQUALITY, "instants.DAY if column.kind is Kind.DATE else 1", "1"),
    Mutation("hash: bigint is folded", HASHES, "hashint8extended({value}, {value} # {seed})", "hashint8extended({value}, {seed})"),
    Mutation("hash: integers of one width", HASHES, "hashint4extended({value_sql(one)}::int4, {seed})", "hashint2extended({value_sql(one)}::int2, {seed})"),
    Mutation("hash: sign of a numeric", HASHES, "~{seed} else {zero}", "{seed} else {zero}"),
    Mutation("hash: zero and NaN", HASHES, 'zero = _constant(blake2b(seed.encode(), digest_size=8))', "zero = seed"),
    Mutation("hash: numeric infinities", HASHES, "        return hashed\n    bounded", "        return hashed\n    return hashed\n    bounded"),
    Mutation("hash: instants are folded", HASHES, "hashfloat8extended(date_part('epoch', {value}), {seed}) else {far}", "timestamp_hash_extended({value}::timestamp, {seed}) else {far}"),
    Mutation("hash: far instants", HASHES, 'f"case when {near} then', 'f"case when {near} or isfinite({value}) then'),
    Mutation("hash: infinite instants", HASHES, 'else hashtextextended({value}::text, {seed}) end"\n    return f"case when {near}', 'else {seed} end"\n    return f"case when {near}'),
    Mutation("hash: shape of json", HASHES, ' # hashtextextended({_plain(text)}, {seed}))"', ')"'),
    Mutation("hash: numbers in json", HASHES, "hashtextextended({_plain(text)}, {seed}))", "hashtextextended({text}, {seed}))"),
    Mutation("hash: text in json that looks like a number", HASHES, '(jsonb_hash_extended({value}::jsonb, {seed}) # hashtext', '(hashtext'),
    Mutation("hash: bounds of float arrays", HASHES, "hash_array_extended({value}::float8[], {seed}) # {shape}", "hash_array_extended({value}::float8[], {seed})"),
    Mutation("hash: floats in arrays", HASHES, "    if one.column.element is Kind.FLOAT:\n", "    if False:\n"),
    Mutation("hash: decimals in arrays", HASHES, "_plain(text) if one.column.element is Kind.NUMERIC else text", "text"),
    Mutation("hash: arrays by their text", HASHES, "hashtextextended({_plain(text) if one.column.element is Kind.NUMERIC else text} collate \"C\", {seed})", "hash_array_extended({value}, {seed})"),
    Mutation("hash: null has a value", HASHES, "coalesce({hashed}, {self.seed(place, 'null')})", "coalesce({hashed}, {self.seed(place, 'value')})"),
    Mutation("hash: null is hashed", HASHES, "if nullable else hashed", "if False else hashed"),
    Mutation("hash: a seed for each column", HASHES, 'f"{place}:{use}".encode()', 'f"{use}".encode()'),
    Mutation("hash: reals as doubles", HASHES, "hashfloat8extended({value}::float8, {seed})", "hashfloat4extended({value}::float4, {seed})"),
    Mutation("hash: enums by their label", HASHES, 'return _text(f"{value}::text", rule)', "return _text(value, rule)"),
    Mutation("hash: text by its bytes", HASHES, """Kind.TEXT: _native('hashtextextended({value} collate "C", {seed})')""", """Kind.TEXT: _native('hashtextextended({value}, {seed})')"""),
    Mutation("hash: trimming", HASHES, 'value = f"btrim({value}, {_BLANKS})"', "value = value"),
    Mutation("hash: which blanks", HASHES, '"btrim({value}, {_BLANKS})"', '"btrim({value})"'),
    Mutation("hash: collapsing", HASHES, "    if rule.whitespace is Whitespace.COLLAPSE:\n", "    if False:\n"),
    Mutation("hash: case", HASHES, "    if rule.ignore_case:\n", "    if False:\n"),
    Mutation("hash: empty is null", HASHES, "if rule.null_equals_empty else value", "if False else value"),
    Mutation("hash: rounding", HASHES, "return exact if rule.round_to is None else", "return exact if True else"),
    Mutation("hash: rounding of integers", HASHES, 'return f"{value}::int8" if rule.round_to is None else', 'return f"{value}::int8" if True else'),
    Mutation("hash: a float as its shortest decimal", HASHES, 'f"{value}::text::numeric" if one.column.kind is Kind.FLOAT else', 'f"{value}::numeric" if one.column.kind is Kind.FLOAT else'),
    Mutation("hash: digits of a second need values", HASHES, "    if column.rule.second_digits is not None:\n", "    if False:\n"),
    Mutation("hash: another kind needs values", HASHES, "    if column.rule.kind is not None:\n", "    if False:\n"),
    Mutation("hash: loose arrays need values", HASHES, "column.kind is Kind.ARRAY and not elements <= _ELEMENTS", "False"),
    Mutation("segments are mixed", RANGED, "bit_xor({mixed})", "bit_xor(h)"),
    Mutation("the key is in its row's hash", DIGESTING, '" # ".join([key, *hashes])', '" # ".join(hashes or [key])'),
    Mutation("close: at the bound only rows tell", TOLERATED, "np.where(whole, 0.0, error + float(bound) * ERROR)", "np.zeros(len(largest))"),
    Mutation("close: wholes are exact up to 2⁵²", TOLERATED, "whole = largest <= EXACT if", "whole = largest >= 0 if"),
    Mutation("close: large numbers are left to rows", TOLERATED, "np.where(largest < LARGE, left - right, np.nan)", "left - right"),
    Mutation("close: tiny numbers are left to rows", TOLERATED, 'f"{value} = 0 or abs({value}) between {_TINY} and {_HUGE}"', '"true"'),
    Mutation("close: microseconds", TOLERATED, "if kind in _INSTANTS or kind is Kind.INTERVAL:\n            return 6", "if kind in _INSTANTS or kind is Kind.INTERVAL:\n            return None"),
    Mutation("close: days", TOLERATED, "seconds / 86_400 if self.column.kind is Kind.DATE else", "seconds if self.column.kind is Kind.DATE else"),
    Mutation("close: relative", TOLERATED, "if rule is not None and rule.relative is not None:", "if False:"),
    *DIALECTS,
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


def survives(mutation: Mutation, copy: Copy, tests: list[str]) -> bool:
    """Whether every one of the tests passes without the rule."""
    listed = copy.folder / "tests.txt"
    listed.write_text("".join(f"{test}\n" for test in tests))
    with copy.without([mutation.edit]):
        run = copy.test([f"@{listed}"], *OPTIONS)
    if run.code > 2:  # 1: a test failed; 2: a module could not even be imported
        raise SystemExit(f"{mutation.name}: the tests did not run\n{run.output}")
    return run.passed


def main() -> None:
    """Tries every mutation, two at a time, and prints what came of each, then of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    chosen = [one for one in MUTATIONS if not words or any(word in one.name for word in words)]
    gone = [one.name for one in chosen if not one.edit.stands]
    if gone:
        sys.exit(f"these rules do not stand once in their files any more: {', '.join(gone)}")
    with copies(2) as made, ThreadPoolExecutor(len(made)) as threads:
        tests_of = dict(zip(chosen, tests_for(chosen, calls(made[0])), strict=True))

        def run(number: int) -> list[str]:
            found = []
            for mutation in chosen[number :: len(made)]:
                is_alive = not tests_of[mutation] or survives(mutation, made[number], tests_of[mutation])
                said = "SURVIVES" if is_alive else "noticed "
                print(f"{said} {mutation.name} ({len(tests_of[mutation])} tests)", flush=True)  # noqa: T201 (a script)
                found += [mutation.name] if is_alive else []
            return found

        alive = [name for names in threads.map(run, range(len(made))) for name in names]
    noticed = len(chosen) - len(alive)
    print(f"{len(chosen)} rules deleted: {noticed} noticed, {len(alive)} not ({', '.join(alive) or 'none'})")  # noqa: T201 (a script)
    sys.exit(1 if alive else 0)


if __name__ == "__main__":
    main()
