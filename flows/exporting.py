"""The endpoint that Prometheus scrapes: what is so now, measured when somebody asks."""

from collections.abc import Callable

from checks.errors import ReadinessError
from flows.settings import Settings
from flows.watching import watched
from reports.exports.prometheus import CONTENT_TYPE, exposition
from tasks.exporting.metrics_server import Cached, MetricsServer


def metrics_server(settings: Settings, address: tuple[str, int], tell: Callable[[str], None]) -> MetricsServer:
    """A server at an address; it answers once `serve_forever` is called. Port 0 takes any that is free."""

    def measure() -> bytes:
        return exposition(watched(settings))

    try:
        return MetricsServer(address, Cached(measure), kind=CONTENT_TYPE, tell=tell)
    except OSError as error:
        host, port = address
        raise ReadinessError(
            f"cannot listen on {host} port {port}: {error.strerror}; name an address of this machine and a free port"
        ) from error
