from __future__ import annotations

from collections.abc import Iterator

import pytest

from kundeflyt.adapters.hubspot.client import HubSpotClient
from tests.fakes.http_vendor import SHORT_SECONDS, HttpVendor, http_vendor


@pytest.fixture
def vendor() -> Iterator[HttpVendor]:
    with http_vendor() as running:
        yield running


@pytest.fixture
def naps() -> list[float]:
    """How long the client has waited in place, instead of waiting."""
    return []


@pytest.fixture
def client(vendor: HttpVendor, naps: list[float]) -> HubSpotClient:
    return HubSpotClient(base_url=vendor.url, access_token="pat-1", sleep=naps.append)


@pytest.fixture
def impatient_client(vendor: HttpVendor) -> HubSpotClient:
    """For answers that never come; a busy machine makes the others late as well."""
    return HubSpotClient(base_url=vendor.url, access_token="pat-1", read_seconds=SHORT_SECONDS)
