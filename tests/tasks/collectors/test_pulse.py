"""Pulses: looks that keep their time, whatever is answered, and evidence that can be read again."""

import asyncio
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.epoch import milliseconds_of
from checks.errors import VerificationError
from checks.evidence.records import RawCapture
from checks.kinds.freshness import FreshnessCheck
from checks.kinds.health import HealthCheck
from checks.kinds.metrics import MetricsCheck
from checks.kinds.pulse import PulseRow
from checks.kinds.pulsed import PulsedCheck
from checks.runs import outages
from checks.samples import SampleState
from checks.slots import Cadence
from tasks.collectors.asking import Collected
from tasks.collectors.collector import Clock
from tasks.collectors.http_client import HttpClient
from tasks.collectors.pulse import Pulse, pulse_rows_from, take_pulse
from tasks.collectors.registry import collector_of
from tasks.collectors.sources import Sources
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import closed_port, named, now, sources

FAST = timedelta(milliseconds=100)


def fast(check: PulsedCheck, name: str = "the-check", every: timedelta = FAST) -> PulsedCheck:
    """The check, looked at ten times a second, which no catalogue allows."""
    return named(check, name).model_copy(update={"every": Cadence.PULSE, "sample_every": every})


def health(*endpoints: str, **fields: object) -> PulsedCheck:
    return HealthCheck.model_validate({"endpoints": list(endpoints), **fields})


async def pulse_of(
    checks: Sequence[PulsedCheck],
    where: Sources,
    *,
    seconds: float = 1.0,
    wall: Clock = now,
    stopping: Callable[[], bool] = lambda: False,
    overlap: timedelta = timedelta(),
) -> list[Collected]:
    def opened(kind: str, interval: timedelta, clock: Clock):
        http = HttpClient(clock, concurrency=100)
        return collector_of(kind)(where.within(interval.total_seconds() * 0.9), clock, http=http)  # type: ignore[call-arg]

    until = wall() + timedelta(seconds=seconds)
    pulse = Pulse(checks, None, until, overlap, opened, stopping)
    return await take_pulse(pulse, wall)


def rows(collected: Collected) -> dict[str, PulseRow]:
    assert collected.evidence is not None, collected.failure
    return {row.subject: row for row in collected.evidence.rows if isinstance(row, PulseRow)}


def measured(collected: Collected, measure: str) -> list[float | None]:
    (found,) = [one for one in collected.samples if one.key.measure == measure]
    return [sample.value for sample in found.rows]


def test_a_catalogue_says_how_often_within_its_limits():
    def wrong(**fields: object) -> str:
        with pytest.raises(ValueError, match="sample_every") as refused:
            FreshnessCheck.model_validate({"document": "a:b", "expect": {"max_age": "1m"}, **fields})
        return str(refused.value)

    assert "it belongs to a check that is `every: pulse`" in wrong(sample_every="5s")
    assert "between 1 s and 30 s" in wrong(every="pulse", sample_every="31s")
    assert "between 1 s and 30 s" in wrong(every="pulse", sample_every="100ms")
    found = FreshnessCheck.model_validate({"document": "a:b", "every": "pulse", "expect": {"max_age": "10s"}})
    assert found.interval == timedelta(seconds=5)


async def test_looks_keep_their_time_and_their_samples(server: HostileServer):
    unhurried = timedelta(milliseconds=300)  # a machine that is busy with other tests keeps this time too
    check = fast(health("api:/good", "api:/missing"), every=unhurried)
    (found,) = await pulse_of([check], sources(server.url), seconds=1.5)
    good, missing = rows(found)["api:/good"], rows(found)["api:/missing"]
    assert 2 <= good.looks <= 6
    assert good.seen == good.looks
    assert good.coverage == 1
    assert good.version == "1.4.0"
    assert [run.state for run in good.aspects["up"]] == ["good"]
    assert [run.why for run in missing.aspects["up"]] == ["HTTP 404"]
    up = [one for one in found.samples if one.key == ("the-check", "api:/good", "up")]
    assert up[0].every == 300
    assert set(up[0].states.tolist()) == {SampleState.GOOD}
    assert len(up[0]) == good.looks


async def test_a_pulse_looks_on_beside_the_next_one_and_speaks_for_its_own_time(server: HostileServer):
    check = fast(health("api:/good"))
    (found,) = await pulse_of([check], sources(server.url), seconds=0.4, overlap=timedelta(seconds=0.8))
    row = rows(found)["api:/good"]
    (up,) = [one for one in found.samples if one.key.measure == "up"]
    until = milliseconds_of(row.until)
    assert row.until - row.since < timedelta(seconds=0.5)
    assert (up.instants > until + 200).any(), "nobody else looks while the next pulse starts"
    assert row.coverage <= 1
    assert row.looks == len(up)


async def test_an_outage_is_dated_back_to_its_first_failure(server: HostileServer):
    server.put("/turns", '{"status": "pass"}')

    async def turn() -> None:
        await asyncio.sleep(0.4)
        server.put("/turns", "{}", status="503 Service Unavailable")
        await asyncio.sleep(0.5)
        server.put("/turns", '{"status": "pass"}')

    check = fast(health("api:/turns"))
    (found,), _ = await asyncio.gather(pulse_of([check], sources(server.url), seconds=1.5), turn())
    row = rows(found)["api:/turns"]
    (outage,) = outages(row.aspects["up"], check.confirm, hole=row.hole)
    assert outage.end is not None
    assert 300 <= outage.end - outage.start <= 700
    assert outage.why == "HTTP 503"
    assert 0.0 in measured(found, "up")


async def test_rows_can_be_made_again_and_each_body_is_kept_once(server: HostileServer, tmp_path: Path):
    (tmp_path / "latest.json").write_text(json.dumps({"generated_at": now().isoformat(), "status": "pass"}))
    server.put("/m", "# TYPE requests_total counter\nrequests_total 7\n", "text/plain")
    checks = [
        fast(health("api:/good", "api:/cut"), "health"),
        fast(
            FreshnessCheck.model_validate({"document": "reports:latest.json", "expect": {"max_age": "10m"}}),
            "report",
        ),
        fast(MetricsCheck.model_validate({"document": "api:/m", "keep": [{"metric": "requests_total"}]}), "metrics"),
    ]
    for collected in await pulse_of(checks, sources(server.url, tmp_path), seconds=0.7):
        evidence, check = collected.evidence, collected.check
        assert evidence is not None
        assert isinstance(check, PulsedCheck)
        (capture,) = evidence.captures
        again = pulse_rows_from(check, evidence.captures, collector_of(check.kind).rows_from)
        assert [row.model_dump_json() for row in again] == [row.model_dump_json() for row in evidence.rows]
        lines = [json.loads(line) for line in unzipped(capture.body)]
        bodies = [line["sha256"] for line in lines if "sha256" in line]
        assert len(bodies) == len(set(bodies)) <= 2
        assert sum("at" in line for line in lines) == again[0].looks >= 2


def unzipped(data: bytes) -> list[bytes]:
    """What `zcat` prints, by line."""
    whole = b""
    while data:
        member = zlib.decompressobj(wbits=31)
        whole += member.decompress(data)
        data = member.unused_data
    return whole.splitlines()


async def test_counters_are_kept_series_by_series_as_they_were_scraped(server: HostileServer):
    text = '# TYPE hits counter\nhits_total{{code="200",host="a"}} {}\nhits_total{{code="500",host="a"}} {}\n'
    server.put("/m", text.format(100, 5), "text/plain; version=0.0.4")

    async def restart() -> None:
        await asyncio.sleep(0.4)
        server.put("/m", text.format(3, 0), "text/plain; version=0.0.4")

    hits = {"metric": "hits_total"}
    errors = {"errors": {**hits, "labels": {"code": "5*"}}, "total": hits, "max": 0.5}
    check = fast(MetricsCheck.model_validate({"document": "api:/m", "expect": {"errors": [errors]}}))
    (found,), _ = await asyncio.gather(pulse_of([check], sources(server.url)), restart())
    assert {one.key.measure for one in found.samples if "hits" in one.key.measure} == {
        'hits_total{code="200",host="a"}',
        'hits_total{code="500",host="a"}',
    }
    values = measured(found, 'hits_total{code="200",host="a"}')
    assert set(values) == {100.0, 3.0}
    assert rows(found)["api:/m"].resets == 1


async def test_an_endpoint_that_hangs_is_down_and_holds_nobody_up(server: HostileServer):
    checks = [fast(health("api:/silent")), fast(health("api:/good"), "other")]
    hanging, other = await pulse_of(checks, sources(server.url, timeout=30))
    row = rows(hanging)["api:/silent"]
    assert row.looks >= 4
    assert row.coverage == 1
    assert "passed before it answered" in row.aspects["up"][0].why
    assert rows(other)["api:/good"].looks >= 4


async def test_where_the_control_fails_too_the_observer_saw_nothing():
    nobody = f"http://127.0.0.1:{closed_port()}"
    (found,) = await pulse_of([fast(health("api:/good", control="api:/control"))], sources(nobody), seconds=0.4)
    row = rows(found)["api:/good"]
    assert (row.seen, row.coverage) == (0, 0)
    assert row.unseen_why == "the control endpoint did not answer either"
    assert {state for one in found.samples for state in one.states.tolist()} == {SampleState.UNSEEN}


async def test_a_target_that_fails_while_the_control_answers_is_down(server: HostileServer):
    where = sources(f"http://127.0.0.1:{closed_port()}")
    both = replace(where, by_name={**where.by_name, "out": sources(server.url).by_name["api"]})
    (found,) = await pulse_of([fast(health("api:/good", control="out:/good"))], both, seconds=0.4)
    assert rows(found)["api:/good"].aspects["up"][0].why == "the connection was refused"


async def test_the_wall_clock_may_be_set_and_the_looks_stay_in_order(server: HostileServer):
    began = now()

    def wall() -> datetime:
        late = now() > began + timedelta(seconds=0.3)
        return now() - timedelta(hours=1) if late else now()

    (found,) = await pulse_of([fast(health("api:/good"))], sources(server.url), seconds=0.8, wall=wall)
    row = rows(found)["api:/good"]
    assert row.clock_step == pytest.approx(-3600, abs=0.2)
    assert row.coverage == 1
    assert row.looks >= 3


async def test_a_pulse_that_is_asked_to_stop_stops_and_keeps_what_it_saw(server: HostileServer):
    began = now()
    (found,) = await pulse_of(
        [fast(health("api:/good"))],
        sources(server.url),
        seconds=60,
        stopping=lambda: now() > began + timedelta(seconds=0.5),
    )
    row = rows(found)["api:/good"]
    assert now() - began < timedelta(seconds=5)
    assert row.seen >= 3
    assert row.coverage < 0.1


async def test_a_check_that_nobody_can_look_at_says_why():
    (found,) = await pulse_of(
        [fast(FreshnessCheck.model_validate({"document": "reports:a.json", "expect": {"max_age": "1m"}}))],
        sources(folder=Path("/nowhere/at/all")),
        seconds=0.3,
    )
    assert found.evidence is None
    assert found.failure is not None
    assert "there is no folder /nowhere/at/all" in found.failure
    assert {state for one in found.samples for state in one.states.tolist()} == {SampleState.UNSEEN}


WHOLE = zlib.compress(b"{}", wbits=31)


@pytest.mark.parametrize("body", [b"", b"no gzip", WHOLE[:-4], zlib.compress(b"[]\n{}", wbits=31)])
def test_a_capture_that_no_pulse_wrote_is_refused(body: bytes):
    check = fast(health("api:/good"))
    with pytest.raises(VerificationError, match=r"looks.jsonl.gz is no capture of a pulse"):
        pulse_rows_from(check, [RawCapture("looks.jsonl.gz", body)], HealthCheckRows)


HealthCheckRows = collector_of("health").rows_from


def freshness(place: str, **fields: object) -> PulsedCheck:
    return FreshnessCheck.model_validate({"document": place, "expect": {"max_age": "10m"}, **fields})


def metrics(place: str, **fields: object) -> PulsedCheck:
    limit = {"metric": "up", "min": 1}
    return MetricsCheck.model_validate({"document": place, "expect": {"values": [limit]}, **fields})


@pytest.mark.parametrize("made", [freshness, metrics])
async def test_a_document_that_nobody_can_reach_while_the_control_fails_too_was_not_looked_at(
    made: Callable[..., PulsedCheck], server: HostileServer
):
    where = sources(f"http://127.0.0.1:{closed_port()}")
    both = replace(where, by_name={**where.by_name, "out": sources(server.url).by_name["api"]})
    checks = [fast(made("api:/x", control="api:/control")), fast(made("api:/x", control="out:/good"), "other")]
    lost_too, down = await pulse_of(checks, both, seconds=0.5)
    assert lost_too.evidence is None
    assert "the observer's own network is in doubt" in str(lost_too.failure)
    assert all(not one.seen.any() for one in lost_too.samples)
    (first, *_) = rows(down).values()
    assert first.seen == first.looks
    found = first.aspects["found" if made is freshness else "whole"]
    assert {run.state for run in found} == {"bad"}
    assert sum(run.looks for run in found) == first.looks


@pytest.mark.parametrize("made", [freshness, metrics])
async def test_the_control_is_asked_only_when_somebody_does_not_answer(
    made: Callable[..., PulsedCheck], server: HostileServer
):
    server.put("/m", "# TYPE up gauge\nup 1\n", "text/plain")
    server.put("/r", '{"ts": 1795348800}')
    await pulse_of([fast(made("api:/r" if made is freshness else "api:/m", control="api:/good"))], sources(server.url))
    assert "/good" not in {request.path for request in server.requests}
