"""Who people and customers are, read from HubSpot for a screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from kundeflyt.adapters.hubspot import paths, records
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import OWNER
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY
from kundeflyt.adapters.hubspot.owners import OwnerDirectory
from kundeflyt.adapters.hubspot.reading import read_rows, search_rows
from kundeflyt.domain.crm import Owner
from kundeflyt.ports.directory import CompanyNow, PersonNow, WaitingTask

PERSON_PROPERTIES: Final = ("firstname", "lastname", "jobtitle", "mobilephone", "phone")
NAME: Final = "name"


class HubSpotDirectory:
    """The Directory for HubSpot. Every method raises TryLater when HubSpot does not answer."""

    def __init__(self, client: HubSpotClient, *, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._owners = OwnerDirectory(client, clock=clock)

    def people(self, ids: Collection[int]) -> Mapping[int, PersonNow]:
        """These contacts; the mobile goes before the switchboard."""
        found = {}
        for row in read_rows(self._client, "contacts", ids, PERSON_PROPERTIES):
            values = records.values_of(row)
            found[int(row["id"])] = PersonNow(
                id=int(row["id"]),
                name=" ".join(values[part] for part in ("firstname", "lastname") if part in values),
                title=values.get("jobtitle"),
                phone=values.get("mobilephone") or values.get("phone"),
            )
        return found

    def companies(self, ids: Collection[int], *, number_property: str) -> Mapping[int, CompanyNow]:
        """These customers."""
        found = {}
        for row in read_rows(self._client, "companies", ids, [NAME, OWNER, number_property]):
            values = records.values_of(row)
            found[int(row["id"])] = CompanyNow(
                id=int(row["id"]),
                name=values.get(NAME, ""),
                organisation_number=values.get(number_property),
                owner_id=records.company(row).owner_id,
            )
        return found

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """These advisers, those who have left included."""
        return self._owners.of(ids)

    def owner_with_email(self, email: str) -> Owner | None:
        """The adviser at work who has this address; an address that several have names nobody for certain."""
        found = [owner for owner in self._owners.at_work() if (owner.email or "").strip().lower() == email.lower()]
        return found[0] if len(found) == 1 else None

    def waiting_tasks(self, owner_id: int, *, most: int) -> Sequence[WaitingTask]:
        """Our tasks that wait for an adviser, the first due first."""
        filters = [
            {"propertyName": OWNER, "operator": "EQ", "value": str(owner_id)},
            {"propertyName": "hs_task_status", "operator": "NEQ", "value": "COMPLETED"},
            {"propertyName": KEY_PROPERTY, "operator": "HAS_PROPERTY"},
        ]
        query = {
            "filterGroups": [{"filters": filters}],
            "properties": ["hs_task_subject", "hs_timestamp"],
            "sorts": [{"propertyName": "hs_timestamp", "direction": "ASCENDING"}],
            "limit": min(most, paths.SEARCH_PAGE),
            "after": "0",
        }
        return [
            WaitingTask(
                id=int(row["id"]),
                subject=row["properties"].get("hs_task_subject") or "",
                due=records.moment(row["properties"].get("hs_timestamp")),
            )
            for row in islice(search_rows(self._client, "tasks", query), most)
        ]
