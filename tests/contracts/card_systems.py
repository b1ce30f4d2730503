"""The two systems with customers' cards that the suite is run on: the one in memory, and Metodika's simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

import requests

from infra.simulators.metodika import MetodikaSimulator
from kundeflyt.adapters.metodika.client import MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.adapters.metodika.writer import MetodikaWriter
from kundeflyt.domain.cards import (
    Card,
    CardUser,
    CollaborationPlan,
    Document,
    DocumentKind,
    Manager,
    Order,
    PlanItem,
    PlanState,
)
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.ports.failures import TryLater, Unsure
from kundeflyt.ports.readers import CardReader
from kundeflyt.ports.writers import CardWriter
from tests.fakes.cards import FakeCards

OPERATIONS = {
    "cards": "findCustomers",
    "users": "findUsers",
    "active_orders": "listOrders",
    "documents": "listDocuments",
    "plans": "getPlan",
    "create_card_tasks": "createTask",
    "find_card_tasks": "findTasks",
    "set_managers": "setManager",
}
"""What each method of ours needs of Metodika."""


@dataclass(frozen=True, kw_only=True)
class SeenTask:
    """A task as it stands in the system."""

    id: str
    assignee_id: str
    card_id: str | None
    title: str
    body: str
    due: date


class CardSystem(Protocol):
    """What the suite does to a system and sees there, apart from the ports under test."""

    reader: CardReader
    writer: CardWriter
    today: date

    def user(self, email: str, *, active: bool = True) -> str: ...
    def card(
        self, number: str, name: str, *, manager: str | None = None, role: str = "PFA", updated: date | None = None
    ) -> str: ...
    def order(self, card_id: str, title: str, assignee_id: str | None) -> str: ...
    def finished_order(self, card_id: str) -> None: ...
    def document(self, card_id: str, kind: DocumentKind, year: int | None) -> str: ...
    def plan(self, card_id: str, year: int, **items: PlanState) -> None: ...
    def somebody_removes_the_manager(self, card_id: str) -> None: ...
    def tasks(self) -> list[SeenTask]: ...
    def lacks(self, method: str) -> None: ...
    def lose_next_answer(self, method: str) -> None: ...
    def go_down(self) -> None: ...


class SystemInMemory:
    def __init__(self, today: date) -> None:
        self._fake = FakeCards(today=today)
        self.reader: CardReader = self._fake
        self.writer: CardWriter = self._fake
        self.today = today
        self._made = 0

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made}"

    def user(self, email: str, *, active: bool = True) -> str:
        self._fake.people[email] = CardUser(id=self._id("U"), active=active)
        return self._fake.people[email].id

    def card(
        self, number: str, name: str, *, manager: str | None = None, role: str = "PFA", updated: date | None = None
    ) -> str:
        id_ = self._id("K")
        self._fake.by_id[id_] = Card(
            id=id_,
            organisation_number=OrganisationNumber(number),
            name=name,
            version="1",
            url=f"https://metodika.example/{name}",
            manager=Manager(user_id=manager, role="KAM" if role == "KAM" else "PFA", since=self.today)
            if manager
            else None,
            key_information_updated=updated,
        )
        return id_

    def order(self, card_id: str, title: str, assignee_id: str | None) -> str:
        made = Order(id=self._id("B"), title=title, assignee_id=assignee_id)
        self._fake.orders.setdefault(card_id, []).append(made)
        return made.id

    def finished_order(self, card_id: str) -> None:
        pass  # it holds none but active ones

    def document(self, card_id: str, kind: DocumentKind, year: int | None) -> str:
        made = Document(id=self._id("D"), kind=kind, year=year, created=_midnight(self.today))
        self._fake.papers.setdefault(card_id, []).append(made)
        return made.id

    def plan(self, card_id: str, year: int, **items: PlanState) -> None:
        made = tuple(PlanItem(id=title, title=title, state=state) for title, state in items.items())
        self._fake.plans_of[card_id, year] = CollaborationPlan(year=year, items=made)

    def somebody_removes_the_manager(self, card_id: str) -> None:
        self._fake.changed_by_somebody(card_id, None)

    def tasks(self) -> list[SeenTask]:
        return [
            SeenTask(
                id=made.id,
                assignee_id=made.task.assignee_id,
                card_id=made.task.card_id,
                title=made.task.title,
                body=made.task.body,
                due=made.task.due,
            )
            for made in self._fake.tasks.values()
        ]

    def lacks(self, method: str) -> None:
        self._fake.missing.add(method)

    def lose_next_answer(self, method: str) -> None:
        self._fake.fail_next(method, Unsure("the answer was lost"), after_effect=True)

    def go_down(self) -> None:
        for method in (*OPERATIONS, "find_managers"):
            self._fake.fail_next(method, TryLater("down"), times=100)


class MetodikaInASuite:
    def __init__(self, simulator: MetodikaSimulator, today: date) -> None:
        self._control = f"{simulator.url}/_sim"
        self._session = requests.Session()
        client = MetodikaClient(base_url=simulator.url, token=simulator.settings.token)
        self.reader: CardReader = MetodikaReader(client)
        self.writer: CardWriter = MetodikaWriter(client)
        self.today = today
        self._post("reset")

    def user(self, email: str, *, active: bool = True) -> str:
        return self._put("users", email=email, active=active)

    def card(
        self, number: str, name: str, *, manager: str | None = None, role: str = "PFA", updated: date | None = None
    ) -> str:
        return self._put(
            "customers",
            orgNumber=number,
            name=name,
            url=f"https://metodika.example/{name}",
            manager={"userId": manager, "role": role, "since": self.today.isoformat()} if manager else None,
            keyInformationUpdated=updated.isoformat() if updated else None,
        )

    def order(self, card_id: str, title: str, assignee_id: str | None) -> str:
        return self._put("orders", customerId=card_id, title=title, assigneeUserId=assignee_id)

    def finished_order(self, card_id: str) -> None:
        self._put("orders", customerId=card_id, title="ferdig", status="DONE")

    def document(self, card_id: str, kind: DocumentKind, year: int | None) -> str:
        about = {} if year is None else {"year": year}
        created = _midnight(self.today).isoformat()
        return self._put("documents", customerId=card_id, kind=kind, name="fil.pdf", created=created, **about)

    def plan(self, card_id: str, year: int, **items: PlanState) -> None:
        made = [{"id": title, "title": title, "state": state} for title, state in items.items()]
        self._put("plans", customerId=card_id, year=year, items=made)

    def somebody_removes_the_manager(self, card_id: str) -> None:
        self._change("customers", card_id, manager=None)

    def tasks(self) -> list[SeenTask]:
        return [
            SeenTask(
                id=task["id"],
                assignee_id=task["assigneeUserId"],
                card_id=task.get("customerId"),
                title=task["title"],
                body=task["body"],
                due=date.fromisoformat(task["dueDate"]),
            )
            for task in self._session.get(f"{self._control}/state/tasks", timeout=60).json()["results"]
        ]

    def lacks(self, method: str) -> None:
        self._post("settings", missing=[OPERATIONS[method]])

    def lose_next_answer(self, method: str) -> None:
        verb = {"createTask": "POST", "setManager": "PUT"}[OPERATIONS[method]]
        self._post("fail-next", match=verb, drop=True, after_effect=True)

    def go_down(self) -> None:
        self._post("fail-next", match="", status=503, times=100)

    def _put(self, what: str, /, **record: Any) -> str:
        made: str = self._post(f"ui/{what}", **record)["id"]
        return made

    def _change(self, kind: str, id_: str, **changes: Any) -> None:
        self._session.patch(f"{self._control}/ui/{kind}/{id_}", json=changes, timeout=60).raise_for_status()

    def _post(self, what: str, /, **body: Any) -> Any:
        answer = self._session.post(f"{self._control}/{what}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
