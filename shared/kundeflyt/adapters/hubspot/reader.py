"""Reads the customer records from HubSpot, a hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

from kundeflyt.adapters.hubspot import records
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.numbers import contacts_with_numbers
from kundeflyt.adapters.hubspot.owners import OwnerDirectory
from kundeflyt.adapters.hubspot.reached import reached_since
from kundeflyt.adapters.hubspot.reading import read_associations, read_rows
from kundeflyt.domain.crm import Call, Company, Contact, Owner, Reached

PRIMARY_COMPANY: Final = 1
"""HubSpot's association type from a contact to the company it mainly works for."""


class HubSpotReader:
    """The CrmReader for HubSpot. Every method raises TryLater when HubSpot does not answer."""

    def __init__(self, client: HubSpotClient, *, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._owners = OwnerDirectory(client, clock=clock)

    def calls(self, ids: Collection[int]) -> Mapping[int, Call]:
        """The calls as they are now."""
        rows = read_rows(self._client, "calls", ids, records.CALL_PROPERTIES)
        return {call.id: call for call in map(records.call, rows)}

    def contacts_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Who each call is logged on."""
        return read_associations(self._client, "calls", "contacts", ids)

    def companies_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Which companies each call is logged on."""
        return read_associations(self._client, "calls", "companies", ids)

    def companies_of_contacts(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Where each contact works, the primary company first."""
        return read_associations(self._client, "contacts", "companies", ids, primary_type=PRIMARY_COMPANY)

    def contacts(self, ids: Collection[int], *, properties: Collection[str]) -> Mapping[int, Contact]:
        """The contacts, with the properties that the rules name."""
        rows = read_rows(self._client, "contacts", ids, [*records.CONTACT_PROPERTIES, *properties])
        return {contact.id: contact for contact in (records.contact(row, properties) for row in rows)}

    def contacts_with_numbers(
        self, numbers: Collection[str], *, default_country: str
    ) -> Mapping[str, tuple[Contact, ...]]:
        """Whose each number is, the oldest record first."""
        return contacts_with_numbers(self._client, numbers, default_country=default_country)

    def companies(self, ids: Collection[int], *, properties: Collection[str] = ()) -> Mapping[int, Company]:
        """The companies as they are now, with the properties that the rules name."""
        rows = read_rows(self._client, "companies", ids, [*records.COMPANY_PROPERTIES, *properties])
        return {company.id: company for company in (records.company(row, properties) for row in rows)}

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """The advisers, those who have left included."""
        return self._owners.of(ids)

    def owners_of_users(self, user_ids: Collection[int]) -> Mapping[int, Owner]:
        """Who these users are as owners; a user who owns nothing is left out."""
        return self._owners.of_users(user_ids)

    def reached_since(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Reached]:
        """Which contacts were reached after their time in `since`: Connected, an inbound e-mail or a meeting."""
        return reached_since(self._client, since, connected=connected, now=now)

    def open_tasks(self, ids: Collection[int]) -> frozenset[int]:
        """Which of these tasks still wait for somebody; one that is deleted waits for nobody."""
        rows = read_rows(self._client, "tasks", ids, ["hs_task_status"])
        return frozenset(int(row["id"]) for row in rows if row["properties"].get("hs_task_status") != "COMPLETED")
