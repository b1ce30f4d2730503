"""What follows when a customer is heard from. Pure: no clock, no environment, no world."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from customer_reached import words
from customer_reached.case import Facts, Reached, Standing
from customer_reached.rules import CustomerReachedRules
from kundeflyt.domain.actions import Action, Announce, CreateTask, LogNote, Plan, ReactivateCase, WakeAt, WithdrawCase
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules

Road = Literal["known", "kept", "carried_out", "withdraw", "reactivate"]

LOOKS: Final = 8
"""So often we ask whose a message is, each time after twice as long: some days in all."""
_FIRST_WAIT: Final = timedelta(minutes=15)
_LONGEST_WAIT: Final = timedelta(days=7)


def basis(facts: Facts) -> str:
    """What the decision stands on; what the entry itself has done to a case changes nothing about it."""
    if facts.entry is None or facts.waits:
        return "waits" if facts.waits else "-"
    stand = [f"{one.company_id}-{_road(one)}" for one in facts.standings]
    return "|".join([facts.entry.what, *sorted(stand)])


def plan(event: Event, facts: Facts, rules: Rules[CustomerReachedRules], now: datetime) -> Plan:
    """An open case is withdrawn, an inactive customer woken; nothing happens to anybody else (001-28, 001-29)."""
    if facts.waits and event.round < LOOKS:
        return Plan(because=words.SMS_NOT_READ_YET, actions=(_later(event, now),))
    if facts.entry is None:
        return Plan(because=facts.why_not)
    if not facts.companies:
        return Plan(because=words.WITHOUT_COMPANY)
    if not facts.standings:
        return Plan(because=words.NO_CASE, company_id=facts.companies[0])
    woken = {one.company_id for one in facts.standings if _road(one) == "reactivate"}
    plans = [
        _one(
            event,
            Reached(facts.entry, standing, facts.owners, rules.common, now),
            woken=standing.company_id in woken,
        )
        for standing in facts.standings
    ]
    acting = [one for one in plans if one.actions] or plans
    return acting[0].model_copy(
        update={
            "actions": tuple({action.name: action for one in plans for action in one.actions}.values()),
            "problems": tuple(dict.fromkeys(problem for one in plans for problem in one.problems)),
        }
    )


def _road(standing: Standing) -> Road:
    case, decision = standing.case, standing.case.decision
    if not standing.news:
        return "known"
    if case.closed:
        return "withdraw" if case.state == "withdrawn" else "reactivate"
    if case.state == "decided" and decision:
        if decision.what == "keep":
            return "kept"
        if decision.effects_begun_at:
            return "carried_out"
    return "withdraw"


def _one(event: Event, reached: Reached, *, woken: bool) -> Plan:
    company = reached.standing.company_id
    match _road(reached.standing):
        case "known":
            return Plan(because=words.KNOWN, company_id=company)
        case "kept":
            return Plan(because=words.KEPT, company_id=company)
        case "carried_out":
            return Plan(because=words.CARRIED_OUT, actions=(_later(event, reached.now),), company_id=company)
        case "withdraw":
            return _withdraw(event, reached, woken=woken)
        case "reactivate":
            return _reactivate(reached)


def _withdraw(event: Event, reached: Reached, *, woken: bool) -> Plan:
    """The case is over; whoever has the customer in hand has the reply as well, and needs no task about it.

    Nor does anybody where the same reply wakes the customer: that is the last adviser's task.
    """
    withdraw = WithdrawCase(
        # By round: what was refused in one is tried again in the next, however the case stands then.
        name=f"withdraw-{reached.case.id}-{event.round}",
        company_id=reached.standing.company_id,
        case_id=reached.case.id,
        because=words.withdrawn(reached.entry),
    )
    # Somebody has changed the case meanwhile: how it stands then is looked at afresh, and nothing heard is lost.
    later = _later(event, reached.now)
    again = later.model_copy(update={"name": f"{later.name}-{reached.case.id}", "instead_of": withdraw.name})
    actions: list[Action] = [withdraw, again]
    nobody = reached.in_hand is None and not woken
    if nobody:
        said = words.nobody_has_it(reached.entry, reached.link)
        actions.append(_task(reached, "nobody", said, reached.csc, withdraw.name))
    return Plan(
        because=words.WITHDRAWN,
        actions=tuple(actions),
        responsible=reached.in_hand.id if reached.in_hand else reached.csc,
        company_id=reached.standing.company_id,
        problems=(words.NO_CSC_OWNER,) if nobody and not reached.csc else (),
    )


def _reactivate(reached: Reached) -> Plan:
    """The first thing heard wakes the customer, and all else follows from that: once, whatever comes after it."""
    case, company = reached.case, reached.standing.company_id
    mark = case.decision.mark if case.decision else ""
    owner_id = reached.last_adviser.id if reached.last_adviser else reached.csc
    wake = ReactivateCase(
        name=f"reactivate-{case.id}-{mark}",
        case_id=case.id,
        decision=mark,
        entry=reached.entry,
        because=words.reactivated(reached.entry),
    )
    note = LogNote(
        name=f"note-{case.id}-{mark}",
        body=words.note(reached.entry),
        at=reached.entry.at,
        owner_id=owner_id,
        company_id=company,
        after=(wake.name,),
    )
    stop = Announce(
        name=f"reactivated-{case.id}-{mark}",
        event="CustomerReactivated",
        about={case.id: company},
        after=(wake.name,),
    )
    task = _task(reached, f"reactivated-{mark}", words.task(reached.entry, reached.link), owner_id, wake.name)
    return Plan(
        because=words.REACTIVATED,
        actions=(wake, task, note, stop),
        responsible=owner_id,
        company_id=company,
        problems=() if owner_id else (words.NO_CSC_OWNER,),
    )


def _task(reached: Reached, what: str, said: tuple[str, str], owner_id: int | None, after: str) -> CreateTask:
    subject, body = said
    return CreateTask(
        name=f"task-{reached.case.id}-{what}",
        task_type="TODO",
        subject=subject,
        body=body,
        due=reached.calendar.answer_due(reached.now),
        owner_id=owner_id,
        company_id=reached.standing.company_id,
        after=(after,),
    )


def _later(event: Event, now: datetime) -> WakeAt:
    wait = min(_FIRST_WAIT * 2 ** min(event.round, 10), _LONGEST_WAIT)
    return WakeAt(name=f"look-{event.round + 1}", when=now + wait)
