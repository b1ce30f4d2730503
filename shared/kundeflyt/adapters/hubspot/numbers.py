"""Whose number it is: asked by HubSpot's search, and compared here before it is believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.reading import search_rows
from kundeflyt.adapters.hubspot.records import CONTACT_PROPERTIES, contact
from kundeflyt.domain.crm import Contact
from kundeflyt.domain.customers import has_number
from kundeflyt.domain.phones import national_digits

SEARCHED: Final = ("hs_searchable_calculated_mobile_number", "hs_searchable_calculated_phone_number")
"""HubSpot keeps each number a second time for searching: digits alone, without the country code it recognises."""

NUMBERS_PER_SEARCH: Final = 20
"""Each stands in a search six times, and a search may be 3000 characters long."""


def contacts_with_numbers(
    client: HubSpotClient, numbers: Collection[str], *, default_country: str
) -> dict[str, tuple[Contact, ...]]:
    """The living contacts with these numbers (E.164), the oldest record first. Raises TryLater.

    The search knows no country codes: the same digits in another country are found as well, and left out here. A
    country code that HubSpot did not recognise is searched for as it may have been left.
    """
    found: dict[int, Contact] = {}
    for batch in paths.in_batches(sorted(set(numbers)), NUMBERS_PER_SEARCH):
        rows = search_rows(client, "contacts", _query(batch))
        found |= {one.id: one for one in (contact(row, ()) for row in rows)}
    oldest_first = [found[id_] for id_ in sorted(found)]
    owned = {
        number: tuple(one for one in oldest_first if has_number(one, number, default_country))
        for number in set(numbers)
    }
    return {number: contacts for number, contacts in owned.items() if contacts}


def _query(numbers: Collection[str]) -> Mapping[str, Any]:
    values = sorted({digits for number in numbers for digits in _ways_to_keep(number)})
    return {
        "filterGroups": [
            {"filters": [{"propertyName": name, "operator": "IN", "values": values}]} for name in SEARCHED
        ],
        "properties": [*CONTACT_PROPERTIES],
        "sorts": [],
        "limit": paths.SEARCH_PAGE,
        "after": "0",
    }


def _ways_to_keep(number: str) -> tuple[str, str, str]:
    with_country = number.removeprefix("+")
    return national_digits(number), with_country, f"00{with_country}"
