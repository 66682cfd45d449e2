"""Every parser of the outside world, on seeds, on damaged seeds and on anything: only its own errors come out.

`python -m tests.fuzz` does the same for as long as one likes, guided by coverage.
"""

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, try_one

SLOWEST_SECONDS = 5.0
MOST_BYTES = 200_000_000


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A seed with some of it cut out, doubled or replaced; or bytes of any sort."""
    seed = draw(st.sampled_from(PARSERS[name].seeds))[:3_000]
    at = draw(st.integers(0, len(seed)))
    until = draw(st.integers(at, min(len(seed), at + 200)))
    put = draw(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from((b"", b"\x00", b"null", b"[]", b"{}", b"-1", b"1e999", b'"', seed[at:until] * 2)),
        )
    )
    return seed[:at] + put + seed[until:]


@pytest.mark.parametrize("name", PARSERS)
def test_a_seed_is_read_or_refused_in_time_and_room(name: str):
    read = 0
    for seed in PARSERS[name].seeds:
        tracemalloc.start()
        began = time.process_time()
        read += try_one(PARSERS[name], seed)
        took, (_, most) = time.process_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took < SLOWEST_SECONDS, seed[:80]
        assert most < MOST_BYTES, seed[:80]
    assert read, "no seed is anything that this parser reads"


@pytest.mark.parametrize("name", PARSERS)
def test_only_its_own_errors_leave_a_parser(name: str):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(damaged(name))
    def tried(data: bytes) -> None:
        try_one(PARSERS[name], data)

    tried()
