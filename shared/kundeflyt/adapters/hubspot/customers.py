"""A customer as a whole, read from HubSpot for a hundred companies at a time."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.adapters.hubspot import paths, records
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY
from kundeflyt.adapters.hubspot.reading import (
    Filter,
    read_associations,
    read_primacy,
    read_rows,
    search_of_companies,
    search_query,
    search_rows,
)
from kundeflyt.adapters.hubspot.records import Row, epoch_milliseconds, logged_at, moment
from kundeflyt.domain.crm import Company, EntryKind, TaskNow, Work, WorkKind
from kundeflyt.domain.mail import titles
from kundeflyt.ports.failures import Refused, TryLater

logger = logging.getLogger(__name__)

OWNER: Final = "hubspot_owner_id"
EMAIL_TEXT: Final = "hs_email_text"
PRIMARY_CONTACT: Final = 2
"""HubSpot's association type from a company to a contact who mainly works there."""
LATEST: Final = 3
ID: Final = "hs_object_id"
UNORDERED_WAITS: Final = timedelta(minutes=15)
CALLED_OFF: Final = ("CANCELED", "CANCELLED", "RESCHEDULED", "NO_SHOW", "COMPLETED")
"""A meeting with one of these outcomes is not to come any more, whenever it was to begin."""
_BREAK: Final = re.compile(r"<br\s*/?>|</(?:p|div|li)>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]+>")


class HubSpotCustomerReader:
    """The CustomerReader for HubSpot. Every method raises TryLater when HubSpot does not answer."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def companies(
        self, ids: Collection[int], *, properties: Collection[str], dated: Collection[str] = ()
    ) -> Mapping[int, Company]:
        """The companies with everybody who has owned them; fifty cost one call, since histories are asked for."""
        wanted = [*records.COMPANY_PROPERTIES, *properties]
        rows = read_rows(self._client, "companies", ids, wanted, histories=[OWNER, *dated])
        return {company.id: company for company in (_company(row, properties, dated) for row in rows)}

    def listed(
        self, after: int, *, limit: int, having: str, values: Collection[str], properties: Collection[str]
    ) -> Sequence[Company]:
        """The companies after `after` that have the property, by id; two hundred cost one search.

        Each search asks from the last id on, since HubSpot lists ten thousand at most for one.
        """
        marked: list[Filter] = [{"propertyName": having, "operator": "EQ", "value": value} for value in sorted(values)]
        wanted = sorted({*records.COMPANY_PROPERTIES, *properties})
        found: list[Company] = []
        while len(found) < limit:
            last = found[-1].id if found else after
            beyond = {"propertyName": ID, "operator": "GT", "value": str(last)}
            groups = [
                {"filters": [beyond, mark]} for mark in marked or [{"propertyName": having, "operator": "HAS_PROPERTY"}]
            ]
            size = min(paths.SEARCH_PAGE, limit - len(found))
            query = search_query(groups, wanted, sort=ID) | {"limit": size}
            rows = self._client.read(paths.objects("companies", "search"), query)["results"]
            page = [records.company(row, properties) for row in rows]
            if [company.id for company in page] != sorted({company.id for company in page if company.id > last}):
                # Whoever went on from here would pass customers by, and nobody would know.
                raise TryLater("HubSpot did not list the companies by id, as it was asked to", after=UNORDERED_WAITS)
            found += page
            if len(page) < size:
                break
        return found

    def contacts_of_companies(self, ids: Collection[int]) -> Mapping[int, Mapping[int, bool]]:
        """Who works at each company, and whether they mainly work there; those who do stand first."""
        return read_primacy(self._client, "companies", "contacts", ids, primary_type=PRIMARY_CONTACT)

    def told(
        self, text_id: str, subjects: Collection[str], *, by: Collection[int], since: datetime
    ) -> Mapping[tuple[int, int], datetime]:
        """Which contacts have had an e-mail made from the text, from which of these owners, and when last."""
        if not subjects or not by:
            return {}
        rows = {int(row["id"]): row for row in self._made_from(text_id, subjects, by, since)}
        told: dict[tuple[int, int], datetime] = {}
        for row_id, contacts in read_associations(self._client, "emails", "contacts", rows).items():
            values = rows[row_id]["properties"]
            at = moment(values.get("hs_timestamp")) or logged_at(rows[row_id])
            for contact in contacts:
                who = contact, int(values[OWNER])
                told[who] = max(at, told.get(who, at))
        return told

    def _made_from(
        self, text_id: str, subjects: Collection[str], by: Collection[int], since: datetime
    ) -> Sequence[Row]:
        """HubSpot does not say that an e-mail's words can be searched; where they can't, its subject has to do."""
        sent: list[Filter] = [
            {"propertyName": "hs_timestamp", "operator": "GTE", "value": epoch_milliseconds(since)},
            {"propertyName": "hs_email_direction", "operator": "EQ", "value": "EMAIL"},
            {"propertyName": OWNER, "operator": "IN", "values": [str(id_) for id_ in sorted(by)]},
        ]
        titled = sorted(set[str]().union(*map(titles, subjects)))
        by_subject = {"filters": [*sent, {"propertyName": "hs_email_subject", "operator": "IN", "values": titled}]}
        by_words = {"filters": [*sent, {"propertyName": EMAIL_TEXT, "operator": "CONTAINS_TOKEN", "value": text_id}]}
        wanted = ["hs_timestamp", OWNER]
        both = search_query([by_subject, by_words], wanted)
        try:
            return list(search_rows(self._client, "emails", both, may_be_refused=True))
        except Refused:
            logger.warning("hubspot_words_not_searchable: e-mails made from %s are known by subject alone", text_id)
            return list(search_rows(self._client, "emails", search_query([by_subject], wanted)))

    def work(self, ids: Collection[int], *, now: datetime) -> Mapping[int, tuple[Work, ...]]:
        """The open tasks and the meetings to come at each company."""
        found: dict[int, list[Work]] = {}
        tasks: list[Filter] = [{"propertyName": "hs_task_status", "operator": "NEQ", "value": "COMPLETED"}]
        meetings: list[Filter] = [
            {"propertyName": "hs_meeting_start_time", "operator": "GTE", "value": epoch_milliseconds(now)}
        ]
        for kind, filters, time_property, title in (
            ("tasks", tasks, "hs_timestamp", "hs_task_subject"),
            ("meetings", meetings, "hs_meeting_start_time", "hs_meeting_title"),
        ):
            wanted = [
                time_property,
                title,
                OWNER,
                KEY_PROPERTY,
                *(["hs_meeting_outcome"] if kind == "meetings" else []),
            ]
            found_rows = search_of_companies(self._client, kind, ids, filters, wanted)
            rows = {int(row["id"]): row for row in found_rows}
            for row_id, companies in read_associations(self._client, kind, "companies", rows).items():
                for company in companies:
                    work = _work(kind, rows[row_id], time_property, title)
                    if company in ids and work:
                        found.setdefault(company, []).append(work)
        return {company: tuple(work) for company, work in found.items()}

    def latest(self, kind: EntryKind, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The newest notes or meetings at each company, the newest first. HubSpot's ids grow: none need be read."""
        entries = read_associations(self._client, "companies", kind, ids)
        return {company: tuple(sorted(found, reverse=True)[:LATEST]) for company, found in entries.items()}

    def tasks(self, ids: Collection[int]) -> Mapping[int, TaskNow]:
        """These tasks as they stand now."""
        rows = read_rows(self._client, "tasks", ids, ["hs_task_status", "hs_task_body"])
        return {
            int(row["id"]): TaskNow(
                id=int(row["id"]),
                completed=row["properties"].get("hs_task_status") == "COMPLETED",
                body=as_text(row["properties"].get("hs_task_body") or ""),
            )
            for row in rows
        }


def as_text(markup: str) -> str:
    """What a person sees of one of HubSpot's formatted fields."""
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).replace("\xa0", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _company(row: Row, properties: Collection[str], dated: Collection[str]) -> Company:
    histories = row["propertiesWithHistory"]
    company = records.company(row, properties, history=histories.get(OWNER) or ())
    set_at = {name: at for name in dated if (at := records.set_at(histories.get(name) or ()))}
    return replace(company, set_at=set_at)


def _work(kind: str, row: Row, time_property: str, title: str) -> Work | None:
    values = row["properties"]
    if values.get("hs_meeting_outcome") in CALLED_OFF:
        return None
    chosen: WorkKind = "tasks" if kind == "tasks" else "meetings"
    return Work(
        kind=chosen,
        id=int(row["id"]),
        owner_id=int(values[OWNER]) if values.get(OWNER) else None,
        at=moment(values.get(time_property)),
        booked_at=logged_at(row),
        title=values.get(title) or "",
        ours=bool(values.get(KEY_PROPERTY)),
    )
