"""The worker's accounts against a stand-in whose providers answer the contract's samples."""

import pytest

from tests.cpa.samples import SampleProviders
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import NOW
from tests.ingestd.parts import Parts


class Time:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def providers():
    return SampleProviders()


@pytest.fixture
def cpa(providers):
    with StandIn(upstream=providers) as stand_in:
        yield stand_in


@pytest.fixture
def parts():
    made = Parts()
    yield made
    made.close()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def accounts(parts, cpa, line, tmp_path, time):
    """After the accounts' list was read once."""
    parts.metadata(cpa, line).refresh_credentials(line.connection, NOW)
    return parts.accounts(cpa, tmp_path, clock=time)
