"""The service's metrics, as Prometheus text, OpenMetrics and JSON of one and the same registry."""

import json

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from examples.sandbox.traffic import Exchange

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OPENMETRICS = "application/openmetrics-text"


class Metrics:
    """What the service counts.

    Only tenants' requests are counted: probes are nobody's traffic and would thin out every ratio.
    """

    def __init__(self, *, version: str, commit: str) -> None:
        # prometheus_client leaves a few functions untyped.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        about = Info("build", "The release that is running.", registry=registry)
        about.info({"version": version, "commit": commit})
        self._requests = Counter("http_requests", "Requests answered.", ("code", "tenant"), registry=registry)
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time to answer.", ("tenant",), buckets=_SECONDS, registry=registry
        )
        self._retries = Counter("retry_attempts", "Attempts after the first.", ("tenant",), registry=registry)
        self._ingest = Histogram(
            "ingest_latency_seconds", "From an event to its entry.", ("tenant",), buckets=_SECONDS, registry=registry
        )
        self.connections = Gauge("db_connections", "Open connections to the ledger's database.", registry=registry)

    def count(self, exchange: Exchange) -> None:
        """Counts one answered request of a tenant."""
        if exchange.tenant is None:
            return
        self._requests.labels(code=str(exchange.code), tenant=exchange.tenant).inc()
        self._seconds.labels(tenant=exchange.tenant).observe(exchange.seconds)
        self._retries.labels(tenant=exchange.tenant).inc(exchange.retries)

    def ingested(self, tenant: str, seconds: float) -> None:
        """Counts one event that arrived in the ledger."""
        self._ingest.labels(tenant=tenant).observe(seconds)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Body and content type: OpenMetrics for whoever asks for it, else the classic text."""
        if _OPENMETRICS in accept:
            body: bytes = openmetrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
            return body, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4

    def json(self) -> tuple[bytes, str]:
        """Body and content type of the same numbers as JSON: one object for each family, its samples inside."""
        families = [
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [{"name": s.name, "labels": dict(s.labels), "value": s.value} for s in family.samples],
            }
            for family in self._registry.collect()
        ]
        return json.dumps({"metrics": families}).encode(), "application/json"
