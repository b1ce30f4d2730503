"""Gives people tasks in Metodika, and says there who looks after a customer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from kundeflyt.adapters.metodika import records
from kundeflyt.adapters.metodika.client import MetodikaClient, customer_path, for_each
from kundeflyt.adapters.metodika.failures import KeyUsed, Missing
from kundeflyt.adapters.metodika.reader import reading_failed
from kundeflyt.domain.cards import Card
from kundeflyt.ports.failures import Done, Failure, NotOffered, Outcome, Unsure
from kundeflyt.ports.writers import Finding, ManagerChange, NewCardTask

LONGEST_TITLE: Final = 120
LONGEST_BODY: Final = 4000


class MetodikaWriter:
    """The CardWriter for Metodika. A repeat is harmless by contract, and still nothing is repeated unasked."""

    def __init__(self, client: MetodikaClient) -> None:
        self._client = client

    def create_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Outcome]:
        """Makes the tasks, eight at a time."""
        return for_each(tasks, self._create)

    def find_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Finding]:
        """Looks the tasks up by our keys; Unsure where Metodika has no look-up."""
        return for_each(tasks, self._find)

    def set_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Outcome]:
        """Sets or removes managers, each on the version that was decided on."""
        return for_each(changes, self._set_manager)

    def find_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Finding]:
        """Reads the cards again; a card that does not exist certainly has no such manager."""
        return for_each(changes, self._find_manager)

    def _create(self, task: NewCardTask) -> Outcome:
        answer = self._client.ask("POST", "/tasks", body=_body(task), headers={"Idempotency-Key": vendor_key(task.key)})
        if isinstance(answer, KeyUsed):
            found = self._find(task)
            return found if isinstance(found, Done) else Unsure(f"task {task.key} was made before with other words")
        if isinstance(answer, Failure):
            return answer
        return _made(answer, task) or Unsure(f"Metodika did not say what became of task {task.key}")

    def _find(self, task: NewCardTask) -> Finding:
        answer = self._client.ask("GET", "/tasks", params={"key": vendor_key(task.key)})
        if isinstance(answer, NotOffered):
            return Unsure(f"task {task.key}: Metodika has no look-up, so nobody can tell if it was made")
        if isinstance(answer, Failure):
            return reading_failed(answer, "GET /tasks")
        rows = answer.get("results")
        if not isinstance(rows, list):
            return reading_failed(Unsure(f"Metodika's look-up of task {task.key} breaks the contract"), "GET /tasks")
        if made := next(filter(None, (_made(row, task) for row in rows)), None):
            return made
        return Unsure(f"Metodika's look-up of task {task.key} answered with other tasks") if rows else None

    def _set_manager(self, change: ManagerChange) -> Outcome:
        answer = self._client.ask(
            "PUT",
            f"{customer_path(change.card_id)}/manager",
            body={"userId": change.user_id, "role": change.role},
            headers={"If-Match": change.version},
        )
        if isinstance(answer, Failure):
            return answer
        return _has_manager(answer, change) or Unsure(f"Metodika did not say who manages card {change.card_id} now")

    def _find_manager(self, change: ManagerChange) -> Finding:
        answer = self._client.ask("GET", customer_path(change.card_id))
        match answer:
            case Missing():
                return None
            case NotOffered():
                return Unsure(f"card {change.card_id}: Metodika does not show it, so nobody can tell who manages it")
            case Failure():
                return reading_failed(answer, f"GET {customer_path(change.card_id)}")
        if _card(answer) is None:
            return reading_failed(Unsure(f"Metodika's card {change.card_id} breaks the contract"), "GET /customers")
        return _has_manager(answer, change)


def vendor_key(key: str) -> str:
    """Our key as Metodika takes it: at most 64 characters, the same for the same key and no other's."""
    return hashlib.sha256(key.encode()).hexdigest()


def _body(task: NewCardTask) -> dict[str, str]:
    body = {
        "assigneeUserId": task.assignee_id,
        "title": _cut(task.title, LONGEST_TITLE),
        "body": _cut(task.body, LONGEST_BODY),
        "dueDate": task.due.isoformat(),
    }
    return body | ({"customerId": task.card_id} if task.card_id else {})


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _made(raw: Any, task: NewCardTask) -> Done | None:
    known = isinstance(raw, dict) and raw.get("key") == vendor_key(task.key) and isinstance(raw.get("id"), str)
    return Done(result=raw["id"]) if known and raw["id"] else None


def _card(raw: Mapping[str, Any]) -> Card | None:
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        return records.card(raw)
    return None


def _has_manager(raw: Mapping[str, Any], change: ManagerChange) -> Done | None:
    card = _card(raw)
    if card is None or card.id != change.card_id:
        return None
    stands = (card.manager.user_id, card.manager.role) if card.manager else (None, change.role)
    return Done(result=card.version) if stands == (change.user_id, change.role) else None
