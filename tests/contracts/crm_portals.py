"""Two CRMs that one suite drives: the one in memory, and HubSpot's simulator behind the real adapter."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import requests

from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.domain.crm import Call, Company, Contact, Owner
from kundeflyt.ports.failures import TryLater, Unsure
from kundeflyt.ports.readers import CrmReader
from kundeflyt.ports.writers import CompanyWriter, ContactWriter, TaskWriter, TimelineWriter
from tests.fakes.crm import FakeCrm, Record


@dataclass(frozen=True, kw_only=True)
class SeenTask:
    """A task as people see it in the CRM."""

    id: int
    key: str
    task_type: str
    subject: str
    body: str
    due: datetime
    completed: bool
    owner_id: int | None
    contact_id: int | None
    company_id: int | None


@dataclass(frozen=True, kw_only=True)
class SeenSms:
    """A text message as people see it on the timeline."""

    id: int
    key: str
    body: str
    at: datetime
    contact_id: int | None
    company_id: int | None


class CrmPortal(Protocol):
    """What the suite does to a CRM and sees in it, apart from the ports under test."""

    reader: CrmReader
    tasks: TaskWriter
    timeline: TimelineWriter
    contacts: ContactWriter
    companies: CompanyWriter

    def put(self, record: Record, *, contacts: Sequence[int] = (), companies: Sequence[int] = ()) -> int: ...
    def put_incoming_email(self, contact_id: int, at: datetime) -> None: ...
    def put_meeting(self, contact_id: int, *, starts: datetime, created: datetime, held: bool = True) -> None: ...
    def complete(self, task_id: int) -> None: ...
    def seen_tasks(self) -> list[SeenTask]: ...
    def seen_sms(self) -> list[SeenSms]: ...
    def lose_next_answer(self) -> None:
        """The next create takes effect, but nobody hears of it."""
        ...

    def go_down(self) -> None:
        """Every call fails from now on."""
        ...


class PortalInMemory:
    """The fake, seen through the suite's eyes."""

    def __init__(self) -> None:
        self._crm = FakeCrm()
        self.reader: CrmReader = self._crm
        self.tasks: TaskWriter = self._crm
        self.timeline: TimelineWriter = self._crm
        self.contacts: ContactWriter = self._crm
        self.companies: CompanyWriter = self._crm
        self.put = self._crm.put
        self.put_incoming_email = self._crm.put_incoming_email
        self.put_meeting = self._crm.put_meeting
        self.complete = self._crm.complete

    def seen_tasks(self) -> list[SeenTask]:
        return [
            SeenTask(
                id=on_hand.id,
                key=on_hand.task.key,
                task_type=on_hand.task.task_type,
                subject=on_hand.task.subject,
                body=on_hand.task.body,
                due=on_hand.task.due,
                completed=on_hand.completed,
                owner_id=on_hand.task.owner_id,
                contact_id=on_hand.task.contact_id,
                company_id=on_hand.task.company_id,
            )
            for on_hand in self._crm.tasks.values()
        ]

    def seen_sms(self) -> list[SeenSms]:
        return [
            SeenSms(
                id=id_,
                key=entry.key,
                body=entry.body,
                at=entry.at,
                contact_id=entry.contact_id,
                company_id=entry.company_id,
            )
            for id_, entry in self._crm.sms_entries.items()
        ]

    def lose_next_answer(self) -> None:
        for method in ("create_tasks", "log_sms"):
            self._crm.fail_next(method, Unsure("the answer was lost"), after_effect=True)

    def go_down(self) -> None:
        ports = (CrmReader, TaskWriter, TimelineWriter, ContactWriter, CompanyWriter)
        for method in (name for port in ports for name in vars(port)):
            self._crm.fail_next(method, TryLater("down"), times=100)


class PortalAtHubSpot:
    """HubSpot's simulator over HTTP; the ports are the real adapter."""

    def __init__(self, url: str, token: str, *, unique_keys: bool) -> None:
        self._control = f"{url}/_sim"
        self._session = requests.Session()
        client = HubSpotClient(base_url=url, access_token=token)
        self.reader: CrmReader = HubSpotReader(client, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))
        self.tasks: TaskWriter = HubSpotWriter(client)
        self.timeline: TimelineWriter = HubSpotWriter(client)
        self.contacts: ContactWriter = HubSpotWriter(client)
        self.companies: CompanyWriter = HubSpotWriter(client)
        self._post("reset", {})
        # The suite asks faster than any flow would.
        self._post("settings", {"search_limit": 1000, "burst_limit": 10_000, "unique_keys": unique_keys})

    def put(self, record: Record, *, contacts: Sequence[int] = (), companies: Sequence[int] = ()) -> int:
        kind, declared = _declared(record)
        ties = {"contacts": [str(id_) for id_ in contacts], "companies": [str(id_) for id_ in companies]}
        if kind != "owners":
            declared["associations"] = {name: ids for name, ids in ties.items() if ids}
        self._post("seed", {kind: [declared]})
        return record.id

    def put_incoming_email(self, contact_id: int, at: datetime) -> None:
        self._activity("emails", contact_id, hs_timestamp=_ms(at), hs_email_direction="INCOMING_EMAIL")

    def put_meeting(self, contact_id: int, *, starts: datetime, created: datetime, held: bool = True) -> None:
        outcome = "SCHEDULED" if held else "CANCELED"
        times = {"hs_timestamp": _ms(starts), "hs_meeting_start_time": _ms(starts)}
        self._activity("meetings", contact_id, created=created, hs_meeting_outcome=outcome, **times)

    def complete(self, task_id: int) -> None:
        body = {"properties": {"hs_task_status": "COMPLETED"}}
        self._session.patch(f"{self._control}/ui/tasks/{task_id}", json=body, timeout=60).raise_for_status()

    def seen_tasks(self) -> list[SeenTask]:
        return [
            SeenTask(
                id=int(row["id"]),
                key=row["properties"]["kundeflyt_key"],
                task_type=row["properties"]["hs_task_type"],
                subject=row["properties"]["hs_task_subject"],
                body=_as_shown(row["properties"]["hs_task_body"]),
                due=datetime.fromisoformat(row["properties"]["hs_timestamp"]),
                completed=row["properties"]["hs_task_status"] == "COMPLETED",
                owner_id=_int(row["properties"].get("hubspot_owner_id")),
                contact_id=_tied(row, "contacts"),
                company_id=_tied(row, "companies"),
            )
            for row in self._state("tasks")
        ]

    def seen_sms(self) -> list[SeenSms]:
        return [
            SeenSms(
                id=int(row["id"]),
                key=row["properties"]["kundeflyt_key"],
                body=_as_shown(row["properties"]["hs_communication_body"]),
                at=datetime.fromisoformat(row["properties"]["hs_timestamp"]),
                contact_id=_tied(row, "contacts"),
                company_id=_tied(row, "companies"),
            )
            for row in self._state("communications")
            if row["properties"]["hs_communication_channel_type"] == "SMS"
        ]

    def lose_next_answer(self) -> None:
        self._post("fail-next", {"match": "batch/create", "drop": True, "after_effect": True})

    def go_down(self) -> None:
        self._post("fail-next", {"match": "/crm/", "status": 429, "times": 100})

    def _activity(self, kind: str, contact_id: int, created: datetime | None = None, **properties: str) -> None:
        declared: dict[str, Any] = {"properties": properties, "associations": {"contacts": [str(contact_id)]}}
        if created:
            declared["createdAt"] = _ms(created)
        self._post("seed", {kind: [declared]})

    def _state(self, kind: str) -> list[Any]:
        results: list[Any] = self._session.get(f"{self._control}/state/{kind}", timeout=60).json()["results"]
        return results

    def _post(self, what: str, body: Mapping[str, Any]) -> None:
        response = self._session.post(f"{self._control}/{what}", json=body, timeout=60)
        if not response.ok:
            raise AssertionError(f"the simulator did not take {what}: {response.text}")


def _declared(record: Record) -> tuple[str, dict[str, Any]]:
    match record:
        case Call():
            callee = {"hs_call_callee_object_id": record.callee_contact_id, "hs_call_callee_object_type": "CONTACT"}
            values = {
                "hs_timestamp": _ms(record.at),
                "hs_call_disposition": record.disposition,
                "hs_call_direction": "INBOUND" if record.inbound else "OUTBOUND",
                "hubspot_owner_id": record.owner_id,
                "hs_activity_type": record.activity_type,
                "hs_call_title": record.title,
                "hs_call_from_number": record.from_number,
                "hs_call_to_number": record.to_number,
                **(callee if record.callee_contact_id else {}),
            }
            return "calls", _filled(record.id, values)
        case Contact():
            values = {
                "firstname": record.first_name,
                "lastname": record.last_name,
                "mobilephone": record.mobile,
                "phone": record.phone,
                "email": record.email,
                "country": record.country,
                "hs_language": record.language,
                **record.properties,
            }
            return "contacts", _filled(record.id, values)
        case Company():
            return "companies", _filled(record.id, {"hubspot_owner_id": record.owner_id, "country": record.country})
        case Owner():
            return "owners", {
                "id": str(record.id),
                "firstName": record.first_name or "",
                "lastName": record.last_name or "",
                "type": "PERSON" if record.is_person else "QUEUE",
                "archived": record.archived,
            }


def _filled(id_: int, values: Mapping[str, object]) -> dict[str, Any]:
    return {
        "id": str(id_),
        "properties": {name: str(value) for name, value in values.items() if value is not None},
    }


def _ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _int(value: str | None) -> int | None:
    return int(value) if value else None


def _tied(row: Mapping[str, Any], kind: str) -> int | None:
    return next((int(id_) for id_ in row["associations"].get(kind, [])), None)


def _as_shown(markup: str) -> str:
    return html.unescape(markup.replace("<br>", "\n"))
