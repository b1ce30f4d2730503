"""From a batch of events to plans carried out: gather, plan, store, perform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kundeflyt.domain.actions import Suppress
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Pilot, Rules
from kundeflyt.engine.flow import Broken, FactsT, Finished, Flow, Later, Result, RulesT
from kundeflyt.engine.perform import Performer
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import Held, PlanMode, StoredPlan


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

    # Two deliveries of one state (a call's creation and its propertyChange) share a plan: it is performed once.
    decided: dict[tuple[str, str, int], StoredPlan] = {}
    for stored in planned.values():
        decided.setdefault(_key(stored), stored)
    standing = ports.ledger.store_plans(list(decided.values()))
    for stored in standing:
        for problem in stored.plan.problems:
            ports.notices.note(problem, flow=flow.name, subject=stored.event.subject)

    # A plan that was stored while the flow was on is not performed once it is only to be shown.
    performing = [
        (stored, decided[_key(stored)].plan)
        for stored in standing
        if stored.performs and decided[_key(stored)].mode == "on"
    ]
    until = now + ports.begin_within
    outcomes = Performer(flow.name, ports, rules.common.blast_guard, begin_until=until).perform(performing)
    for event, stored in planned.items():
        results[event] = outcomes.get(_key(stored), Finished())
    return results


def _decide(flow: Flow[FactsT, RulesT], event: Event, facts: FactsT, rules: Rules[RulesT], now: datetime) -> StoredPlan:
    plan = flow.plan(event, facts, rules, now)
    mode: PlanMode = "shadow" if rules.flow.mode == "shadow" else "on"
    if rules.common.pilot and plan.actions and not _in_pilot(rules.common.pilot, plan.responsible, plan.sms_numbers()):
        # Nothing is sent or made outside the trial; but whoever asks for no more messages is heard there, too.
        wished = tuple(action for action in plan.actions if isinstance(action, Suppress))
        mode = mode if wished else "shadow"
        because = f"Utenfor piloten, derfor bare {'stoppet' if wished else 'vist'}: {plan.because}"
        plan = plan.model_copy(update={"because": because, "actions": wished or plan.actions})
    return StoredPlan(flow=flow.name, event=event, basis=flow.basis(facts), mode=mode, plan=plan, planned_at=now)


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
