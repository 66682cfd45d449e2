"""The metrics collector: whole documents, broken ones, and the figures in them."""

import json
from math import nan
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from checks.evidence.records import Evidence
from checks.kinds.metrics import MetricsCheck, MetricsRow
from tasks.collectors.metrics import MetricsCollector
from tasks.collectors.metrics_form import unended
from tasks.collectors.metrics_text import Metrics
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import named, now, sources

TYPES = {"http_requests_total": "counter", "http_seconds": "histogram", "queue_depth": "gauge"}
BUCKETS = '# TYPE h histogram\nh_bucket{le="1"} 3\nh_bucket{le="+Inf"} 4\nh_sum 2\nh_count 4\n'


class Service:
    """What a service would count: requests by code, their durations, and a queue."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("http_requests", "Requests.", ("code",), registry=self.registry)
        self.seconds = Histogram("http_seconds", "Durations.", ("tenant",), buckets=(0.1, 1, 5), registry=self.registry)
        self.queue = Gauge("queue_depth", "Waiting.", ("queue",), registry=self.registry)
        for code, times in (("200", 490), ("500", 6), ("503", 4)):
            self.requests.labels(code).inc(times)
        for tenant, seconds, times in (("a", 0.05, 480), ("a", 3, 20), ("b", 9, 500)):
            for _ in range(times):
                self.seconds.labels(tenant).observe(seconds)
        for queue, depth in (("mail", 3), ("jobs", 4)):
            self.queue.labels(queue).set(depth)

    def classic(self) -> bytes:
        return generate_latest(self.registry)

    def openmetrics(self) -> bytes:
        body: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
        return body

    def json(self) -> bytes:
        families = [
            {
                "name": family.name,
                "type": family.type,
                "samples": [{"name": s.name, "labels": s.labels, "value": s.value} for s in family.samples],
            }
            for family in self.registry.collect()
        ]
        return json.dumps({"metrics": families}).encode()


async def collect(document: str, folder: Path = Path(), url: str = "http://127.0.0.1:9", **given: Any) -> Evidence:
    check = named(MetricsCheck.model_validate({"document": document, **given}))
    collector = MetricsCollector(sources(url, folder), now)
    try:
        return await collector.collect(check)
    finally:
        await collector.aclose()


async def rows(text: str | bytes, folder: Path, name: str = "m.prom", **given: Any) -> tuple[MetricsRow, ...]:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    evidence = await collect(f"reports:{name}", folder, **given)
    return tuple(row for row in evidence.rows if isinstance(row, MetricsRow))


async def figure(text: str | bytes, folder: Path, **expect: Any) -> MetricsRow:
    return (await rows(text, folder, expect=expect))[1]


@pytest.mark.parametrize("name", ["m.prom", "m.om", "m.json"])
async def test_a_whole_document_has_nothing_wrong_in_any_format(tmp_path: Path, name: str):
    body = {"m.prom": Service.classic, "m.om": Service.openmetrics, "m.json": Service.json}[name](Service())
    (found,) = await rows(body, tmp_path, name, expect={"types": TYPES})
    wrong = (found.missing, found.unreadable, found.unended, found.repeated, found.buckets, found.types)
    assert wrong == (None,) * 6
    assert found.body_bytes == len(body)
    assert found.series


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        (CONTENT_TYPE_PLAIN_0_0_4, Service().classic(), "prometheus"),
        ("application/openmetrics-text; version=1.0.0", Service().openmetrics(), "openmetrics"),
        ("application/json", Service().json(), "json"),
    ],
)
async def test_the_content_type_chooses_the_parser(server: HostileServer, content_type: str, body: bytes, said: str):
    server.put("/metrics", body, content_type)
    (found,) = (await collect("api:/metrics", url=server.url)).rows
    assert found.model_dump()["format"] == said


@pytest.mark.parametrize(
    ("content_type", "because"),
    [
        ("text/html", "has the Content-Type 'text/html', which is no format of metrics"),
        ("application/openmetrics-text", "cannot be parsed as openmetrics text"),
        ("application/json", "is not JSON"),
    ],
)
async def test_text_that_is_called_something_else_is_unreadable(server: HostileServer, content_type: str, because: str):
    server.put("/metrics", Service().classic(), content_type)
    (found,) = (await collect("api:/metrics", url=server.url)).rows
    assert because in found.model_dump()["unreadable"]


async def test_the_format_that_is_asked_for_is_negotiated_and_must_come_back(server: HostileServer):
    server.put("/metrics", Service().classic(), CONTENT_TYPE_PLAIN_0_0_4)
    (found,) = (await collect("api:/metrics", url=server.url, format="openmetrics")).rows
    assert server.requests[0].headers["accept"].startswith("application/openmetrics-text")
    assert found.model_dump()["unreadable"] == "is prometheus and not openmetrics, which was asked for"


@pytest.mark.parametrize(
    ("text", "field", "because"),
    [
        ("up 1", "unended", "its last line has no end"),
        ("up 1\nup 1\n", "repeated", "up stands there twice"),
        (BUCKETS + 'h_bucket{le="1.0"} 3\n', "repeated", 'h_bucket{le="1.0"} stands there twice'),
        (BUCKETS.replace('h_bucket{le="+Inf"} 4\n', ""), "buckets", "h has no +Inf bucket"),
        (BUCKETS.replace('le="1"} 3', 'le="1"} 5'), "buckets", "counts less than the one below it"),
        (BUCKETS.replace("h_count 4", "h_count 5"), "buckets", "h counts 5, and its +Inf bucket 4"),
        (BUCKETS.replace("h_count 4\n", ""), "buckets", "h has no _count"),
        (BUCKETS.replace('le="1"} 3', 'le="1"} NaN'), "buckets", "counts no number"),
        (BUCKETS.replace('le="1"', 'le="one"'), "buckets", "le is no number"),
        ("", "unreadable", "is empty"),
        (b"up 1\xff\n", "unreadable", "is not UTF-8 text"),
        ('up{a="b', "unreadable", "cannot be parsed as prometheus text"),
        ("# TYPE up\n", "unreadable", "a line is cut or malformed"),
    ],
)
async def test_what_the_parsers_let_through_is_found(tmp_path: Path, text: str | bytes, field: str, because: str):
    (found,) = await rows(text, tmp_path)
    assert because in found.model_dump()[field]


async def test_a_document_cut_within_a_line_never_looks_whole(tmp_path: Path):
    body = Service().classic()
    for cut in range(1, len(body), 13):
        if not body[:cut].endswith(b"\n"):
            (found,) = await rows(body[:cut], tmp_path)
            assert found.unended or found.unreadable, body[:cut]


async def test_openmetrics_ends_in_its_end_mark(tmp_path: Path):
    (found,) = await rows("# TYPE up gauge\nup 1\n", tmp_path, "m.om")
    assert found.unreadable == "cannot be parsed as openmetrics text: Missing # EOF at end"
    assert unended(b"up 1\n", Metrics("openmetrics", {}, ())) == "it does not end in # EOF"
    assert unended(b"up 1\n# EOF\n", Metrics("openmetrics", {}, ())) is None


async def test_no_figure_of_a_cut_document_is_trusted(tmp_path: Path):
    found = await figure("up 1\nqueue 12", tmp_path, values=[{"metric": "queue", "max": 20}])
    assert (found.value, found.absent) == (None, "the document is truncated")


@pytest.mark.parametrize(
    ("types", "because"),
    [
        ({"gone_total": "counter"}, "gone_total is absent"),
        ({"queue_depth": "counter"}, "queue_depth is gauge and should be counter"),
        ({"http": "counter"}, "http is absent"),
    ],
)
async def test_a_required_metric_is_there_with_its_type(tmp_path: Path, types: dict[str, str], because: str):
    (found,) = await rows(Service().classic(), tmp_path, expect={"types": types})
    assert found.types == because


async def test_text_and_json_of_one_service_agree(server: HostileServer):
    service = Service()
    server.put("/metrics", service.classic(), CONTENT_TYPE_PLAIN_0_0_4)
    server.put("/metrics.json", service.json())
    (found,) = (await collect("api:/metrics", url=server.url, agrees_with="api:/metrics.json")).rows
    assert found.model_dump()["disagreement"] is None


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b'{"queue": 12}', "queue is 10 here and 12 there"),
        (b'{"queue": 10, "lost": {"mail": 1}}', "lost.mail stands only in the other document"),
        (b'{"queue": 12, "lost": 1}', "(and 1 more)"),
        (b"{}", "the other document holds no series"),
        (b'{"queue": NaN}', "api:/metrics.json holds NaN"),
    ],
)
async def test_a_document_that_says_otherwise_is_told(server: HostileServer, body: bytes, because: str):
    server.put("/metrics", "queue 10\n", "text/plain")
    server.put("/metrics.json", body)
    (found,) = (await collect("api:/metrics", url=server.url, agrees_with="api:/metrics.json")).rows
    assert because in found.model_dump()["disagreement"]


@pytest.mark.parametrize(("given", "agree"), [({"tolerance": 0.2}, True), ({"slack": 2}, True), ({"slack": 1}, False)])
async def test_documents_agree_within_tolerance_or_slack(server: HostileServer, given: dict[str, Any], agree: bool):
    server.put("/metrics", "queue 10\n", "text/plain")
    server.put("/metrics.json", '[{"name": "queue", "value": 12}]')
    (found,) = (await collect("api:/metrics", url=server.url, agrees_with="api:/metrics.json", **given)).rows
    assert (found.model_dump()["disagreement"] is None) is agree


@pytest.mark.parametrize(
    ("labels", "value"), [({}, 7), ({"queue": "mail"}, 3), ({"queue": "*"}, 7), ({"queue": "j*s"}, 4)]
)
async def test_a_value_is_the_sum_over_the_series_it_names(tmp_path: Path, labels: dict[str, str], value: float):
    found = await figure(Service().classic(), tmp_path, values=[{"metric": "queue_depth", "labels": labels, "max": 9}])
    assert found.value == value


async def test_a_value_that_is_not_there_is_absent_and_not_zero(tmp_path: Path):
    limit = {"metric": "queue_depth", "labels": {"queue": "post"}, "max": 9}
    found = await figure(Service().classic(), tmp_path, values=[limit])
    assert (found.value, found.absent) == (None, 'no series is queue_depth{queue="post"}')


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
async def test_a_value_that_is_no_number_is_unusable(tmp_path: Path, value: str):
    found = await figure(f'queue {value}\nqueue{{a="b"}} 1\n', tmp_path, values=[{"metric": "queue", "max": 9}])
    assert (found.value, found.unusable) == (None, "its value is no finite number")


@pytest.mark.parametrize(
    ("within", "labels", "low", "high"),
    [
        ("1s", {"tenant": "a"}, 0.96, 0.96),  # a bucket stands at the limit
        ("2s", {"tenant": "a"}, 0.96, 1.0),  # the limit lies between two buckets
        ("50ms", {"tenant": "a"}, 0.0, 0.96),  # below the first
        ("10s", {"tenant": "a"}, 1.0, 1.0),  # above the last, and nothing lies in +Inf
        ("10s", {"tenant": "b"}, 0.0, 0.0),  # all of it lies in +Inf, and nothing says that it kept the limit
        ("1s", {}, 0.48, 0.48),  # over both tenants
    ],
)
async def test_the_share_under_a_limit_is_bracketed_by_the_buckets(
    tmp_path: Path, within: str, labels: dict[str, str], low: float, high: float
):
    limit = {"histogram": "http_seconds", "labels": labels, "within": within}
    found = await figure(Service().classic(), tmp_path, latency=[limit])
    assert (found.share_low, found.share_high) == (pytest.approx(low), pytest.approx(high))


async def test_a_histogram_without_observations_has_no_shares(tmp_path: Path):
    text = BUCKETS.replace(" 3\n", " 0\n").replace(" 4\n", " 0\n")
    found = await figure(text, tmp_path, latency=[{"histogram": "h", "within": "1s"}])
    assert (found.observations, found.share_low, found.share_high) == (0, None, None)


@pytest.mark.parametrize("count", ["NaN", "9"])
async def test_buckets_that_do_not_add_up_give_no_shares(tmp_path: Path, count: str):
    text = BUCKETS.replace('le="1"} 3', f'le="1"}} {count}')
    found = await figure(text, tmp_path, latency=[{"histogram": "h", "within": "1s"}])
    assert found.unusable == "its buckets do not add up"


def ratio(code: str, metric: str = "http_requests_total") -> list[dict[str, Any]]:
    return [
        {
            "errors": {"metric": metric, "labels": {"code": code}},
            "total": {"metric": "http_requests_total"},
            "max": 0.01,
        }
    ]


async def test_errors_are_counted_by_their_labels(tmp_path: Path):
    found = await figure(Service().classic(), tmp_path, errors=ratio("5*"))
    assert (found.errors, found.observations) == (10, 500)


async def test_errors_that_never_happened_are_none(tmp_path: Path):
    found = await figure(Service().classic(), tmp_path, errors=ratio("4*"))
    assert (found.errors, found.absent) == (0, None)


async def test_errors_that_nobody_counts_are_absent(tmp_path: Path):
    found = await figure(Service().classic(), tmp_path, errors=ratio("5*", "failures_total"))
    assert (found.errors, found.absent) == (None, "there is no metric failures_total")


async def test_a_count_below_zero_is_unusable(tmp_path: Path):
    found = await figure('http_requests_total{code="500"} -1\n', tmp_path, errors=ratio("5*"))
    assert found.unusable == "it counts less than nothing"


async def test_a_service_that_does_not_answer_leaves_every_figure_absent(server: HostileServer):
    expect = {"values": [{"metric": "a", "max": 1}], "errors": ratio("5*")}
    evidence = await collect("api:/cut", url=server.url, expect=expect)
    document, *figures = (row.model_dump() for row in evidence.rows)
    assert document["missing"] == "the connection was closed before its body ended"
    assert {each["absent"] for each in figures} == {"the document could not be read"}


async def test_a_large_document_is_parsed_beside_the_event_loop(tmp_path: Path):
    text = "".join(f'up{{n="{n}"}} 1\n' for n in range(9_000))
    found = await figure(text, tmp_path, values=[{"metric": "up", "min": 1}])
    assert found.value == 9_000


@pytest.mark.parametrize(
    "document", ["[1]", "7", '[{"name": 1}]', '[{"name": "a"}]', '{"metrics": [{"name": "a", "samples": [3]}]}']
)
async def test_json_that_holds_no_metrics_is_unreadable(tmp_path: Path, document: str):
    (found,) = await rows(document, tmp_path, "m.json")
    assert (found.unreadable or "").startswith("is JSON, but")


async def test_nan_on_both_sides_agrees(server: HostileServer):
    registry = CollectorRegistry()
    Gauge("odd", "Odd.", registry=registry).set(nan)
    server.put("/a", generate_latest(registry), "text/plain")
    server.put("/b", generate_latest(registry), "text/plain")
    (found,) = (await collect("api:/a", url=server.url, agrees_with="api:/b")).rows
    assert found.model_dump()["disagreement"] is None
