"""A network of its own with two ports for connections, so that a test can take both and see what happens to a third."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_PREAMBLE = """
import fcntl, socket, struct, sys
from pathlib import Path
up = struct.pack("16sh", b"lo", 0x41)  # IFF_UP and IFF_RUNNING
fcntl.ioctl(socket.socket(), 0x8914, up)  # SIOCSIFFLAGS
Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40001")
listener = socket.create_server(("127.0.0.1", 9000))
taken = [socket.create_connection(("127.0.0.1", 9000)) for _ in range(2)]
"""
_UNSHARE = ["unshare", "--map-root-user", "--net"]


def _works() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode


needs_network_of_its_own = pytest.mark.skipif(not _works(), reason="this user may make no network namespace")


def without_ports(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script where something listens on 127.0.0.1:9000 and no port is left to connect to it from."""
    command = [*_UNSHARE, sys.executable, "-c", _PREAMBLE + script, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
