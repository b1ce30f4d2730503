"""From a batch of events to plans carried out: gather, plan, store, perform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kundeflyt.domain.actions import (
    ActionRecord,
    Announce,
    GoOn,
    LogEmail,
    LogSms,
    LookAt,
    NoteSweep,
    Plan,
    SendEmail,
    SendSms,
    UpdateTask,
    WakeAt,
)
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Pilot, Rules
from kundeflyt.engine.flow import Broken, FactsT, Finished, Flow, Later, Result, RulesT
from kundeflyt.engine.perform import Performer, first_of
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import Beginning, Begun, Held, PlanMode, StoredPlan

_WISH: Final = "wish"
# What a decision stood on when the contact had been erased: nothing of theirs is in it.
_FORGOTTEN: Final = "forgotten"
# What is left to do about something that was begun: nothing new is made by it.
_ENDINGS: Final = (SendSms, LogSms, SendEmail, LogEmail, UpdateTask, WakeAt)
# What moves a sweep on and touches nobody; a page may tell of what it has found by an event of its own.
_WALKING: Final = (NoteSweep, LookAt, GoOn)
_OF_A_PAGE: Final = (*_WALKING, Announce)
_TO_NOBODY: Final = Plan(because="")


def run(
    flow: Flow[FactsT, RulesT], events: Sequence[Event], ports: Ports, rules: Rules[RulesT], now: datetime
) -> Mapping[Event, Result]:
    """Every event ends in exactly one of: dealt with, later, or broken; one bad event never stops its neighbours.

    `now` is the one time the rules see. Nothing is raised: what is not ours to mend becomes a Result.
    """
    events = list(dict.fromkeys(events))
    if not events:
        return {}
    try:
        return _run_together(flow, events, ports, rules, now)
    except TryLater as failure:
        return dict.fromkeys(events, Later(after=failure.after, reason=str(failure)))
    except Exception as error:  # noqa: BLE001 - whatever one event does to the code, its neighbours are still served
        if len(events) == 1:
            return {events[0]: Broken(error=error)}
        # In halves: one bad event among a hundred costs fourteen looks at the world, not a hundred.
        middle = len(events) // 2
        return {**run(flow, events[:middle], ports, rules, now), **run(flow, events[middle:], ports, rules, now)}


def _run_together(
    flow: Flow[FactsT, RulesT], events: Sequence[Event], ports: Ports, rules: Rules[RulesT], now: datetime
) -> Mapping[Event, Result]:
    unheard = _honour_wishes(flow, events, ports, rules, now)
    events = [event for event in events if event not in unheard]
    return {**unheard, **_decide_and_perform(flow, events, ports, rules, now)} if events else unheard


def _honour_wishes(
    flow: Flow[FactsT, RulesT], events: Sequence[Event], ports: Ports, rules: Rules[RulesT], now: datetime
) -> Mapping[Event, Result]:
    """Whatever the mode and whoever is silent; gives back the events whose wish has to be tried again."""
    wishes = flow.wishes(events, ports.readers, rules) if flow.wishes else {}
    stored = {
        event: StoredPlan(flow=flow.name, event=event, basis=_WISH, mode="on", plan=plan, planned_at=now)
        for event, plan in wishes.items()
    }
    if not stored:
        return {}
    standing = _begin(list({_key(wish): wish for wish in stored.values()}.values()), ports)
    outcomes = _performer(flow, ports, rules, now).perform([(wish, _TO_NOBODY) for wish in standing])
    results = {event: outcomes[_key(wish)] for event, wish in stored.items()}
    return {event: result for event, result in results.items() if result != Finished()}


def _decide_and_perform(
    flow: Flow[FactsT, RulesT], events: Sequence[Event], ports: Ports, rules: Rules[RulesT], now: datetime
) -> Mapping[Event, Result]:
    if reason := _why_held(flow, ports, rules):
        for event in events:
            ports.ledger.hold(flow.name, held(event, reason, now))
            ports.notices.note("EventHeld", flow=flow.name, subject=event.subject, reason=reason)
        return dict.fromkeys(events, Finished())

    facts = flow.gather(events, ports.readers, rules, now)
    results: dict[Event, Result] = {}
    planned: dict[Event, StoredPlan] = {}
    for event in events:
        try:
            planned[event] = _decide(flow, event, facts[event], rules, now)
        except Exception as error:  # noqa: BLE001 - a plan that fails concerns its own event only
            results[event] = Broken(error=error)

    planned = _without_the_forgotten(planned, ports)

    # Two deliveries of one state (a call's creation and its propertyChange) share a plan: it is performed once.
    decided: dict[tuple[str, str, int], StoredPlan] = {}
    for stored in planned.values():
        decided.setdefault(_key(stored), stored)
    begun = _begun(flow.name, [stored for stored in decided.values() if stored.mode == "shadow"], ports)
    standing = _begin([begun.get(key, stored) for key, stored in decided.items()], ports)
    for one in standing:
        for problem in one.stored.plan.problems:
            ports.notices.note(problem, flow=flow.name, subject=one.stored.event.subject)

    # A plan that was stored while the flow was on is not begun once it is only to be shown.
    performing = [
        (one, _TO_NOBODY if _key(one.stored) in begun else decided[_key(one.stored)].plan)
        for one in standing
        if one.stored.performs and (_key(one.stored) in begun or decided[_key(one.stored)].mode == "on")
    ]
    shown = [one.stored for one in standing if one.stored.mode == "shadow"]
    performing += [(Begun(stored=_walk(stored)), _TO_NOBODY) for stored in shown if _walks(stored)]
    outcomes = _performer(flow, ports, rules, now).perform(performing)
    for event, stored in planned.items():
        results[event] = outcomes.get(_key(stored), Finished())
    return results


def _begin(plans: Sequence[StoredPlan], ports: Ports) -> Sequence[Begun]:
    """Stores plans before they are performed (habit 6), and starts their first actions by the same write."""
    rows = [Beginning(stored=one, starting=first_of(one.plan) if one.performs else ()) for one in plans]
    now = ports.clock()
    return ports.ledger.begin(rows, now=now, lease_until=now + ports.lease)


def _begun(flow: str, shown: Sequence[StoredPlan], ports: Ports) -> Mapping[tuple[str, str, int], StoredPlan]:
    """What was begun while the flow was on is carried to its end, without a message: a task may have promised one.

    Gives, by key, what is left of the plans that are now only to be shown; nothing new is made by it.
    """
    if not shown:
        return {}
    pasts = ports.ledger.past(flow, [stored.event for stored in shown])
    begun = {_key(stored): (stored, pasts[stored.event.subject].actions) for stored in shown}
    return {key: _ending(stored, done) for key, (stored, done) in begun.items() if done}


def _ending(stored: StoredPlan, done: Mapping[str, ActionRecord]) -> StoredPlan:
    plan = stored.plan
    left = tuple(action for action in plan.actions if isinstance(action, _ENDINGS) or action.name in done)
    if all(action.name in done and done[action.name].settled for action in left):
        return stored
    because = f"Begynt før det bare skulle vises, og avsluttes uten at kunden får noe. {plan.because}"
    return replace(stored, mode="on", plan=plan.model_copy(update={"because": because, "actions": left}))


def _walks(stored: StoredPlan) -> bool:
    return any(isinstance(action, _WALKING) for action in stored.plan.actions)


def _walk(stored: StoredPlan) -> StoredPlan:
    """A sweep goes through all records also where it is only shown what would be done about them."""
    steps = tuple(action for action in stored.plan.actions if isinstance(action, _OF_A_PAGE))
    return replace(stored, plan=stored.plan.model_copy(update={"actions": steps}))


def _performer(flow: Flow[FactsT, RulesT], ports: Ports, rules: Rules[RulesT], now: datetime) -> Performer:
    return Performer(flow.name, ports, rules.common.blast_guard, begin_until=now + ports.begin_within)


def _decide(flow: Flow[FactsT, RulesT], event: Event, facts: FactsT, rules: Rules[RulesT], now: datetime) -> StoredPlan:
    plan = flow.plan(event, facts, rules, now)
    mode: PlanMode = "shadow" if rules.flow.mode == "shadow" else "on"
    # To look again touches nobody: whose it is may be known only then.
    touches = any(not isinstance(action, WakeAt) for action in plan.actions)
    if rules.common.pilot and touches and not _in_pilot(rules.common.pilot, plan.responsible, plan.sms_numbers()):
        mode = "shadow"
        plan = plan.model_copy(update={"because": f"Utenfor piloten, derfor bare vist: {plan.because}"})
    return StoredPlan(flow=flow.name, event=event, basis=flow.basis(facts), mode=mode, plan=plan, planned_at=now)


def _without_the_forgotten(planned: Mapping[Event, StoredPlan], ports: Ports) -> dict[Event, StoredPlan]:
    """Nothing is decided or stored any more about somebody who has been erased; a wish of theirs is heard before."""
    about = {stored.plan.contact_id for stored in planned.values() if stored.plan.contact_id}
    gone = ports.ledger.forgotten(about) if about else frozenset()
    return {
        event: _forgetting(stored) if stored.plan.contact_id in gone else stored for event, stored in planned.items()
    }


def _forgetting(stored: StoredPlan) -> StoredPlan:
    # A later look is about whoever is there then: the customer is followed on without this person.
    looks = tuple(action for action in stored.plan.actions if isinstance(action, WakeAt))
    plan = Plan(because="Kontakten er slettet av personvernhensyn.", actions=looks, company_id=stored.plan.company_id)
    return replace(stored, basis=_FORGOTTEN, plan=plan)


def _in_pilot(pilot: Pilot, responsible: int | None, numbers: Sequence[str]) -> bool:
    """A trial covers the advisers on its list, and the numbers on it whoever calls them."""
    return responsible in pilot.owners or (bool(numbers) and set(numbers) <= pilot.numbers)


def _why_held(flow: Flow[FactsT, RulesT], ports: Ports, rules: Rules[RulesT]) -> str | None:
    if rules.flow.mode == "hold":
        return "flyten står på vent i reglene"
    return ports.ledger.stopped(flow.name)


def held(event: Event, reason: str, now: datetime) -> Held:
    """An event set aside; the same event in the same round is set aside once."""
    return Held(id=f"{event.subject}/{event.round}", event=event, reason=reason, held_at=now)


def _key(stored: StoredPlan) -> tuple[str, str, int]:
    return stored.event.subject, stored.basis, stored.event.round
