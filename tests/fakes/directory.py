"""Who people and customers are, in memory. The contract suite keeps it true to HubSpot's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from kundeflyt.domain.crm import Owner
from kundeflyt.ports.directory import CompanyNow, PersonNow, WaitingTask
from tests.fakes.failing import FailurePlan

_LAST = datetime.max.replace(tzinfo=UTC)


class FakeDirectory(FailurePlan):
    """Implements Directory; `tasks_of` are our open tasks by their owner."""

    def __init__(self) -> None:
        super().__init__()
        self.persons: dict[int, PersonNow] = {}
        self.customers: dict[int, CompanyNow] = {}
        self.advisers: dict[int, Owner] = {}
        self.tasks_of: dict[int, list[WaitingTask]] = {}

    def people(self, ids: Collection[int]) -> Mapping[int, PersonNow]:
        self.ask("people")
        return {id_: self.persons[id_] for id_ in ids if id_ in self.persons}

    def companies(self, ids: Collection[int], *, number_property: str) -> Mapping[int, CompanyNow]:
        self.ask("companies")
        return {id_: self.customers[id_] for id_ in ids if id_ in self.customers}

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        self.ask("owners")
        return {id_: self.advisers[id_] for id_ in ids if id_ in self.advisers}

    def owner_with_email(self, email: str) -> Owner | None:
        self.ask("owner_with_email")
        found = [
            owner
            for owner in self.advisers.values()
            if owner.is_person and not owner.archived and (owner.email or "").strip().lower() == email.lower()
        ]
        return found[0] if len(found) == 1 else None

    def waiting_tasks(self, owner_id: int, *, most: int) -> Sequence[WaitingTask]:
        self.ask("waiting_tasks")
        return sorted(self.tasks_of.get(owner_id, []), key=lambda task: task.due or _LAST)[:most]
