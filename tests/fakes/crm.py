"""A CRM in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import TypeVar

from kundeflyt.domain.crm import Call, Company, Contact, Owner, Reached
from kundeflyt.domain.customers import has_number
from kundeflyt.ports.failures import Done, Outcome, Refused
from kundeflyt.ports.writers import (
    CompanyChange,
    ContactChange,
    EmailEntry,
    Finding,
    NewTask,
    Note,
    SmsEntry,
    TaskChange,
)
from tests.fakes.failing import FailurePlan

Record = Call | Contact | Company | Owner
RecordT = TypeVar("RecordT")


@dataclass(frozen=True, kw_only=True)
class _Meeting:
    contact_id: int
    starts: datetime
    created: datetime
    held: bool


@dataclass(kw_only=True)
class TaskOnHand:
    """A task as it stands now."""

    id: int
    task: NewTask
    completed: bool = False


class FakeCrm(FailurePlan):
    """Implements CrmReader, TaskWriter, TimelineWriter, ContactWriter and CompanyWriter.

    `tasks`, `sms_entries`, `email_entries` and `notes` (by id) are what stands in the CRM; `outbox` is every write that
    took effect, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[int, TaskOnHand] = {}
        self.sms_entries: dict[int, SmsEntry] = {}
        self.email_entries: dict[int, EmailEntry] = {}
        self.notes: dict[int, Note] = {}
        self.outbox: list[NewTask | TaskChange | ContactChange | CompanyChange | SmsEntry | EmailEntry | Note] = []
        self.refused_keys: dict[str, str] = {}
        self._calls: dict[int, Call] = {}
        self._contacts: dict[int, Contact] = {}
        self._companies: dict[int, Company] = {}
        self._owners: dict[int, Owner] = {}
        self._contacts_of_calls: dict[int, tuple[int, ...]] = {}
        self._companies_of_calls: dict[int, tuple[int, ...]] = {}
        self._companies_of_contacts: dict[int, tuple[int, ...]] = {}
        self._emails: list[tuple[int, datetime]] = []
        self._meetings: list[_Meeting] = []
        self._ids = count(900_000_000_001)

    # What a test tells the CRM.

    def put(self, record: Record, *, contacts: Sequence[int] = (), companies: Sequence[int] = ()) -> int:
        """Stores a record and whom it belongs to; for a contact, `companies` has the primary one first.

        Returns the record's id in this CRM, here the one the record came with.
        """
        match record:
            case Call():
                self._calls[record.id] = record
                self._contacts_of_calls[record.id] = tuple(contacts)
                self._companies_of_calls[record.id] = tuple(companies)
            case Contact():
                self._contacts[record.id] = record
                self._companies_of_contacts[record.id] = tuple(companies)
            case Company():
                self._companies[record.id] = record
            case Owner():
                self._owners[record.id] = record
        return record.id

    def put_incoming_email(self, contact_id: int, at: datetime) -> None:
        """The contact wrote to us."""
        self._emails.append((contact_id, at))

    def put_meeting(self, contact_id: int, *, starts: datetime, created: datetime, held: bool = True) -> None:
        """A meeting with the contact; `held` is False when it was cancelled or nobody came."""
        self._meetings.append(_Meeting(contact_id=contact_id, starts=starts, created=created, held=held))

    def contact(self, id_: int) -> Contact:
        """A contact as it stands now, with all its properties."""
        return self._contacts[id_]

    def remove_contact(self, id_: int) -> None:
        """A person throws a contact away."""
        del self._contacts[id_]

    def all_companies(self) -> Mapping[int, Company]:
        """Every company there is."""
        return self._companies

    def remove_company(self, id_: int) -> None:
        """A person throws a company away."""
        del self._companies[id_]

    def who_works_at(self, company_id: int) -> Mapping[int, bool]:
        """The company's contacts and whether they mainly work there, those who do first."""
        here = {
            id_: companies[0] == company_id
            for id_, companies in self._companies_of_contacts.items()
            if company_id in companies
        }
        return dict(sorted(here.items(), key=lambda one: not one[1]))

    def complete(self, task_id: int) -> None:
        """A person ticks a task off."""
        self.tasks[task_id].completed = True

    # CrmReader

    def calls(self, ids: Collection[int]) -> Mapping[int, Call]:
        """The calls as they are now."""
        self.ask("calls")
        return _only(self._calls, ids)

    def contacts_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Who each call is logged on."""
        self.ask("contacts_of_calls")
        return {id_: found for id_, found in _only(self._contacts_of_calls, ids).items() if found}

    def companies_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Which companies each call is logged on."""
        self.ask("companies_of_calls")
        return {id_: found for id_, found in _only(self._companies_of_calls, ids).items() if found}

    def companies_of_contacts(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Where each contact works, the primary company first."""
        self.ask("companies_of_contacts")
        return {id_: found for id_, found in _only(self._companies_of_contacts, ids).items() if found}

    def contacts(self, ids: Collection[int], *, properties: Collection[str]) -> Mapping[int, Contact]:
        """The contacts, with the properties asked for."""
        self.ask("contacts")
        return {
            id_: replace(
                contact,
                properties={name: value for name, value in contact.properties.items() if name in properties},
            )
            for id_, contact in _only(self._contacts, ids).items()
        }

    def contacts_with_numbers(
        self, numbers: Collection[str], *, default_country: str
    ) -> Mapping[str, tuple[Contact, ...]]:
        """Whose each number is, the oldest record first."""
        self.ask("contacts_with_numbers")
        oldest_first = [replace(self._contacts[id_], properties={}) for id_ in sorted(self._contacts)]
        found = {
            number: tuple(contact for contact in oldest_first if has_number(contact, number, default_country))
            for number in set(numbers)
        }
        return {number: contacts for number, contacts in found.items() if contacts}

    def companies(self, ids: Collection[int], *, properties: Collection[str] = ()) -> Mapping[int, Company]:
        """The companies as they are now."""
        self.ask("companies")
        return {
            id_: replace(
                company,
                properties={name: value for name, value in company.properties.items() if name in properties},
            )
            for id_, company in _only(self._companies, ids).items()
        }

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """The advisers, those who have left included."""
        self.ask("owners")
        return _only(self._owners, ids)

    def owners_of_users(self, user_ids: Collection[int]) -> Mapping[int, Owner]:
        """Who these users are as owners."""
        self.ask("owners_of_users")
        return {owner.user_id: owner for owner in self._owners.values() if owner.user_id and owner.user_id in user_ids}

    def reached_since(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Reached]:
        """Which contacts were reached after their time in `since`, and when that was last."""
        self.ask("reached_since")
        found: dict[int, list[Reached]] = {id_: [] for id_ in since}
        for call in self._calls.values():
            for id_ in self._contacts_of_calls[call.id]:
                if id_ in since and call.disposition in connected and call.at > since[id_]:
                    found[id_].append(Reached(at=call.at, how="samtale"))
        for id_, at in self._emails:
            if id_ in since and at > since[id_]:
                found[id_].append(Reached(at=at, how="e-post"))
        for meeting in self._meetings:
            after = since.get(meeting.contact_id)
            if after is None or not meeting.held or meeting.starts <= after:
                continue
            if meeting.starts <= now or meeting.created > after:
                at = meeting.starts if meeting.starts <= now else meeting.created
                found[meeting.contact_id].append(Reached(at=at, how="møte"))
        return {id_: max(times, key=lambda reached: reached.at) for id_, times in found.items() if times}

    def open_tasks(self, ids: Collection[int]) -> frozenset[int]:
        """Which of these tasks still wait for somebody."""
        self.ask("open_tasks")
        return frozenset(id_ for id_ in ids if id_ in self.tasks and not self.tasks[id_].completed)

    # TaskWriter

    def create_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Outcome]:
        """Makes the tasks."""
        self.asked["create_tasks"] += 1
        return [self.row("create_tasks", partial(self._create, task)) for task in tasks]

    def update_tasks(self, changes: Sequence[TaskChange]) -> Sequence[Outcome]:
        """Changes tasks."""
        self.asked["update_tasks"] += 1
        return [self.row("update_tasks", partial(self._update, change)) for change in changes]

    def find_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Finding]:
        """The tasks with these keys that were made."""
        self.asked["find_tasks"] += 1
        made = {on_hand.task.key: _done(id_) for id_, on_hand in self.tasks.items()}
        return [self.row("find_tasks", partial(made.get, task.key)) for task in tasks]

    # ContactWriter

    def update_contacts(self, changes: Sequence[ContactChange]) -> Sequence[Outcome]:
        """Sets properties."""
        self.asked["update_contacts"] += 1
        return [self.row("update_contacts", partial(self._mark, change)) for change in changes]

    # CompanyWriter

    def update_companies(self, changes: Sequence[CompanyChange]) -> Sequence[Outcome]:
        """Sets properties and clears owners."""
        self.asked["update_companies"] += 1
        return [self.row("update_companies", partial(self._say, change)) for change in changes]

    def _say(self, change: CompanyChange) -> Outcome:
        company = self._companies.get(change.company_id)
        if company is None:
            return Refused("HubSpot endret ikke selskapet; det er trolig slettet")
        self.outbox.append(change)
        self._companies[company.id] = replace(
            company,
            owner_id=None if change.without_owner else company.owner_id,
            properties={**company.properties, **change.properties},
        )
        return Done(result=str(company.id))

    # TimelineWriter

    def log_sms(self, entries: Sequence[SmsEntry]) -> Sequence[Outcome]:
        """Logs text messages."""
        self.asked["log_sms"] += 1
        return [self.row("log_sms", partial(self._log, entry)) for entry in entries]

    def find_sms_entries(self, entries: Sequence[SmsEntry]) -> Sequence[Finding]:
        """The entries with these keys that were made."""
        self.asked["find_sms_entries"] += 1
        made = {entry.key: _done(id_) for id_, entry in self.sms_entries.items()}
        return [self.row("find_sms_entries", partial(made.get, entry.key)) for entry in entries]

    def log_emails(self, entries: Sequence[EmailEntry]) -> Sequence[Outcome]:
        """Logs e-mails."""
        self.asked["log_emails"] += 1
        return [self.row("log_emails", partial(self._log_email, entry)) for entry in entries]

    def find_email_entries(self, entries: Sequence[EmailEntry]) -> Sequence[Finding]:
        """The entries with these keys that were made."""
        self.asked["find_email_entries"] += 1
        made = {entry.key: _done(id_) for id_, entry in self.email_entries.items()}
        return [self.row("find_email_entries", partial(made.get, entry.key)) for entry in entries]

    def log_notes(self, notes: Sequence[Note]) -> Sequence[Outcome]:
        """Logs notes."""
        self.asked["log_notes"] += 1
        return [self.row("log_notes", partial(self._log_note, note)) for note in notes]

    def find_notes(self, notes: Sequence[Note]) -> Sequence[Finding]:
        """The notes with these keys that were made."""
        self.asked["find_notes"] += 1
        made = {note.key: _done(id_) for id_, note in self.notes.items()}
        return [self.row("find_notes", partial(made.get, note.key)) for note in notes]

    def _create(self, task: NewTask) -> Outcome:
        if reason := self._refusal(task.key, contact_id=task.contact_id, company_id=task.company_id):
            return Refused(reason)
        id_ = next(self._ids)
        self.tasks[id_] = TaskOnHand(id=id_, task=task)
        self.outbox.append(task)
        return _done(id_)

    def _update(self, change: TaskChange) -> Outcome:
        on_hand = self.tasks.get(change.task_id)
        if on_hand is None:
            return Refused("oppgaven finnes ikke lenger")
        on_hand.task = replace(
            on_hand.task,
            subject=change.subject or on_hand.task.subject,
            body=change.body or on_hand.task.body,
            due=change.due or on_hand.task.due,
        )
        on_hand.completed = on_hand.completed or change.completed
        self.outbox.append(change)
        return _done(change.task_id)

    def _mark(self, change: ContactChange) -> Outcome:
        contact = self._contacts.get(change.contact_id)
        if contact is None:
            return Refused("kontakten finnes ikke lenger")
        self._contacts[contact.id] = replace(contact, properties={**contact.properties, **change.properties})
        self.outbox.append(change)
        return _done(contact.id)

    def _log(self, entry: SmsEntry) -> Outcome:
        if reason := self._refusal(entry.key, contact_id=entry.contact_id, company_id=entry.company_id):
            return Refused(reason)
        id_ = next(self._ids)
        self.sms_entries[id_] = entry
        self.outbox.append(entry)
        return _done(id_)

    def _log_email(self, entry: EmailEntry) -> Outcome:
        if reason := self._refusal(entry.key, contact_id=entry.contact_id, company_id=entry.company_id):
            return Refused(reason)
        id_ = next(self._ids)
        self.email_entries[id_] = entry
        self.outbox.append(entry)
        return _done(id_)

    def _log_note(self, note: Note) -> Outcome:
        if reason := self._refusal(note.key, contact_id=None, company_id=note.company_id):
            return Refused(reason)
        id_ = next(self._ids)
        self.notes[id_] = note
        self.outbox.append(note)
        return _done(id_)

    def _refusal(self, key: str, *, contact_id: int | None, company_id: int | None) -> str | None:
        if contact_id is not None and contact_id not in self._contacts:
            return "kontakten finnes ikke lenger"
        if company_id is not None and company_id not in self._companies:
            return "selskapet finnes ikke lenger"
        return self.refused_keys.get(key)


def _done(id_: int) -> Done:
    return Done(result=str(id_))


def _only(records: Mapping[int, RecordT], ids: Collection[int]) -> dict[int, RecordT]:
    return {id_: records[id_] for id_ in ids if id_ in records}
