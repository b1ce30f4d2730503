from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.simulators import hubspot, itx
from infra.simulators.hubspot import HubspotSimulator
from infra.simulators.itx import ItxSimulator
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.ports.ledger import Ledger
from tests.fakes.aws import LocalAws, running
from tests.fakes.ledger import InMemoryLedger


@pytest.fixture(scope="session")
def hubspot_simulator() -> Iterator[HubspotSimulator]:
    with hubspot.running() as running:
        yield running


@pytest.fixture(scope="session")
def itx_simulator() -> Iterator[ItxSimulator]:
    with itx.running() as running:
        yield running


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with running() as local:
        yield local


@pytest.fixture(params=["in memory", "DynamoDB"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "in memory":
        return InMemoryLedger()
    aws: LocalAws = request.getfixturevalue("aws")
    return DynamoDbLedger(aws.client("dynamodb"), aws.ledger_table())
