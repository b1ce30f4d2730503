"""The queue that the demo shows is one that the flow could have made."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from infra.local.queue import CUSTOMERS, Customer, declaration, request
from kundeflyt.domain.organisation_numbers import organisation_number
from kundeflyt.domain.review import ReviewRequest, assess

NOW = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
KNOWN = {ref: str(number) for number, ref in enumerate(["kari", "ola", "siv"], start=1)}
KNOWN |= {one["ref"]: str(1000 + number) for number, one in enumerate(declaration()["companies"])}
KNOWN |= {one["ref"]: str(2000 + number) for number, one in enumerate(declaration()["contacts"])}


def told(customer: Customer) -> ReviewRequest:
    return ReviewRequest.model_validate_json(json.dumps(request(customer, KNOWN, 25, NOW)))


class TestTheQueue:
    @pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda one: one.ref)
    def test_tells_of_each_customer_what_the_flow_would_tell(self, customer: Customer) -> None:
        asked = told(customer)
        assert assess(asked.evidence, now=NOW) == asked.assessment

    def test_shows_every_recommendation_and_more_than_one_adviser(self) -> None:
        assert {told(one).assessment.recommendation for one in CUSTOMERS} == {"inactive", "keep", "fix_first"}
        assert len({one.owner for one in CUSTOMERS}) > 2

    def test_has_customers_that_could_be_told_apart(self) -> None:
        assert all(organisation_number(one.number, "NO") for one in CUSTOMERS)
        assert len({one.number for one in CUSTOMERS}) == len({told(one).key for one in CUSTOMERS}) == len(CUSTOMERS)
