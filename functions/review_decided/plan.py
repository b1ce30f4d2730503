"""What follows from a decision of customer service, and when a case that waits goes on. Pure: same facts, same plan."""

from __future__ import annotations

from datetime import datetime

from kundeflyt.domain import sweeping
from kundeflyt.domain.actions import (
    Action,
    Announce,
    BeginEffects,
    ClearOwner,
    CloseCase,
    CreateCardTask,
    CreateTask,
    EndWait,
    LogNote,
    MarkCompany,
    Plan,
    WakeAt,
    WithdrawCase,
)
from kundeflyt.domain.cases import ReviewCase, answer_due
from kundeflyt.domain.customers import first_at_work
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import moment_in_words
from review_decided import words
from review_decided.case import SWEEP, CaseFacts, Decided, Facts, NightFacts
from review_decided.rules import ReviewDecidedRules


def basis(facts: Facts) -> str:
    """What the decision stands on: how the case stands, whose decision it is, and whether its time has come."""
    if isinstance(facts, NightFacts):
        return facts.stage
    case = facts.case
    if case is None:
        return "no-case"
    known = [case.state, case.decision.mark if case.decision else "-", "due" if facts.due else "early"]
    # What has come in between takes the decision back, also where its plan was stored and nothing has followed from it.
    known += [one for one in (facts.heard and f"{facts.heard.record}/{facts.heard.id}",) if one]
    known += ["handed-on"] if facts.handed_on else []
    if case.waiting_for:
        known += [f"{int(case.waiting_for.until.timestamp())}", "answered" if facts.answered else "-"]
    return "|".join(known)


def plan(event: Event, facts: Facts, rules: Rules[ReviewDecidedRules], now: datetime) -> Plan:
    """A decision is carried out when nobody can undo it any more; what is undone is nothing (001-26, 001-40)."""
    if isinstance(facts, NightFacts):
        return _night(event, facts, now)
    case = facts.case
    if case is None:
        return Plan(because=words.NO_CASE)
    if case.state == "waiting":
        return _waiting(case, facts, rules)
    if case.state != "decided" or case.decision is None:
        because = {"effected": words.EFFECTED, "withdrawn": words.WITHDRAWN}.get(case.state, words.UNDONE)
        return Plan(because=because, company_id=case.company.id)
    if not facts.due:
        until = case.decision.undo_until
        return Plan(
            because=words.CAN_BE_UNDONE.format(at=moment_in_words(until)),
            actions=(WakeAt(name=f"effects-{case.decision.mark}", when=until),),
            responsible=case.company.owner_id,
            company_id=case.company.id,
        )
    if facts.company is None:
        begin, close = _begin(case), _close(case)
        return Plan(because=words.COMPANY_GONE, actions=(begin, close))
    decided = Decided(case, case.decision, facts.company, facts, rules, now)
    return _taken_back(decided) if facts.heard or facts.handed_on else _carried_out(decided)


def _waiting(case: ReviewCase, facts: CaseFacts, rules: Rules[ReviewDecidedRules]) -> Plan:
    wait = case.waiting_for
    because = words.ANSWERED if facts.answered else words.WAITED_ENOUGH if facts.due else None
    if wait is None or because is None:
        until = moment_in_words(wait.until) if wait else "-"
        return Plan(because=words.STILL_WAITING.format(at=until), company_id=case.company.id)
    name = f"end-wait-{int(wait.until.timestamp())}"
    end = EndWait(name=name, case_id=case.id, because=because, rules=rules.common.review_cases)
    return Plan(because=because, actions=(end,), responsible=case.company.owner_id, company_id=case.company.id)


def _taken_back(decided: Decided) -> Plan:
    """Nobody becomes inactive who was heard from, or given to an adviser, after all that was known when it was decided.

    Whoever has a customer in hand who was heard from has the reply as well; any other is customer service's to see to.
    """
    heard, company = decided.facts.heard, decided.company.id
    because = words.heard_since(heard) if heard else words.HANDED_ON
    withdraw = WithdrawCase(
        name=decided.named("withdraw"), company_id=decided.case.company.id, case_id=decided.case.id, because=because
    )
    seen_to = heard is not None and decided.in_hand is not None
    link = decided.links.activity(company, int(heard.id)) if heard else decided.links.company(company)
    said = words.taken_back(because, link)
    tasks = () if seen_to else (_task(decided, "taken-back", said, decided.csc, withdraw.name),)
    return Plan(
        because=because,
        actions=(withdraw, *tasks),
        responsible=decided.in_hand.id if decided.in_hand else decided.csc,
        company_id=company,
        problems=() if decided.csc or seen_to else (words.NO_CSC_OWNER,),
    )


def _carried_out(decided: Decided) -> Plan:
    because, effects = {
        "inactive": (words.INACTIVE, _inactive),
        "keep": (words.KEEP, _keep),
        "needs_more": (words.NEEDS_MORE, _needs_more),
    }[decided.decision.what]
    begin = _begin(decided.case)
    return Plan(
        because=because,
        # First of all the decision stands in the case, and nobody can undo it: without that nothing follows from it.
        actions=(begin, *effects(decided, begin.name)),
        responsible=decided.adviser.id if decided.adviser else decided.csc,
        company_id=decided.company.id,
        problems=() if decided.csc else (words.NO_CSC_OWNER,),
    )


def _inactive(decided: Decided, begin: str) -> list[Action]:
    """The status, the adviser's own task, the note, the owner, and then the programme (001-34, 001-35, 001-43)."""
    company = decided.company.id
    clear = ClearOwner(
        name=decided.named("clear-owner"), company_id=company, owner_id=decided.company.owner_id, after=(begin,)
    )
    return [
        *_status(decided, begin),
        *_metodika(decided, begin),
        _note(decided, begin),
        clear,
        _task(decided, "owner-by-hand", words.owner_by_hand(), decided.csc, begin, instead_of=clear.name),
        Announce(
            name=decided.named("inactive"),
            event="CustomerBecameInactive",
            about={decided.case.id: company},
            after=(begin,),
        ),
        _close(decided.case),
    ]


def _status(decided: Decided, begin: str) -> list[Action]:
    properties = dict(decided.rules.flow.inactive_properties)
    if not properties:
        return []
    mark = MarkCompany(
        name=decided.named("status"), company_id=decided.company.id, properties=properties, after=(begin,)
    )
    by_hand = words.status_by_hand(properties)
    return [mark, _task(decided, "status-by-hand", by_hand, decided.csc, begin, instead_of=mark.name)]


def _metodika(decided: Decided, begin: str) -> list[Action]:
    """By hand, as the routine says: in Metodika where that can be, else in HubSpot with the same words (001-34)."""
    adviser, card, user = decided.adviser, decided.facts.card, decided.facts.user
    title = f"Metodika: {words.REMOVE_TITLE}"
    if adviser is None:
        return [_task(decided, "card-by-hand", (title, words.REMOVE_OTHER), decided.csc, begin)]
    if card is None or user is None or not user.active:
        return [_task(decided, "card-by-hand", (title, words.REMOVE_BODY), adviser.id, begin)]
    on_card = CreateCardTask(
        name=decided.named("card"),
        assignee_id=user.id,
        card_id=card.id,
        title=words.REMOVE_TITLE,
        body=words.REMOVE_BODY,
        due=decided.calendar.follow_up_due(decided.now).due.date(),
        after=(begin,),
    )
    by_hand = _task(decided, "card-by-hand", (title, words.REMOVE_BODY), adviser.id, begin, instead_of=on_card.name)
    return [on_card, by_hand]


def _keep(decided: Decided, begin: str) -> list[Action]:
    """The adviser hears all that customer service says, and goes on (001-27, 001-41)."""
    owner = decided.adviser.id if decided.adviser else decided.csc
    return [
        _task(decided, "feedback", words.feedback(decided.case), owner, begin),
        _note(decided, begin),
        _close(decided.case),
    ]


def _needs_more(decided: Decided, begin: str) -> list[Action]:
    """Whoever is asked gets the question, and the case waits for the answer."""
    asked = first_at_work((decided.decision.asked,), decided.facts.owners) or decided.adviser
    due = answer_due(decided.case, decided.now, decided.rules.common.review_cases)
    question = CreateTask(
        name=decided.named("question"),
        task_type="TODO",
        subject=words.question(decided.case)[0],
        body=words.question(decided.case)[1],
        due=due,
        owner_id=asked.id if asked else decided.csc,
        company_id=decided.company.id,
        after=(begin,),
    )
    close = _close(decided.case).model_copy(update={"asked_by": question.name, "waits_until": due})
    return [question, close]


def _begin(case: ReviewCase) -> BeginEffects:
    mark = case.decision.mark if case.decision else ""
    return BeginEffects(name=f"begin-{mark}", case_id=case.id, decision=mark)


def _close(case: ReviewCase) -> CloseCase:
    mark = case.decision.mark if case.decision else ""
    return CloseCase(name=f"close-{mark}", case_id=case.id, decision=mark, after=(f"begin-{mark}",))


def _note(decided: Decided, begin: str) -> LogNote:
    return LogNote(
        name=decided.named("note"),
        body=words.note(decided.case),
        at=decided.decision.at,
        owner_id=decided.adviser.id if decided.adviser else decided.csc,
        company_id=decided.company.id,
        after=(begin,),
    )


def _task(
    decided: Decided,
    what: str,
    said: tuple[str, str],
    owner_id: int | None,
    begin: str,
    *,
    instead_of: str | None = None,
) -> CreateTask:
    subject, body = said
    return CreateTask(
        name=decided.named(what),
        task_type="TODO",
        subject=subject,
        body=body,
        due=decided.calendar.follow_up_due(decided.now).due,
        owner_id=owner_id,
        company_id=decided.company.id,
        after=(begin,),
        instead_of=instead_of,
    )


def _night(event: Event, facts: NightFacts, now: datetime) -> Plan:
    """Whatever was decided and not carried out, and whatever waits, is looked at each night: no event is needed."""
    sweep = facts.sweep
    if facts.stage == "ended":
        return Plan(because=words.NIGHT_ENDED)
    if facts.stage == "walked":
        newest = sweep is not None and event.round == sweep.round
        return Plan(because=words.WALKED, actions=(sweeping.go_on(event),) if newest else ())
    note = sweeping.noted(
        event,
        sweep,
        name=SWEEP,
        cursor=facts.onward or "",
        now=now,
        counted={"CasesLookedAt": len(facts.cases)},
        ended=None if facts.onward else "finished",
    )
    about = {case.id: case.company.id for case in facts.cases}
    look = (Announce(name=f"look-{event.round}", event="CaseDecided", about=about, bulk=True),) if about else ()
    onward = (sweeping.go_on(event, note),) if facts.onward else ()
    return Plan(because=words.NIGHT.format(cases=len(facts.cases)), actions=(*look, note, *onward))
