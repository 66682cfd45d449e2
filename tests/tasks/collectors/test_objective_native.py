"""Native histograms out of a real Prometheus, which has scraped them as protobuf; no text format knows them."""

import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from checks.kinds.objective import ObjectiveRow
from examples.sandbox.recorder_port import RecorderPort
from tests.tasks.collectors.objectives import asked, objective
from tests.tasks.prometheus import needs_prometheus, real_prometheus

pytestmark = [needs_prometheus, pytest.mark.slow]

PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
HISTOGRAM = 4


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def signed(number: int) -> bytes:
    """Zigzag, as protobuf writes numbers that may be negative."""
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def field(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def scraped(below: int, above: int, far: int) -> bytes:
    """So many observations from half a second to one, to two, and from two to four: schema 0 has powers of two."""
    counts = (below, above, far)
    deltas = b"".join(varint(13 << 3) + signed(now - before) for before, now in zip((0, *counts), counts, strict=False))
    histogram = (
        varint(1 << 3) + varint(sum(counts))
        + varint(2 << 3 | 1) + struct.pack("<d", 1.0)
        + varint(5 << 3) + signed(0)
        + varint(6 << 3 | 1) + struct.pack("<d", 0.001)
        + field(12, varint(1 << 3) + signed(0) + varint(2 << 3) + varint(len(counts)))
        + deltas
    )  # fmt: skip
    metric = field(1, field(1, "tenant") + field(2, "aurora")) + field(7, histogram)
    family = field(1, "seconds") + field(2, "help") + varint(3 << 3) + varint(HISTOGRAM) + field(4, metric)
    return varint(len(family)) + family


class Target:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.body = scraped(10, 5, 1)

    def answer(self, _path: str) -> tuple[int, bytes, str]:
        return 200, self.body, PROTOBUF


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that has scraped 16 observations, then 100 more."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    target = Target()
    port = RecorderPort(target.answer)
    job = {"job_name": "api", "static_configs": [{"targets": [port.url.removeprefix("http://")]}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with real_prometheus(folder, None, "--enable-feature=native-histograms") as url:
        _wait(url, 16)
        target.body = scraped(70, 35, 11)
        _wait(url, 116)
        time.sleep(1.1)  # a window ends with a whole second
        yield url
    port.close()


def _wait(url: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        found = httpx.get(f"{url}/api/v1/query", params={"query": "histogram_count(seconds)"}, trust_env=False).json()
        if found["data"]["result"] and float(found["data"]["result"][0]["value"][1]) == count:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("1s", 60, 60),  # a bucket ends there
        ("1500ms", 60, 90),  # the bucket from one to two seconds straddles it
        ("2s", 90, 90),
        ("10s", 100, 100),
        ("100ms", 0, 0),
        ("700ms", 0, 60),
    ],
)
async def test_a_native_histogram_is_counted_by_its_buckets(prometheus: str, value: str, low: int, high: int):
    check = objective(
        threshold_metric={"native_histogram": "seconds", "labels": {"tenant": "a*"}},
        value=value,
        target="95%",
        time_window="1h",
        history={"prometheus": "api", "interval": "1s"},
    )
    row = (await asked(check, prometheus, at=datetime.now(UTC))).rows[0]
    assert isinstance(row, ObjectiveRow)
    assert (row.total, row.low, row.high, row.series, row.unusable) == (100, low, high, 1, None)


def test_prometheus_agrees_where_a_bucket_ends(prometheus: str):
    query = "histogram_fraction(0, 1, increase(seconds[1h]))"
    found = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}, trust_env=False).json()
    assert float(found["data"]["result"][0]["value"][1]) == pytest.approx(0.6, abs=1e-9)
