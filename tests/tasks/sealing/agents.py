"""A real SSH agent for tests, and keys that nobody but it holds."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.sealing.keys import new_key, public_half


@contextmanager
def running_agent(folder: Path) -> Iterator[Path]:
    """The socket of an agent of one's own; the folder's path has to be short enough for a socket's name."""
    path = folder / "s"
    running = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield path
    finally:
        running.terminate()
        running.wait(10)


def ssh_add(agent: Path, *arguments: str | Path) -> None:
    subprocess.run(["ssh-add", "-q", *arguments], env={**os.environ, "SSH_AUTH_SOCK": str(agent)}, check=True)


def held(agent: Path, folder: Path, name: str = "held") -> Path:
    """A new key: its public half in a file, as `ssh-keygen` writes it, and the private one with the agent alone."""
    new_key(folder / name)
    public = folder / f"{name}.pub"
    public.write_text(f"{public_half(folder / name)} somebody@desk\n")
    ssh_add(agent, folder / name)
    (folder / name).unlink()
    return public
