"""A customer gets another adviser."""

import pytest

from tests.journeys.road import Road, eventually
from tests.journeys.watching import all_is_told_and_done, ids_of, owner_of, the_only

pytestmark = pytest.mark.journey


class TestATakeover:
    def test_tells_the_customer_once(self, road: Road) -> None:
        company = ids_of(road, "companies")["fjellbygg"]
        road.hubspot("ui/companies/@fjellbygg", {"properties": {"hubspot_owner_id": "@ola"}}, method="PATCH")
        eventually(lambda: road.plans(company, "owner_change"), "the takeover is decided")
        all_is_told_and_done(road)
        assert owner_of(road, the_only(road.tasks("EMAIL"))) == "ola@avonova.example"
