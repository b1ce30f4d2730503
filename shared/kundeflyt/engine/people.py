"""Forgetting a person, showing what is held about one, and moving history after a merge."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from kundeflyt.domain.actions import ErasePerson, LogReply, MoveHistory
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.phones import sender_number
from kundeflyt.engine.case_people import cases_naming, follow_merge, forget_in_cases, held_about
from kundeflyt.engine.step import OneByOne, Step, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.cases import CaseStore
from kundeflyt.ports.failures import Done, Failure, Outcome
from kundeflyt.ports.ledger import Ledger, Suppression
from kundeflyt.ports.people import Inspection, Traces
from kundeflyt.ports.writers import Inbox

# A number as people and gateways write it, also with a no-break space that JSON has escaped.
_NUMBERISH: Final = re.compile(r"\+?\d(?:[\d\s().-]|\\u00a0){5,20}\d|\+?\d{8,15}")
_CARRIES_OUT: Final = "review_decided"
"""The flow whose plans repeat what customer service wrote on a case."""
_NO_DIGIT: Final = re.compile(r"\\u00a0|[^\d+]")


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where something about a person may lie. `number_hashes` gives a number's keyed hashes, newest key first."""

    ledger: Ledger
    cases: CaseStore
    inbox: Inbox
    inspection: Inspection
    number_hashes: Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that is held about one person, under all ids they have had (`contact_ids`).

    `cases` are the review cases that name them. `letters` are the messages of theirs that wait, by mark; `requests`
    those kept for inspection that mention them.
    """

    contact_ids: tuple[int, ...]
    traces: tuple[Traces, ...]
    cases: tuple[ReviewCase, ...]
    numbers: tuple[tuple[str, ...], ...]
    letters: dict[str, InboundSms]
    requests: dict[str, bytes]


def find_person(contact_ids: Collection[int], stores: Stores, *, country: str, numbers: Iterable[str] = ()) -> Person:
    """Everything about a person, wherever it lies.

    `numbers` (E.164) are the person's, where the CRM still knows them; those we have written to are known anyway.
    `country` (ISO) is where a number without a country code belongs. Raises TryLater.
    """
    ids = tuple(sorted(contact_ids))
    traces = tuple(stores.ledger.traces(id_) for id_ in ids)
    written = {number for held in traces for stored in held.plans for number in stored.plan.sms_numbers()}
    groups = {stores.number_hashes(number) for number in {*numbers, *written}}
    groups |= {one.number_hashes for held in traces for one in held.suppressions}
    known = {number_hash for group in groups for number_hash in group}
    groups |= {(number_hash,) for held in traces for number_hash in held.texted - known}
    hashes = frozenset(known.union(*(held.texted for held in traces)))

    def theirs(raw: str) -> bool:
        number = sender_number(raw, country)
        return number is not None and not hashes.isdisjoint(stores.number_hashes(number))

    marks = {
        action.letter
        for held in traces
        for stored in held.plans
        for action in stored.plan.actions
        if isinstance(action, LogReply)
    }
    letters = {
        mark: letter for mark, letter in stores.inbox.all_letters().items() if mark in marks or theirs(letter.sender)
    }
    requests = {key: body for key, body in stores.inspection.kept() if _mentions(body, ids, theirs)}
    return Person(
        contact_ids=ids,
        traces=traces,
        cases=cases_naming(ids, stores.cases),
        numbers=tuple(sorted(groups)),
        letters=letters,
        requests=requests,
    )


def forget_person(
    contact_ids: Collection[int], stores: Stores, *, country: str, now: datetime, numbers: Iterable[str] = ()
) -> Person:
    """Erases a person from the ledger and from every store; gives what was found, to be counted.

    From the first step on nothing is sent to them. What stays: the keyed hashes of their numbers, as suppressed; that
    something was done for the calls, when and by which ids of tasks and messages, so that nothing is done twice; and
    the customer's review cases, without the person and without what people wrote there and in what followed. It
    may be repeated, and has to be an hour later: a worker may just have stored what it knew. Raises TryLater.
    """
    stores.ledger.forget(contact_ids, now=now)
    person = find_person(contact_ids, stores, country=country, numbers=numbers)
    for hashes in person.numbers:
        if not stores.ledger.suppressed(hashes):
            stores.ledger.suppress(Suppression(number_hashes=hashes, since=now))
        stores.ledger.forget_numbers(hashes)
    for outcome in stores.inbox.erase(list(person.letters)):
        if isinstance(outcome, Failure):
            raise outcome
    stores.inspection.erase(list(person.requests))
    for case in person.cases:
        stores.ledger.erase_plans(_CARRIES_OUT, f"{case.portal_id}/{case.id}")
    forget_in_cases(person.contact_ids, stores.cases, now)
    for id_ in person.contact_ids:
        stores.ledger.erase_traces(id_)
    return person


def export_person(person: Person, ledger: Ledger) -> dict[str, Any]:
    """Everything about a person in plain values, for the person who asks (GDPR article 15). Raises TryLater.

    Numbers stand where a plan or a message holds them; the list of suppressions holds keyed hashes alone.
    """
    plans = [stored for held in person.traces for stored in held.plans]
    subjects = {(stored.flow, stored.event.subject) for stored in plans}
    waiting = [(flow, one) for flow in sorted({flow for flow, _ in subjects}) for one in ledger.held(flow)]
    return {
        "contact_ids": list(person.contact_ids),
        "forgotten": sorted(ledger.forgotten(person.contact_ids)),
        "plans": [
            {
                "flow": stored.flow,
                "event": stored.event.to_json(),
                "basis": stored.basis,
                "mode": stored.mode,
                "planned_at": stored.planned_at.isoformat(),
                "plan": stored.plan.model_dump(mode="json"),
            }
            for stored in plans
        ],
        "actions": {
            about: [record.model_dump(mode="json", exclude_none=True) for record in records]
            for held in person.traces
            for about, records in held.actions.items()
        },
        "messages": [asdict(sent) | {"at": sent.at.isoformat()} for held in person.traces for sent in held.messages],
        "tasks_by_slot": {slot: task for held in person.traces for slot, task in held.slots.items()},
        "suppressions": [
            {"number_hashes": list(hashes), "suppressed": bool(ledger.suppressed(hashes))} for hashes in person.numbers
        ],
        "held_events": [
            {"flow": flow, "event": one.event.to_json(), "reason": one.reason, "held_at": one.held_at.isoformat()}
            for flow, one in waiting
            if (flow, one.event.subject) in subjects
        ],
        "words_waiting": {
            mark: asdict(letter) | {"received_at": letter.received_at.isoformat()}
            for mark, letter in person.letters.items()
        },
        "review_cases": [held_about(case, person.contact_ids) for case in person.cases],
        "requests_for_inspection": {key: body.decode("utf-8", "replace") for key, body in person.requests.items()},
    }


class PersonEraser(OneByOne):
    """Erases people from all that we hold; `Done.result` counts what was erased."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._stores = Stores(
            ledger=ports.ledger,
            cases=ports.cases,
            inbox=ports.inbox,
            inspection=ports.inspection,
            number_hashes=ports.number_hashes,
        )

    def _one(self, step: Step) -> Outcome:
        action = the_action(ErasePerson, step)
        person = forget_person(action.contact_ids, self._stores, country=action.country, now=self._ports.clock())
        return Done(result=", ".join(f"{what}={count}" for what, count in counted(person).items()))


class HistoryMover(OneByOne):
    """Gives the history of merged records to the one that survives; `Done.result` says how many entries were moved.

    What has been moved is not found again.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action, ledger, now = the_action(MoveHistory, step), self._ports.ledger, self._ports.clock()
        # Said first: a merge that is heard of meanwhile must know where its records have gone.
        for old in action.from_ids:
            ledger.note_merge(action.record, old, into=action.into, now=now)
        moved = sum(ledger.move_history(action.record, old, into=action.into) for old in action.from_ids)
        for old in action.from_ids:
            moved += follow_merge(action.record, old, action.into, self._ports.cases, now)
        return Done(result=str(moved))


def counted(person: Person) -> dict[str, int]:
    """How much was found, without a word of what."""
    return {
        "plans": sum(len(held.plans) for held in person.traces),
        "messages": sum(len(held.messages) for held in person.traces),
        "cases": len(person.cases),
        "words": len(person.letters),
        "requests": len(person.requests),
        "numbers": len(person.numbers),
    }


def _mentions(body: bytes, ids: Collection[int], theirs: Callable[[str], bool]) -> bool:
    """A request is about a person when it has one of their ids as a whole number, or a number of theirs."""
    text = body.decode("utf-8", "replace")
    if any(re.search(rf"(?<!\d){id_}(?!\d)", text) for id_ in ids):
        return True
    return any(theirs(_NO_DIGIT.sub("", written)) for written in set(_NUMBERISH.findall(text)))
