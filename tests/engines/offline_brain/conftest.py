import pytest

from voice.engines.offline_brain.vectors import Vectors


@pytest.fixture(scope="session")
def vectors() -> Vectors:
    return Vectors.load()
