"""JSON that is read as evidence: anything doubtful is refused, in words of its own."""

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.collectors.strict_json import Unreadable, at, decoded, parse

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{"a": 1', "is not JSON: expecting ',' delimiter at line 1, column 8"),
        (b"{} {}", "is not JSON: extra data"),
        (b'{"a": NaN}', "holds NaN"),
        (b'{"a": -Infinity}', "holds -Infinity"),
        (b'{"a": 1e999}', "holds 1e999, which is too large"),
        (b'{"a": {"b": 1, "b": 2}}', "names 'b' twice"),
        (b'"\xff"', "is not UTF-8 text"),
        (b'"\\ud800"', "is not UTF-8 text"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"1" * 10_000, "is not JSON: Exceeds the limit"),
    ],
)
def test_a_doubtful_document_is_refused_in_words_of_its_own(body: bytes, because: str):
    with pytest.raises(Unreadable) as refused:
        parse(body)
    assert str(refused.value).startswith(because)


@given(DOCUMENTS)
def test_a_document_reads_back_as_it_was_written(document: object):
    try:
        body = json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert parse(body) == document


@pytest.mark.parametrize(
    ("path", "value"), [("a", {"b": 1, "c.d": 2}), ("a.b", 1), ("a.c.d", 2), ("x.y", 3), ("a.b.c", None), ("z", None)]
)
def test_a_dotted_path_leads_into_objects(path: str, value: object):
    assert at({"a": {"b": 1, "c.d": 2}, "x.y": 3}, path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [("0.id", 7), ("1", "last"), ("2", None), ("0.id.0", None), ("-1", None), ("²", None), ("one", None)],
)
def test_a_whole_number_leads_into_a_list(path: str, value: object):
    assert at([{"id": 7}, "last"], path) == value


def test_a_body_that_was_packed_unasked_is_unpacked_within_its_limit():
    assert decoded(gzip.compress(b"{}", mtime=0), "gzip", 10) == b"{}"
    assert decoded(zlib.compress(b"{}"), "deflate", 10) == b"{}"
    assert decoded(b"{}", None, 10) == b"{}"


@pytest.mark.parametrize(
    ("body", "encoding", "because"),
    [
        (gzip.compress(b"x" * 11, mtime=0), "gzip", "unpacks to more than 10 bytes"),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", "is gzip that was cut off"),
        (b"{}", "gzip", "is no valid gzip"),
        (b"{}", "br", "came with the content encoding 'br'"),
    ],
)
def test_packing_that_cannot_be_undone_is_told(body: bytes, encoding: str, because: str):
    with pytest.raises(Unreadable, match=because):
        decoded(body, encoding, 10)
