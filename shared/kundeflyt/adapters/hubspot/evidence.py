"""What stands in HubSpot about customers since a moment: what was tried, and what was heard.

Read by the companies' associations, a hundred records a call: that is exact and has HubSpot's larger limit. Only of a
company with a long history the few records since then are searched for instead, five searches a second for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY
from kundeflyt.adapters.hubspot.reader import PRIMARY_COMPANY
from kundeflyt.adapters.hubspot.reading import Filter, read_associations, read_rows, search_of_companies
from kundeflyt.adapters.hubspot.records import Row, epoch_milliseconds, logged_at, moment
from kundeflyt.domain.review import Entry, EntryWhat, RecordType
from kundeflyt.domain.sequences import Heard

LONG_HISTORY: Final = 50
"""More records of a kind than this and a company's are searched for, so that none costs more than half a call."""

AT_ONCE: Final = 4
"""So many questions of one batch are under way at once: a worker alone waits for answers most of its time."""

SEQUENCE_OF_EMAIL: Final = "hs_sequence_id"
STEP_OF_TASK: Final = "hs_task_sequence_step_enrollment_id"
# Whoever reads their post elsewhere forwards to HubSpot what the customer wrote.
_FROM_CUSTOMERS: Final = frozenset({"INCOMING_EMAIL", "FORWARDED_EMAIL"})
_NOT_SENT: Final = frozenset({"BOUNCED", "FAILED", "SCHEDULED"})
_NO_MEETING: Final = frozenset({"CANCELED", "CANCELLED", "RESCHEDULED"})
_WHENEVER: Final = frozenset({"task_open", "meeting_booked"})
_OWN_TASKS: Final = "sequence_ended/"
_OWN_REPLIES: Final = "sms_inbound/"


@dataclass(frozen=True)
class _Kind:
    """One kind of record: what is read of it, how the few of a long history are found, and what each shows."""

    name: RecordType
    properties: tuple[str, ...]
    searches: Callable[[str], tuple[tuple[Filter, ...], ...]]
    shows: Callable[[Row, datetime], tuple[EntryWhat, datetime] | None]


def traces(
    client: HubSpotClient, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
) -> dict[int, tuple[Entry, ...]]:
    """Per company what was tried, heard and planned since its own time, and what is still open. Raises TryLater."""
    if not since:
        return {}
    kinds, earliest = _kinds(connected), min(since.values())
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        whose = list(pool.map(lambda kind: read_associations(client, "companies", kind.name, since), kinds))
        asks = [
            (kind, ask) for kind, ids in zip(kinds, whose, strict=True) for ask in _asks(client, kind, ids, earliest)
        ]
        answers = list(pool.map(lambda one: one[1](), asks))
    shown: dict[tuple[str, int], Entry] = {}
    for (kind, _), rows in zip(asks, answers, strict=True):
        for row in rows:
            if shows := kind.shows(row, now):
                what, at = shows
                shown[kind.name, int(row["id"])] = Entry(what=what, record=kind.name, id=str(row["id"]), at=at)
    found: dict[int, list[Entry]] = {}
    for kind, of_companies in zip(kinds, whose, strict=True):
        for company, ids in of_companies.items():
            entries = (shown[kind.name, id_] for id_ in ids if (kind.name, id_) in shown)
            found.setdefault(company, []).extend(
                entry for entry in entries if entry.what in _WHENEVER or entry.at >= since[company]
            )
    return {company: tuple(entries) for company, entries in found.items() if entries}


def heard(
    client: HubSpotClient, record: RecordType, ids: Collection[int], *, connected: Collection[str], now: datetime
) -> dict[int, Heard]:
    """Those of these records by which a customer was heard from, and whom they are about. Raises TryLater."""
    [kind] = [kind for kind in _kinds(connected) if kind.name == record]
    entries = {
        int(row["id"]): Entry(what=shown[0], record=record, id=str(row["id"]), at=shown[1])
        for row in read_rows(client, record, ids, sorted({"hs_timestamp", *kind.properties}))
        if (shown := kind.shows(row, now))
    }
    responses = {id_: entry for id_, entry in entries.items() if entry.response}
    companies = read_associations(client, record, "companies", responses)
    people = read_associations(client, record, "contacts", responses.keys() - companies.keys())
    contacts = {id_ for found in people.values() for id_ in found}
    employers = read_associations(client, "contacts", "companies", contacts, primary_type=PRIMARY_COMPANY)
    for id_, found in people.items():
        companies[id_] = tuple(dict.fromkeys(one for person in found for one in employers.get(person, ())[:1]))
    return {id_: Heard(entry=entry, companies=companies.get(id_, ())) for id_, entry in responses.items()}


def _asks(
    client: HubSpotClient, kind: _Kind, of_companies: Mapping[int, tuple[int, ...]], earliest: datetime
) -> Iterator[Callable[[], Sequence[Row]]]:
    """What has to be asked about one kind: its records a hundred at a time, and the searches for long histories."""
    properties = sorted({"hs_timestamp", *kind.properties})
    short = sorted({id_ for ids in of_companies.values() if len(ids) <= LONG_HISTORY for id_ in ids})
    for batch in paths.in_batches(short, paths.OBJECT_BATCH):
        yield partial(_read, client, kind, batch, properties)
    long = [company for company, ids in of_companies.items() if len(ids) > LONG_HISTORY]
    if long:
        for filters in kind.searches(epoch_milliseconds(earliest)):
            yield partial(_search, client, kind, long, filters, properties)


def _read(client: HubSpotClient, kind: _Kind, ids: Sequence[int], properties: Sequence[str]) -> Sequence[Row]:
    return list(read_rows(client, kind.name, ids, properties))


def _search(
    client: HubSpotClient, kind: _Kind, companies: Sequence[int], filters: Sequence[Filter], properties: Sequence[str]
) -> Sequence[Row]:
    return list(search_of_companies(client, kind.name, companies, filters, properties))


def _kinds(connected: Collection[str]) -> tuple[_Kind, ...]:
    def since(name: str) -> Callable[[str], tuple[tuple[Filter, ...], ...]]:
        return lambda earliest: (({"propertyName": name, "operator": "GTE", "value": earliest},),)

    return (
        _Kind("emails", ("hs_email_direction", "hs_email_status", SEQUENCE_OF_EMAIL), since("hs_timestamp"), _email),
        _Kind(
            "calls",
            ("hs_call_direction", "hs_call_disposition"),
            since("hs_timestamp"),
            lambda row, _now: _call(row, connected),
        ),
        _Kind("meetings", ("hs_meeting_start_time", "hs_meeting_outcome"), since("hs_meeting_start_time"), _meeting),
        _Kind("communications", ("hs_communication_channel_type", KEY_PROPERTY), since("hs_timestamp"), _communication),
        _Kind(
            "tasks",
            ("hs_task_status", "hs_task_type", "hs_task_completion_date", STEP_OF_TASK, KEY_PROPERTY),
            lambda earliest: (
                ({"propertyName": "hs_task_status", "operator": "NEQ", "value": "COMPLETED"},),
                (
                    {"propertyName": "hs_task_status", "operator": "EQ", "value": "COMPLETED"},
                    {"propertyName": "hs_task_type", "operator": "EQ", "value": "CALL"},
                    {"propertyName": "hs_timestamp", "operator": "GTE", "value": earliest},
                ),
            ),
            _task,
        ),
    )


def _email(row: Row, _now: datetime) -> tuple[EntryWhat, datetime] | None:
    values = row["properties"]
    if values.get("hs_email_direction") in _FROM_CUSTOMERS:
        return "email_in", _at(row)
    if values.get("hs_email_direction") != "EMAIL" or values.get("hs_email_status") in _NOT_SENT:
        return None
    return ("sequence_email" if values.get(SEQUENCE_OF_EMAIL) else "email_out"), _at(row)


def _call(row: Row, connected: Collection[str]) -> tuple[EntryWhat, datetime]:
    values = row["properties"]
    if values.get("hs_call_disposition") in connected:
        return "call_connected", _at(row)
    return ("call_in" if values.get("hs_call_direction") == "INBOUND" else "call_out"), _at(row)


def _meeting(row: Row, now: datetime) -> tuple[EntryWhat, datetime] | None:
    values = row["properties"]
    at = moment(values.get("hs_meeting_start_time")) or _at(row)
    outcome = values.get("hs_meeting_outcome")
    if outcome in _NO_MEETING:
        return None
    if outcome == "NO_SHOW":
        return "meeting_no_show", at
    # What is to come tells of the day it was agreed; what has been tells of itself.
    return ("meeting_held", at) if at <= now else ("meeting_booked", logged_at(row))


def _communication(row: Row, _now: datetime) -> tuple[EntryWhat, datetime] | None:
    values = row["properties"]
    if values.get("hs_communication_channel_type") != "SMS":
        return None
    # HubSpot knows no direction; what customers have written is logged by our own flow.
    inbound = (values.get(KEY_PROPERTY) or "").startswith(_OWN_REPLIES)
    return ("sms_in" if inbound else "sms_out"), _at(row)


def _task(row: Row, _now: datetime) -> tuple[EntryWhat, datetime] | None:
    values = row["properties"]
    if values.get("hs_task_status") == "COMPLETED":
        if values.get("hs_task_type") != "CALL" or not values.get(STEP_OF_TASK):
            return None
        return "sequence_call", moment(values.get("hs_task_completion_date")) or _at(row)
    # What we have asked for ourselves because the sequence ended is no work that keeps the customer.
    return None if (values.get(KEY_PROPERTY) or "").startswith(_OWN_TASKS) else ("task_open", _at(row))


def _at(row: Row) -> datetime:
    return moment(row["properties"].get("hs_timestamp")) or logged_at(row)
