"""Prometheus in tests: a real one loaded with samples, and a stand-in on loopback that a test can break."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from examples.sandbox.recorder import Recorded, Recorder
from tests.loopback import LoopbackServer
from tests.tasks.serving import free_port, serving

needs_prometheus = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="prometheus and promtool are not installed (package prometheus)",
)


def recorded(name: str, labels: Mapping[str, str], samples: Iterable[tuple[int, float]]) -> Recorded:
    """A series from samples of (second, value)."""
    listed = list(samples)
    instants = np.array([at * 1000 for at, _ in listed], np.int64)
    return Recorded(name, dict(labels), instants, np.array([value for _, value in listed], np.float64))


class StandIn(LoopbackServer):
    """Answers as a recorder does; `silent` makes it take any request and say nothing."""

    def __init__(self, series: Sequence[Recorded]) -> None:
        super().__init__(self._answer)
        self.recorder = Recorder(series)
        self.requests: list[str] = []
        self.silent = False
        self.body: bytes | None = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.decode("latin-1").split(" ")[1]
        self.requests.append(target)
        if self.silent:
            await asyncio.sleep(60)
        status, body, kind = self.recorder.answer(target)
        body = self.body if self.body is not None else body
        writer.write(
            f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()


def openmetrics(series: Sequence[Recorded], types: Mapping[str, str]) -> str:
    """The samples as OpenMetrics text with timestamps, family by family."""
    lines = []
    for family, kind in types.items():
        lines.append(f"# TYPE {family} {kind}")
        for one in series:
            if one.name in (family, f"{family}_total", f"{family}_bucket", f"{family}_count"):
                inside = ",".join(f'{label}="{text}"' for label, text in one.labels.items())
                pairs = zip(one.instants.tolist(), one.values.tolist(), strict=True)
                lines += [f"{one.name}{{{inside}}} {value!r} {at / 1000:.3f}" for at, value in pairs]
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def real_prometheus(folder: Path, text: str | None = None, *more: str) -> Iterator[str]:
    """A real Prometheus, its storage filled from OpenMetrics text; the URL to ask it at."""
    if text is not None:
        _fill(folder, text)
    config = folder / "prometheus.yml"
    if not config.exists():
        config.write_text("global: {}\n")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--log.level=error",
        *more,
    ]
    with serving(command, url):
        yield url


def _fill(folder: Path, text: str) -> None:
    """Makes blocks of storage from the text."""
    samples = folder / "samples.om"
    samples.write_text(text)
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(samples), str(folder / "data")]
    subprocess.run(made, check=True, capture_output=True)
