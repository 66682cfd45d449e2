"""Three sealed hours, made once for each worker and copied for whoever changes them; and a timestamping authority."""

import shutil

import pytest

from tests.tasks.sealing.authority import Authority
from tests.tasks.sealing.sealed import Sealing, hour


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """An evidence root nobody may change."""
    sealing = Sealing.at(tmp_path_factory.mktemp("sealed"))
    for number in range(3):
        sealing.seal(hour(number))
    return sealing.root


@pytest.fixture
def evidence(pristine, tmp_path):
    """A copy of it."""
    return shutil.copytree(pristine, tmp_path / "evidence", symlinks=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """OpenSSL's timestamping authority behind a loopback server."""
    authority = Authority(tmp_path_factory.mktemp("authority") / "one")
    server = authority.serve()
    authority.url = server.url
    yield authority
    server.shutdown()
    server.server_close()
