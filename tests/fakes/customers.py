"""A customer as a whole, in memory, beside the CRM in memory. The contract suite keeps it true to the real adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from kundeflyt.domain.crm import Company, EntryKind, TaskNow, Work, WorkKind
from kundeflyt.domain.mail import titles
from kundeflyt.ports.failures import Done, Outcome, Refused
from kundeflyt.ports.writers import WorkChange
from tests.fakes.crm import FakeCrm
from tests.fakes.failing import FailurePlan

LATEST = 3


@dataclass(frozen=True, kw_only=True)
class _Email:
    contact_id: int
    owner_id: int
    subject: str
    body: str
    at: datetime


class FakeCustomers(FailurePlan):
    """Implements CustomerReader and WorkWriter on what stands in `crm`."""

    def __init__(self, crm: FakeCrm) -> None:
        super().__init__()
        self._crm = crm
        self._work: dict[tuple[WorkKind, int], tuple[Work, int]] = {}
        self._notes: list[tuple[int, int]] = []
        self._emails: list[_Email] = []

    # What a test tells the CRM.

    def put_work(self, work: Work, company_id: int) -> None:
        """A person has planned something with a customer."""
        self._work[work.kind, work.id] = work, company_id

    def put_note(self, note_id: int, company_id: int) -> None:
        """A person has written a note on a customer."""
        self._notes.append((company_id, note_id))

    def put_email(self, contact_id: int, *, owner_id: int, subject: str, at: datetime, body: str = "") -> None:
        """An adviser has written to a contact."""
        self._emails.append(_Email(contact_id=contact_id, owner_id=owner_id, subject=subject, body=body, at=at))

    def whose(self, kind: WorkKind, id_: int) -> int | None:
        """Who has a task or a meeting now."""
        return self._work[kind, id_][0].owner_id

    # CustomerReader

    def companies(
        self, ids: Collection[int], *, properties: Collection[str], dated: Collection[str] = ()
    ) -> Mapping[int, Company]:
        """The companies with their owners' history."""
        self.ask("companies")
        found = self._crm.companies(ids, properties=properties)
        return {
            id_: replace(company, set_at={name: at for name, at in company.set_at.items() if name in dated})
            for id_, company in found.items()
        }

    def listed(
        self, after: int, *, limit: int, having: str, values: Collection[str], properties: Collection[str]
    ) -> Sequence[Company]:
        """The companies after `after` that have the property, by id."""
        self.ask("listed")
        asked = {*properties}
        found = [
            replace(
                company,
                properties={name: value for name, value in company.properties.items() if name in asked},
                owner_history=(),
            )
            for id_, company in sorted(self._crm.all_companies().items())
            if id_ > after and _marked(company.properties.get(having), values)
        ]
        return found[:limit]

    def contacts_of_companies(self, ids: Collection[int]) -> Mapping[int, Mapping[int, bool]]:
        """Who works at each company, and whether they mainly work there; those who do stand first."""
        self.ask("contacts_of_companies")
        return {id_: found for id_ in ids if (found := self._crm.who_works_at(id_))}

    def told(
        self, text_id: str, subjects: Collection[str], *, by: Collection[int], since: datetime
    ) -> Mapping[tuple[int, int], datetime]:
        """Which contacts have had an e-mail made from the text, from which of these owners, and when last."""
        self.ask("told")
        wanted = set[str]().union(*map(titles, subjects))
        told: dict[tuple[int, int], datetime] = {}
        for email in [*self._emails, *self._logged()]:
            made_from_it = email.subject.lower() in wanted or text_id in email.body.split()
            if made_from_it and email.owner_id in by and email.at >= since:
                who = email.contact_id, email.owner_id
                told[who] = max(email.at, told.get(who, email.at))
        return told

    def _logged(self) -> list[_Email]:
        """What we have put on timelines ourselves stands there as anybody's."""
        return [
            _Email(
                contact_id=entry.contact_id,
                owner_id=entry.owner_id,
                subject=entry.subject,
                body=entry.body,
                at=entry.at,
            )
            for entry in self._crm.email_entries.values()
        ]

    def work(self, ids: Collection[int], *, now: datetime) -> Mapping[int, tuple[Work, ...]]:
        """The open tasks and the meetings to come."""
        self.ask("work")
        found: dict[int, list[Work]] = {}
        for work, company_id in self._work.values():
            if company_id in ids and (work.kind == "tasks" or (work.at and work.at >= now)):
                found.setdefault(company_id, []).append(work)
        return {id_: tuple(work) for id_, work in found.items()}

    def latest(self, kind: EntryKind, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The newest notes or meetings at each company."""
        self.ask("latest")
        entries = self._notes + [(note.company_id, id_) for id_, note in self._crm.notes.items()]
        if kind == "meetings":
            entries = [(company, id_) for (what, id_), (_, company) in self._work.items() if what == kind]
        found = {id_: sorted((entry for company, entry in entries if company == id_), reverse=True) for id_ in ids}
        return {id_: tuple(newest[:LATEST]) for id_, newest in found.items() if newest}

    def tasks(self, ids: Collection[int]) -> Mapping[int, TaskNow]:
        """These tasks as they stand now."""
        self.ask("tasks")
        return {
            id_: TaskNow(id=id_, completed=on_hand.completed, body=on_hand.task.body)
            for id_ in ids
            if (on_hand := self._crm.tasks.get(id_))
        }

    # WorkWriter

    def move(self, changes: Sequence[WorkChange]) -> Sequence[Outcome]:
        """Sets owners."""
        self.asked["move"] += 1
        return [self.row("move", partial(self._move, change)) for change in changes]

    def _move(self, change: WorkChange) -> Outcome:
        found = self._work.get((change.kind, change.id))
        if found is None:
            return Refused("det finnes ikke lenger")
        self._work[change.kind, change.id] = replace(found[0], owner_id=change.owner_id), found[1]
        return Done(result=str(change.id))


def _marked(value: str | None, values: Collection[str]) -> bool:
    return bool(value) and (not values or value in values)
