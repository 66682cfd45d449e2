"""What tests of acting share: a real PostgreSQL of their own, one for each worker that asks for it."""

from collections.abc import Iterator

import pytest

from examples.sandbox.database import Cluster
from examples.sandbox.folder import Folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server with an empty `ledger`, and a role for rehearsals that may create databases and reach nothing else."""
    folder = Folder(tmp_path_factory.mktemp("cluster").resolve())
    folder.clear()
    running = Cluster(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
