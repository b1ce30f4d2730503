from __future__ import annotations

from collections.abc import Iterator

import pytest

from kundeflyt.adapters.itx.sms import ItxSmsWriter
from tests.fakes.http_vendor import SHORT_SECONDS, HttpVendor, http_vendor


@pytest.fixture
def vendor() -> Iterator[HttpVendor]:
    with http_vendor() as running:
        yield running


@pytest.fixture
def writer(vendor: HttpVendor) -> ItxSmsWriter:
    return ItxSmsWriter(base_url=vendor.url + "/", key="itx-key-1")


@pytest.fixture
def impatient_writer(vendor: HttpVendor) -> ItxSmsWriter:
    """For answers that never come; a busy machine makes the others late as well."""
    return ItxSmsWriter(base_url=vendor.url, key="itx-key-1", read_seconds=SHORT_SECONDS)
