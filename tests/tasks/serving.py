"""Programs that serve HTTP, for as long as a test needs them."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

_PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], url: str) -> Iterator[None]:
    """Runs a program of the Prometheus family until it is left; it is ready once it says so at `/-/ready`."""
    running = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _ready(url):
            assert running.poll() is None, f"{command[0]} ended with {running.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} is not ready after {_PATIENCE_SECONDS} s"
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False
