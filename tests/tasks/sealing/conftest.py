"""Three sealed hours, made once for each worker and copied for whoever changes them."""

import shutil

import pytest

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
