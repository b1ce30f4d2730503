from __future__ import annotations

from typing import Any

import phonenumbers
import pytest

from tests.simulation.clients import Caller


@pytest.fixture
def people(hubspot: Caller, refs: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {one["ref"]: one["properties"] for one in hubspot.sim("GET", "state/contacts")["results"]}


class TestNorway:
    """The built-in portal holds the cases the flows must tell apart (requirements 000-22, 000-33)."""

    @pytest.mark.parametrize("ref", ["anne", "bjorn", "cecilie", "david", "erik", "hanne"])
    def test_mobiles_are_valid_mobiles(self, people: dict[str, dict[str, Any]], ref: str) -> None:
        region = "SE" if ref == "erik" else "NO"
        number = phonenumbers.parse(people[ref].get("mobilephone") or people[ref]["phone"], region)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE

    def test_one_has_a_landline_one_has_nothing_one_is_opted_out(self, people: dict[str, dict[str, Any]]) -> None:
        landline = phonenumbers.parse(people["frida"]["phone"], "NO")
        assert phonenumbers.number_type(landline) == phonenumbers.PhoneNumberType.FIXED_LINE
        assert not {"phone", "mobilephone"} & set(people["geir"])
        assert people["hanne"]["hs_email_optout"] == people["hanne"]["kundeflyt_sms_optout"] == "true"

    def test_owners_are_people_one_gone_and_a_queue(self, hubspot: Caller, refs: dict[str, str]) -> None:
        owners = {one["id"]: one for one in hubspot.sim("GET", "state/owners")["results"]}
        assert [owner["id"] for owner in owners.values() if owner["archived"]] == [refs["sluttet"]]
        assert [owner["id"] for owner in owners.values() if owner["type"] == "QUEUE"] == [refs["ko"]]
