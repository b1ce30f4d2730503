from __future__ import annotations

from collections.abc import Iterator

import pytest

from kundeflyt.adapters.metodika.client import MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.adapters.metodika.writer import MetodikaWriter
from tests.fakes.http_vendor import SHORT_SECONDS, HttpVendor, http_vendor


@pytest.fixture
def vendor() -> Iterator[HttpVendor]:
    with http_vendor() as running:
        yield running


@pytest.fixture
def client(vendor: HttpVendor) -> MetodikaClient:
    return MetodikaClient(base_url=vendor.url + "/", token="metodika-token-1")


@pytest.fixture
def impatient(vendor: HttpVendor) -> MetodikaClient:
    """For answers that never come; a busy machine makes the others late as well."""
    return MetodikaClient(base_url=vendor.url, token="metodika-token-1", read_seconds=SHORT_SECONDS)


@pytest.fixture
def reader(client: MetodikaClient) -> MetodikaReader:
    return MetodikaReader(client)


@pytest.fixture
def writer(client: MetodikaClient) -> MetodikaWriter:
    return MetodikaWriter(client)
