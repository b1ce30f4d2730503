"""A customer that has got a new adviser, as most are: the tests change one thing at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import owner_change
from kundeflyt.domain.actions import ActionRecord, Past, Plan
from kundeflyt.domain.cards import Card, CardUser, CollaborationPlan, Document, Manager, Order, PlanItem
from kundeflyt.domain.crm import Company, Contact, Owner, TaskNow, Work
from kundeflyt.domain.events import OWNER_CHANGED, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.ownership import Handover
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.domain.wording import OSLO
from kundeflyt.wiring.texts import load_texts
from owner_change.case import CardFacts, TakeoverFacts
from owner_change.plan import plan
from owner_change.rules import OwnerChangeRules

PORTAL, COMPANY, ANNE, BJORN = 25_000_001, 874_716_779_201, 101, 102
KARI, OLA, CSC, QUEUE, GONE = 301, 302, 310, 320, 330
NUMBER = OrganisationNumber("974760673")

TEXTS = load_texts(Path(owner_change.__path__[0]) / "texts")
APPROVED = TextBook(
    {
        id_: text.model_copy(update={"approved_by": "Prosessleder", "approved_on": date(2026, 11, 1)})
        for id_, text in TEXTS.texts.items()
    }
)
OWNERS = {
    KARI: Owner(id=KARI, user_id=1301, email="kari@avonova.example", first_name="Kari", last_name="Lie"),
    OLA: Owner(id=OLA, user_id=1302, email="ola@avonova.example", first_name="Ola", last_name="Moe"),
    QUEUE: Owner(id=QUEUE, is_person=False),
    GONE: Owner(id=GONE, first_name="Per", last_name="Ness", archived=True),
}
ActionT = TypeVar("ActionT")


def oslo(day: int, clock: str = "10:00", *, month: int = 11) -> datetime:
    """A moment of 2026 in Oslo; 23 November is a Monday of an ordinary week."""
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{clock}").replace(tzinfo=OSLO)


CHANGED = oslo(23)
NOW = CHANGED + timedelta(minutes=15)
MARK = f"{round(CHANGED.timestamp() * 1000)}"


def a_handover(**changes: Any) -> Handover:
    known: dict[str, Any] = {"since": CHANGED, "at": CHANGED, "previous_owner_id": KARI, "owner_id": OLA}
    return Handover(**known | changes)


def a_card(**changes: Any) -> Card:
    known: dict[str, Any] = {
        "id": "K-17",
        "organisation_number": NUMBER,
        "name": "Fjellbygg AS",
        "version": "v1",
        "url": "https://metodika.example/K-17",
        "manager": Manager(user_id="m-kari", role="PFA", since=date(2024, 1, 1)),
        "key_information_updated": date(2025, 3, 5),
    }
    return Card(**known | changes)


def card_facts(**changes: Any) -> CardFacts:
    known: dict[str, Any] = {
        "number": NUMBER,
        "cards": (a_card(),),
        "user": CardUser(id="m-ola"),
        "fallback_user": CardUser(id="m-csc"),
        "orders": (Order(id="o1", title="Helsekontroll vår", assignee_id="m-kari"),),
        "documents": (Document(id="d1", kind="ANNUAL_REPORT", year=2025, created=datetime(2026, 1, 9, tzinfo=UTC)),),
        "plan": CollaborationPlan(
            year=2026,
            items=(
                PlanItem(id="1", title="Ergonomi på kontor", state="NOT_STARTED"),
                PlanItem(id="2", title="Støymåling", state="DONE"),
            ),
        ),
    }
    return CardFacts(**known | changes)


def work(id_: int, kind: Any = "tasks", **changes: Any) -> Work:
    known: dict[str, Any] = {"owner_id": KARI, "at": oslo(30), "booked_at": oslo(1), "title": "Ring Anne om ryggen"}
    return Work(kind=kind, id=id_, **known | changes)


def facts(**changes: Any) -> TakeoverFacts:
    known: dict[str, Any] = {
        "company": Company(id=COMPANY, owner_id=OLA, country="Norge"),
        "handover": a_handover(),
        "owners": OWNERS,
        "contacts": (
            Contact(id=ANNE, first_name="Anne", email="anne@example.no", mobile="+4791234567", last_active=oslo(2)),
            Contact(id=BJORN, first_name="Bjørn", email="bjorn@example.no", last_active=oslo(1)),
        ),
        "cards": card_facts(),
    }
    return TakeoverFacts(**known | changes)


def company(**properties: str) -> Company:
    return Company(id=COMPANY, owner_id=OLA, country="Norge", properties=properties)


def an_event(**changes: Any) -> Event:
    known: dict[str, Any] = {
        "name": OWNER_CHANGED,
        "portal_id": PORTAL,
        "record_id": COMPANY,
        "occurred_at": CHANGED,
        "received_at": CHANGED,
    }
    return Event(**known | changes)


def decide(
    known: TakeoverFacts | None = None,
    *,
    now: datetime = NOW,
    texts: TextBook = APPROVED,
    production: bool = True,
    round_: int = 1,
    common: CommonRules | None = None,
    sends_email: bool = False,
    **rules: Any,
) -> Plan:
    """What is planned about the customer, with these rules changed."""
    flow = OwnerChangeRules(**rules)
    given = common or CommonRules(csc_owner_id=CSC)
    every = Rules(common=given, flow=flow, texts=texts, production=production, sends_email=sends_email)
    return plan(an_event(round=round_), known or facts(), every, now)


def done(name: str, result: str = "1") -> ActionRecord:
    return ActionRecord(name=name, state="done", started_at=NOW, ended_at=NOW, result=result)


def past(*records: ActionRecord) -> Past:
    return Past(first_received_at=CHANGED, actions={record.name: record for record in records})


def task(body: str, *, completed: bool = False, id_: int = 900) -> TaskNow:
    return TaskNow(id=id_, body=body, completed=completed)


def named(decided: Plan, start: str) -> list[Any]:
    return [action for action in decided.actions if action.name.startswith(start)]


def the(kind: type[ActionT], decided: Plan, start: str = "") -> ActionT:
    found = [action for action in decided.actions if isinstance(action, kind) and action.name.startswith(start)]
    assert len(found) == 1, [action.name for action in decided.actions]
    return found[0]
