"""A call nobody answered, as most are: the tests change one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import no_answer
from kundeflyt.domain.actions import ActionRecord, Past, Plan, State, UpdateTask
from kundeflyt.domain.crm import Call, Company, Contact, Owner
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.domain.rules import CONNECTED, NO_ANSWER, CommonRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.wiring.texts import load_texts
from no_answer.case import CallFacts
from no_answer.plan import plan
from no_answer.rules import NoAnswerRules

PORTAL, CALL, CONTACT, COMPANY, KARI, PER, FALLBACK = 25_000_001, 874_716_779_721, 101, 201, 301, 302, 399
EMAIL_TASK_ID, ASK_TASK_ID = 900_000_000_007, 900_000_000_008
MOBILE, CALLBACK = "+4791234567", "+4722334455"
OSLO = ZoneInfo("Europe/Oslo")

TEXTS = load_texts(Path(no_answer.__path__[0]) / "texts")
_APPROVAL = {"approved_by": "Prosessleder", "approved_on": date(2026, 11, 1)}
APPROVED = TextBook(
    {id_: text.model_copy(update=_APPROVAL) for id_, text in TEXTS.texts.items()},
    TEXTS.topics.model_copy(update=_APPROVAL) if TEXTS.topics else None,
)

ActionT = TypeVar("ActionT")


def oslo(day: int, clock: str = "10:00", *, month: int = 11) -> datetime:
    """A moment of 2026 in Oslo; 23 November is a Monday of an ordinary week."""
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{clock}").replace(tzinfo=OSLO)


MONDAY = oslo(23)


def a_call(**changes: Any) -> Call:
    known: dict[str, Any] = {
        "id": CALL,
        "at": MONDAY,
        "disposition": NO_ANSWER,
        "owner_id": KARI,
        "title": "Kurs i førstehjelp",
        "from_number": CALLBACK,
        "to_number": MOBILE,
    }
    return Call(**known | changes)


def connected(**changes: Any) -> Call:
    return a_call(disposition=CONNECTED, **changes)


def a_contact(**changes: Any) -> Contact:
    known: dict[str, Any] = {"id": CONTACT, "first_name": "Ola", "mobile": "912 34 567", "country": "Norge"}
    return Contact(**known | changes)


def owners(**changes: Owner) -> Mapping[int, Owner]:
    known = {
        "kari": Owner(id=KARI, first_name="Kari", last_name="Nordmann"),
        "per": Owner(id=PER, first_name="Per", last_name="Hansen"),
        "fallback": Owner(id=FALLBACK, first_name="Kundesenter", is_person=False),
    }
    return {owner.id: owner for owner in (known | changes).values()}


def facts(**changes: Any) -> CallFacts:
    """One known contact, unless told otherwise; `callee` is then also the only one in `contacts`."""
    callee = changes.get("callee", a_contact())
    known: dict[str, Any] = {
        "call": a_call(),
        "callee": callee,
        "contacts": (callee,) if callee else (),
        "company": Company(id=COMPANY, owner_id=PER, country="Norge"),
        "owners": owners(),
    }
    return CallFacts(**known | changes)


def nobody_known(**changes: Any) -> CallFacts:
    return facts(callee=None, **changes)


def past(*, first_received_at: datetime | None = None, **done: int | str | tuple[State, str | None]) -> Past:
    """What was done before: a task's id, or how an action ended. `_` in a name stands for `-`."""
    actions = {}
    for written, ended in done.items():
        name = written.replace("_", "-")
        state, result = ended if isinstance(ended, tuple) else ("done", str(ended))
        actions[name] = ActionRecord(name=name, state=state, started_at=MONDAY, ended_at=MONDAY, result=result)
    return Past(first_received_at=first_received_at, actions=actions)


def an_event(**changes: Any) -> Event:
    known: dict[str, Any] = {
        "name": CALL_LOGGED,
        "portal_id": PORTAL,
        "record_id": CALL,
        "occurred_at": MONDAY.astimezone(UTC),
        "received_at": MONDAY.astimezone(UTC),
    }
    return Event(**known | changes)


def rules(
    *, flow: Mapping[str, Any] | None = None, production: bool = False, texts: TextBook = TEXTS, **common: Any
) -> Rules[NoAnswerRules]:
    return Rules(
        common=CommonRules(**{"fallback_owner_id": FALLBACK} | common),
        flow=NoAnswerRules.model_validate(flow or {}),
        texts=texts,
        production=production,
    )


def decide(
    known: CallFacts | None = None,
    *,
    now: datetime = MONDAY + timedelta(minutes=2),
    by: Rules[NoAnswerRules] | None = None,
    **event: Any,
) -> Plan:
    return plan(an_event(**event), known or facts(), by or rules(), now)


def the(kind: type[ActionT], plan: Plan) -> ActionT:
    """The only action of a kind."""
    found = [action for action in plan.actions if isinstance(action, kind)]
    assert len(found) == 1, [action.name for action in plan.actions]
    return found[0]


def kinds(plan: Plan) -> list[str]:
    return [action.kind for action in plan.actions]


def update(name: str, plan: Plan) -> UpdateTask:
    [found] = [action for action in plan.actions if action.name == name]
    assert isinstance(found, UpdateTask)
    return found
