"""A name that is looked for where other lines have it is found where it is, or nobody believes it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.comparison.files import line_values, words
from tests.tasks.comparison.pairs.test_quick_totals import plain_lines


def block_of(lines: list[str]) -> line_values.Block:
    text = "".join(f"{line}\n" for line in lines).encode()
    return line_values.Block(bytearray(text + words.PADDING), len(text))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain_lines(), st.integers(0, 3))
def test_where_a_name_is_foretold_it_is_found(monkeypatch, lines, steps):
    monkeypatch.setattr(line_values, "STEPS", steps)
    block = block_of(lines)
    told, found = block._foretold(b'"amount"'), block._found(b'"amount"')
    assert told is None or all(np.array_equal(*one) for one in zip(told, found, strict=True))


def test_a_name_that_is_foretold_at_too_few_distances_is_not_foretold(monkeypatch):
    monkeypatch.setattr(line_values, "STEPS", 0)
    assert block_of(['{"amount":1,"x":"yy"}', '{"x":"yyy","amount":1}'])._foretold(b'"amount"') is None


def test_a_name_is_foretold_though_another_line_is_much_longer():
    block = block_of([f'{{"x":"{"y" * 300}","amount":1,"z":12345}}', '{"amount":1}'])
    (at, _), (found, _) = block._foretold(b'"amount"'), block._found(b'"amount"')
    assert at.tolist() == found.tolist()


@pytest.mark.parametrize("before", ["x", "xx", "xxx", "xxxx"])
def test_a_piece_of_a_name_is_not_the_name(before):
    line = f'{{"{before}":1,"moun":3,"tenant":7,"amount":2}}'
    at, _ = block_of([line])._found(b'"amount"')
    assert at.tolist() == [line.index('"amount"')]


@pytest.mark.parametrize("name", ["amount", "tenant", "id"])
def test_names_are_foretold_in_lines_whose_values_are_of_many_lengths(name):
    lines = [f'{{"id":{n},"amount":{n * 37}.5,"tenant":{n % 101},"x":{n % 2}}}' for n in range(2_000)]
    assert block_of(lines)._foretold(f'"{name}"'.encode()) is not None


@pytest.mark.parametrize("text", [b"abc", b"aab", b"abb", b"aba"])
@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_three_bytes_are_never_seen_less_often_than_they_stand_there(monkeypatch, text, at_once):
    monkeypatch.setattr(words, "AT_ONCE", at_once)
    for before in range(4):
        data = b"-" * before + b"".join(text + b"-" * length for length in range(9))
        assert words.most_often(np.frombuffer(data, np.uint8), text) == 9
