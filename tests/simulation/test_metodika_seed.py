from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from stdnum.no import mva, orgnr
from stdnum.se import orgnr as swedish

from tests.simulation.clients import Caller


@pytest.fixture
def cards(metodika: Caller) -> list[dict[str, Any]]:
    metodika.sim("POST", "seed", {"name": "norway"})
    found: list[dict[str, Any]] = metodika.sim("GET", "state/customers")["results"]
    return found


@pytest.fixture
def companies(hubspot: Caller, refs: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {one["ref"]: one["properties"] for one in hubspot.sim("GET", "state/companies")["results"]}


def digits(written: str) -> str:
    return "".join(filter(str.isdecimal, written))


class TestNorway:
    """Both simulators tell of the same customers, and hold the cases that a takeover must tell apart (002-06 to 09)."""

    def test_every_company_has_a_number_that_is_right(self, companies: dict[str, dict[str, Any]]) -> None:
        forms = {"granskog": swedish, "nordkraft": mva}
        assert all(forms.get(ref, orgnr).is_valid(one["orgnummer"]) for ref, one in companies.items())

    def test_cards_are_found_by_the_companies_numbers(
        self, cards: list[dict[str, Any]], companies: dict[str, dict[str, Any]]
    ) -> None:
        by_number = Counter(card["orgNumber"] for card in cards)
        found = {ref: by_number[digits(one["orgnummer"])] for ref, one in companies.items()}
        assert found == {"fjellbygg": 1, "fjordfisk": 1, "nordkraft": 2, "bakeriet": 1, "granskog": 0}

    def test_users_are_hubspot_s_owners_and_the_one_who_has_left_is_gone_here_too(
        self, metodika: Caller, cards: list[dict[str, Any]], hubspot: Caller, refs: dict[str, str]
    ) -> None:
        owners = {one.get("email"): one["archived"] for one in hubspot.sim("GET", "state/owners")["results"]}
        users = {one["email"]: not one["active"] for one in metodika.sim("GET", "state/users")["results"]}
        assert users.items() <= owners.items()
        assert set(users.values()) == {True, False}

    def test_one_manager_is_another_than_hubspot_s_owner(
        self,
        metodika: Caller,
        cards: list[dict[str, Any]],
        companies: dict[str, dict[str, Any]],
        hubspot: Caller,
        refs: dict[str, str],
    ) -> None:
        users = {one["id"]: one["email"] for one in metodika.sim("GET", "state/users")["results"]}
        owners = {one["id"]: one.get("email") for one in hubspot.sim("GET", "state/owners")["results"]}
        managers = {card["ref"]: users[card["manager"]["userId"]] for card in cards if card["manager"]}
        differ = {ref for ref, email in managers.items() if owners[companies[ref]["hubspot_owner_id"]] != email}
        assert differ == {"fjordfisk"}
