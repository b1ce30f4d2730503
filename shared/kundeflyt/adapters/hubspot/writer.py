"""Gives people tasks in HubSpot, and shows messages on the timeline."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from kundeflyt.adapters.hubspot import paths
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY, KeyTaken
from kundeflyt.adapters.hubspot.reading import read_associations, read_rows
from kundeflyt.adapters.hubspot.records import Row, iso
from kundeflyt.ports.failures import Done, Failure, Outcome, Refused, Unsure
from kundeflyt.ports.writers import (
    CompanyChange,
    ContactChange,
    EmailEntry,
    Finding,
    NewTask,
    Note,
    SmsEntry,
    TaskChange,
    WorkChange,
)

ASSOCIATION_TYPES: Final[Mapping[tuple[str, str], int]] = {
    # HubSpot's own default types, from the activity to the record; the reverse direction has another number.
    ("tasks", "contacts"): 204,
    ("tasks", "companies"): 192,
    ("notes", "companies"): 190,
    ("communications", "contacts"): 81,
    ("communications", "companies"): 87,
    ("emails", "contacts"): 198,
    ("emails", "companies"): 186,
}

OWNER: Final = "hubspot_owner_id"

NOT_CHANGED: Final[Mapping[str, str]] = {
    "tasks": "HubSpot endret ikke oppgaven; den er trolig slettet",
    "contacts": "HubSpot endret ikke kontakten; den er trolig slettet",
    "companies": "HubSpot endret ikke selskapet; det er trolig slettet",
    "meetings": "HubSpot endret ikke møtet; det er trolig slettet",
}

Properties = dict[str, str]
RowT = TypeVar("RowT")
_Keyed = NewTask | SmsEntry | EmailEntry | Note


class HubSpotWriter:
    """All writers for HubSpot: tasks, timeline and contacts. What it makes carries our key in `kundeflyt_key`."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def create_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Outcome]:
        """Makes the tasks; `Done.result` is the task's id."""
        return self._create("tasks", [(task.key, _task_input(task)) for task in tasks])

    def update_tasks(self, changes: Sequence[TaskChange]) -> Sequence[Outcome]:
        """Changes tasks; of several changes to one task the last one stands."""
        return self._update("tasks", [(change.task_id, _changed(change)) for change in changes])

    def update_contacts(self, changes: Sequence[ContactChange]) -> Sequence[Outcome]:
        """Sets properties of contacts; of several changes to one contact the last one stands."""
        return self._update("contacts", [(change.contact_id, dict(change.properties)) for change in changes])

    def update_companies(self, changes: Sequence[CompanyChange]) -> Sequence[Outcome]:
        """Sets properties of companies; an owner is cleared with an empty value."""
        return self._update(
            "companies",
            [
                (change.company_id, dict(change.properties) | ({OWNER: ""} if change.without_owner else {}))
                for change in changes
            ],
        )

    def find_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Finding]:
        """Looks the tasks up by their keys; a hundred cost one call where the portal keeps the key unique."""
        return self._find("tasks", tasks)

    def log_sms(self, entries: Sequence[SmsEntry]) -> Sequence[Outcome]:
        """Shows text messages on the timeline; it sends nothing."""
        return self._create("communications", [(entry.key, _communication_input(entry)) for entry in entries])

    def find_sms_entries(self, entries: Sequence[SmsEntry]) -> Sequence[Finding]:
        """Looks the entries up by their keys; a hundred cost one call where the portal keeps the key unique."""
        return self._find("communications", entries)

    def log_emails(self, entries: Sequence[EmailEntry]) -> Sequence[Outcome]:
        """Shows e-mails on the timeline; it sends nothing."""
        return self._create("emails", [(entry.key, _email_input(entry)) for entry in entries])

    def find_email_entries(self, entries: Sequence[EmailEntry]) -> Sequence[Finding]:
        """Looks the entries up by their keys; a hundred cost one call where the portal keeps the key unique."""
        return self._find("emails", entries)

    def log_notes(self, notes: Sequence[Note]) -> Sequence[Outcome]:
        """Shows notes on companies' timelines."""
        return self._create("notes", [(note.key, _note_input(note)) for note in notes])

    def find_notes(self, notes: Sequence[Note]) -> Sequence[Finding]:
        """Looks the notes up by their keys; a hundred cost one call where the portal keeps the key unique."""
        return self._find("notes", notes)

    def move(self, changes: Sequence[WorkChange]) -> Sequence[Outcome]:
        """Gives tasks and meetings to other owners; a hundred of a kind cost one call."""
        outcomes: dict[WorkChange, Outcome] = {}
        for kind in dict.fromkeys(change.kind for change in changes):
            own = [change for change in changes if change.kind == kind]
            rows = [(change.id, {OWNER: str(change.owner_id)}) for change in own]
            outcomes |= zip(own, self._update(kind, rows), strict=True)
        return [outcomes[change] for change in changes]

    def _create(self, kind: str, rows: Sequence[tuple[str, Any]]) -> list[Outcome]:
        return [
            outcome
            for batch in paths.in_batches(rows, paths.OBJECT_BATCH)
            for outcome in self._create_batch(kind, batch)
        ]

    def _create_batch(self, kind: str, rows: Sequence[tuple[str, Any]]) -> list[Outcome]:
        try:
            answer = self._client.create(paths.objects(kind, "batch/create"), {"inputs": [row for _, row in rows]})
        except Refused as refusal:
            if len(rows) == 1:
                return [Unsure(f"{kind} {rows[0][0]} was made before") if isinstance(refusal, KeyTaken) else refusal]
            # HubSpot makes none of them when one is wrong: the neighbours are not to suffer for it.
            return [outcome for half in _halves(rows) for outcome in self._create_batch(kind, half)]
        except Failure as failure:
            return [failure] * len(rows)
        made = _by_key(answer.get("results", ()))
        return [made.get(key) or Unsure(f"HubSpot did not say what became of {kind} {key}") for key, _ in rows]

    def _update(self, kind: str, changes: Sequence[tuple[int, Properties]]) -> list[Outcome]:
        merged: dict[int, Properties] = {}
        for id_, properties in changes:
            merged.setdefault(id_, {}).update(properties)
        outcomes: dict[int, Outcome] = {}
        for batch in paths.in_batches(list(merged.items()), paths.OBJECT_BATCH):
            outcomes |= zip((id_ for id_, _ in batch), self._update_batch(kind, batch), strict=True)
        return [outcomes[id_] for id_, _ in changes]

    def _update_batch(self, kind: str, changes: Sequence[tuple[int, Properties]]) -> list[Outcome]:
        inputs = [{"id": str(id_), "properties": properties} for id_, properties in changes]
        try:
            answer = self._client.update(paths.objects(kind, "batch/update"), {"inputs": inputs})
        except Refused as refusal:
            if len(changes) == 1:
                return [refusal]
            return [outcome for half in _halves(changes) for outcome in self._update_batch(kind, half)]
        except Failure as failure:
            return [failure] * len(changes)
        changed = {int(row["id"]) for row in answer.get("results", ())}
        return [Done(result=str(id_)) if id_ in changed else Refused(NOT_CHANGED[kind]) for id_, _ in changes]

    def _find(self, kind: str, rows: Sequence[_Keyed]) -> list[Finding]:
        findings: list[Finding] = []
        for batch in paths.in_batches(rows, paths.OBJECT_BATCH):
            try:
                findings += self._find_batch(kind, batch)
            except Failure as failure:
                findings += [failure] * len(batch)
        return findings

    def _find_batch(self, kind: str, rows: Sequence[_Keyed]) -> list[Finding]:
        body = {
            "idProperty": KEY_PROPERTY,
            "inputs": [{"id": key} for key in sorted({row.key for row in rows})],
            "properties": [KEY_PROPERTY],
            "propertiesWithHistory": [],
        }
        try:
            made = _by_key(self._client.look_up(paths.objects(kind, "batch/read"), body)["results"])
        except Refused:
            # The portal does not keep the key unique, so nothing can be looked up by it.
            return self._find_among_neighbours(kind, rows)
        return [made.get(row.key) for row in rows]

    def _find_among_neighbours(self, kind: str, rows: Sequence[_Keyed]) -> list[Finding]:
        """Compares keys with all that the rows' contacts have; with the company's where a row has no contact."""
        ties = [(None if isinstance(row, Note) else row.contact_id, row.company_id) for row in rows]
        contacts = {contact for contact, _ in ties if contact is not None}
        companies = {company for contact, company in ties if contact is None and company is not None}
        neighbours = [
            *read_associations(self._client, "contacts", kind, contacts).values(),
            *read_associations(self._client, "companies", kind, companies).values(),
        ]
        made = _by_key(read_rows(self._client, kind, set().union(*neighbours), [KEY_PROPERTY]))
        return [
            Unsure(f"{kind} {row.key} belongs to no record that could be searched: look in HubSpot by hand")
            if tie == (None, None)
            else made.get(row.key)
            for row, tie in zip(rows, ties, strict=True)
        ]


def _by_key(rows: Iterable[Row]) -> dict[str | None, Done]:
    return {row["properties"].get(KEY_PROPERTY): Done(result=str(row["id"])) for row in rows}


def _halves(rows: Sequence[RowT]) -> tuple[Sequence[RowT], Sequence[RowT]]:
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def _task_input(task: NewTask) -> dict[str, Any]:
    properties = {
        KEY_PROPERTY: task.key,
        "hs_task_type": task.task_type,
        "hs_task_status": "NOT_STARTED",
        "hs_task_subject": task.subject,
        "hs_task_body": _as_html(task.body),
        "hs_timestamp": iso(task.due),
    }
    return _new("tasks", properties, task.owner_id, contact_id=task.contact_id, company_id=task.company_id)


def _communication_input(entry: SmsEntry) -> dict[str, Any]:
    properties = {
        KEY_PROPERTY: entry.key,
        "hs_communication_channel_type": "SMS",
        "hs_communication_logged_from": "CRM",  # the only value HubSpot takes, whoever logs
        "hs_communication_body": _as_html(entry.body),
        "hs_timestamp": iso(entry.at),
    }
    return _new("communications", properties, entry.owner_id, contact_id=entry.contact_id, company_id=entry.company_id)


def _email_input(entry: EmailEntry) -> dict[str, Any]:
    properties = {
        KEY_PROPERTY: entry.key,
        "hs_email_direction": "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_subject": entry.subject,
        "hs_email_text": entry.body,
        # From whom and to whom can be told in no other way; an answer goes to the adviser.
        "hs_email_headers": json.dumps({"from": {"email": entry.reply_to}, "to": [{"email": entry.to}]}),
        "hs_timestamp": iso(entry.at),
    }
    return _new("emails", properties, entry.owner_id, contact_id=entry.contact_id, company_id=entry.company_id)


def _note_input(note: Note) -> dict[str, Any]:
    properties = {KEY_PROPERTY: note.key, "hs_note_body": _as_html(note.body), "hs_timestamp": iso(note.at)}
    return _new("notes", properties, note.owner_id, contact_id=None, company_id=note.company_id)


def _new(
    kind: str, properties: Properties, owner_id: int | None, *, contact_id: int | None, company_id: int | None
) -> dict[str, Any]:
    if owner_id is not None:
        properties["hubspot_owner_id"] = str(owner_id)
    targets = {"contacts": contact_id, "companies": company_id}
    return {
        "properties": properties,
        "associations": [
            {
                "to": {"id": str(target_id)},
                "types": [
                    {
                        "associationCategory": "HUBSPOT_DEFINED",
                        "associationTypeId": ASSOCIATION_TYPES[kind, target],
                    }
                ],
            }
            for target, target_id in targets.items()
            if target_id is not None
        ],
    }


def _changed(change: TaskChange) -> Properties:
    properties = {}
    if change.subject is not None:
        properties["hs_task_subject"] = change.subject
    if change.body is not None:
        properties["hs_task_body"] = _as_html(change.body)
    if change.due is not None:
        properties["hs_timestamp"] = iso(change.due)
    if change.completed:
        properties["hs_task_status"] = "COMPLETED"
    return properties


def _as_html(text: str) -> str:
    """HubSpot shows these fields as HTML: what people wrote must look as they wrote it, and do nothing."""
    return html.escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
