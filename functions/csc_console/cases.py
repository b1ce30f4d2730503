"""Review cases, as one person sees and works them. What may be done with a case is domain/cases.py's to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from csc_console.companies import (
    bad_cursor,
    company_now,
    own_companies,
    owner_view,
    owners_now,
    unfinished_takeovers,
    waiting_tasks,
)
from csc_console.problems import ProblemError
from csc_console.rights import RIGHTS
from csc_console.views import (
    AskForMore,
    AuditView,
    CaseCounts,
    CasePage,
    CaseRow,
    CaseView,
    ChoiceView,
    ClaimView,
    CommentView,
    CompanyView,
    CriterionView,
    Decide,
    DecisionView,
    EffectView,
    EndingView,
    FoundCases,
    MainContactView,
    MyWork,
    OwnerView,
    RecordView,
    Reopen,
    Step,
    Verdicted,
    WaitingView,
)
from csc_console.visit import Visit
from csc_console.words import (
    AN_ANSWER,
    AUDIT,
    CHOICES,
    CRITERIA,
    EFFECTS,
    ENDINGS,
    ENTRIES,
    GAPS,
    VERDICTS,
    WAITS_FOR,
)
from kundeflyt.domain import cases
from kundeflyt.domain.cases import (
    SYSTEM,
    CaseState,
    CaseSummary,
    Decision,
    DecisionWhat,
    NotAllowed,
    ReviewCase,
    SlaColour,
)
from kundeflyt.domain.crm import Owner
from kundeflyt.domain.events import CASE_DECIDED, Event
from kundeflyt.domain.review import Criterion, Entry, Evidence, Recommendation
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.ports.cases import LONGEST_PAGE, BadCursorError, CaseQuery, CaseSort
from kundeflyt.ports.directory import PersonNow
from kundeflyt.ports.failures import TryLater

MOST_FOUND: Final = 50
OWN_WORK: Final[tuple[CaseState, ...]] = ("waiting", "open", "claimed")
COLOURS: Final[tuple[SlaColour, ...]] = ("red", "amber", "green")
"""In the order in which cases are due."""
AGES: Final = (1, 7, 30)
"""Days; how many cases are older than that is told with the counts."""
TRIES: Final = 3
"""What is not about what somebody has seen goes on when others have changed the case at the same moment."""

_OPERATIONS: Final[Mapping[Step, str]] = {
    "claim": "claim_case",
    "renew": "renew_claim",
    "release": "release_case",
    "take_over": "take_over_case",
    "decide": "decide_case",
    "ask": "ask_for_more",
    "undo": "undo_decision",
    "reopen": "reopen_case",
    "comment": "comment_on_case",
}
_RIGHTS: Final = {right.operation: right for right in RIGHTS.values()}


def page(
    here: Visit,
    *,
    states: Sequence[CaseState] | None,
    older_than_days: int | None,
    owner_id: int | None,
    recommendation: Recommendation | None,
    claimed_by: str | None,
    colour: SlaColour | None,
    sort: CaseSort,
    cursor: str | None,
    size: int,
) -> CasePage:
    """The queue; for a PFA only customers that are theirs at this moment, whatever is asked for.

    Cases of one colour lie together where those that are due come first, so that is the order they are shown in.
    """
    query = CaseQuery(
        states=tuple(dict.fromkeys(states)) if states else ("open", "claimed"),
        owner_id=here.only_owner or owner_id,
        recommendation=recommendation,
        claimed_by=here.somebody.email if claimed_by == "me" else claimed_by and claimed_by.lower(),
        opened_before=None if older_than_days is None else here.now - timedelta(days=older_than_days),
        sort="due" if colour else sort,
    )
    try:
        found = here.ports.cases.page(query, cursor=cursor, size=size)
    except BadCursorError:
        raise bad_cursor() from None
    shown, behind = found.cases, False
    if colour:
        shown = tuple(case for case in found.cases if case.sla_colour(here.now) == colour)
        behind = any(_later(case, colour, here.now) for case in found.cases)
    return CasePage(cases=_rows(here, _visible(here, shown)), next=None if behind else found.cursor, as_of=here.now)


def counts(here: Visit) -> CaseCounts:
    """How many cases there are in each state."""
    store = here.ports.cases
    by_state = store.counts()
    due = store.page(CaseQuery(sort="due"), size=LONGEST_PAGE)
    colours = Counter(colour for case in due.cases if (colour := case.sla_colour(here.now)))
    known: list[SlaColour] = [colour for colour in COLOURS if not due.cursor or colours[colour]]
    old = store.page(CaseQuery(sort="oldest"), size=LONGEST_PAGE).cases
    return CaseCounts(
        by_state=dict(by_state),
        by_colour={colour: colours[colour] for colour in known},
        by_age={f"{days}": sum(case.opened_at < here.now - timedelta(days=days) for case in old) for days in AGES},
        as_of=here.now,
    )


def search(here: Visit, text: str) -> FoundCases:
    """Cases by organisation number or the beginning of the company's name."""
    return FoundCases(cases=_rows(here, here.ports.cases.search(text, size=MOST_FOUND)))


def my_work(here: Visit) -> MyWork:
    """What waits for the PFA who asks."""
    owner_id = here.only_owner
    if owner_id is None:
        raise ProblemError("not_an_owner")
    found = here.ports.cases.page(CaseQuery(states=OWN_WORK, owner_id=owner_id), size=MOST_FOUND)
    return MyWork(
        owner=owner_view(owner_id, owners_now(here, [owner_id])) or OwnerView(id=str(owner_id)),
        cases=_rows(here, _visible(here, found.cases)),
        takeovers=unfinished_takeovers(here, owner_id),
        tasks=waiting_tasks(here, owner_id),
        as_of=here.now,
    )


def one(here: Visit, case_id: str) -> CaseView:
    """Everything about a case."""
    return _view(here, _case(here, case_id))


def claim(here: Visit, case_id: str) -> CaseView:
    """Takes a case to work on it."""
    return _step(here, case_id, lambda case: cases.claim(case, here.somebody.email, here.now, _rules(here)))


def renew(here: Visit, case_id: str) -> CaseView:
    """Goes on working on a case."""
    return _step(here, case_id, lambda case: cases.renew(case, here.somebody.email, here.now, _rules(here)))


def release(here: Visit, case_id: str) -> CaseView:
    """Gives a case back."""
    return _step(here, case_id, lambda case: cases.release(case, here.somebody.email, here.now))


def take_over(here: Visit, case_id: str, version: int) -> CaseView:
    """Takes a case that a colleague works on."""
    return _step(
        here,
        case_id,
        lambda case: cases.take_over(case, here.somebody.email, here.now, _rules(here)),
        version=version,
    )


def decide(here: Visit, case_id: str, decision: Decide) -> CaseView:
    """Decides a case that one has claimed."""
    return _step(
        here,
        case_id,
        lambda case: cases.decide(
            case,
            here.somebody.email,
            here.now,
            _rules(here),
            what=decision.what,
            reason=decision.reason,
            feedback=decision.feedback,
        ),
        version=decision.version,
    )


def ask(here: Visit, case_id: str, question: AskForMore) -> CaseView:
    """Asks somebody who can take a task; the customer's adviser unless another is named."""
    case = _case(here, case_id)
    company = company_now(here, case.company.id)
    asked = int(question.owner_id) if question.owner_id else company.owner_id if company else None
    owner = here.ports.directory.owners([asked]).get(asked) if asked else None
    if owner is None or not owner.can_take_tasks:
        raise ProblemError("invalid", fields=(("owner_id", ""),))
    return _step(
        here,
        case_id,
        lambda case: cases.decide(
            case,
            here.somebody.email,
            here.now,
            _rules(here),
            what="needs_more",
            reason=question.question,
            asked=owner.id,
        ),
        version=question.version,
    )


def undo(here: Visit, case_id: str, version: int) -> CaseView:
    """Takes a decision back."""
    return _step(
        here, case_id, lambda case: cases.undo(case, here.somebody.email, here.now, _rules(here)), version=version
    )


def reopen(here: Visit, case_id: str, why: Reopen) -> CaseView:
    """Puts a closed case back into the queue."""
    return _step(
        here,
        case_id,
        lambda case: cases.reopen(case, here.somebody.email, here.now, _rules(here), reason=why.reason),
        version=why.version,
    )


def comment(here: Visit, case_id: str, text: str) -> CaseView:
    """Leaves colleagues a comment."""
    return _step(
        here, case_id, lambda case: cases.comment(case, here.somebody.email, here.now, _rules(here), text=text)
    )


def _rules(here: Visit) -> ReviewCaseRules:
    return here.ports.common.review_cases


def _case(here: Visit, case_id: str) -> ReviewCase:
    case = here.ports.cases.case(case_id)
    if case is None:
        raise ProblemError("no_such_record", about=case_id)
    return case


def _step(
    here: Visit, case_id: str, take: Callable[[ReviewCase], cases.Step], *, version: int | None = None
) -> CaseView:
    """Takes a case one step on, unless somebody has changed it since `version`; says politely who was first."""
    for _ in range(TRIES if version is None else 1):
        case = _case(here, case_id)
        if version is not None and case.version != version:
            raise _changed(here, case)
        try:
            after, audit = take(case)
        except NotAllowed as refused:
            raise _refused(here, case, refused) from None
        if here.ports.cases.save(after, audit, seen_version=case.version):
            _tell(here, after)
            return _view(here, after)
    raise _changed(here, _case(here, case_id))


def _tell(here: Visit, case: ReviewCase) -> None:
    """A decision is told to the flow that carries it out. It is stored: a nightly look finds what was not told."""
    if case.state != "decided" or case.decision is None:
        return
    event = Event(
        name=CASE_DECIDED,
        portal_id=case.portal_id,
        record_id=case.company.id,
        about=case.id,
        occurred_at=case.decision.at,
        received_at=here.now,
    )
    with suppress(TryLater):
        here.ports.bus.publish([event])


def _refused(here: Visit, case: ReviewCase, refused: NotAllowed) -> ProblemError:
    """The state machine's own words are bokmål; in other languages the general ones stand."""
    other = _changed(here, case)
    if other.code != "outdated":
        return other
    return ProblemError(
        "not_possible_now", detail=refused.reason if here.language == "nb" else None, version=case.version
    )


def _changed(here: Visit, case: ReviewCase) -> ProblemError:
    """What another person has done with the case."""
    me, decision = here.somebody.email, case.decision
    if decision and decision.by != me and case.state in {"decided", "effected", "waiting"}:
        return ProblemError(
            "decided_meanwhile",
            version=case.version,
            decided=Verdicted(what=decision.what, reason=decision.reason, by=decision.by, at=decision.at),
        )
    worker = case.worked_by(here.now)
    if worker and worker != me:
        return ProblemError("claimed_by_another", about=worker, claimed_by=worker, version=case.version)
    return ProblemError("outdated", version=case.version)


def _later(case: CaseSummary, colour: SlaColour, now: datetime) -> bool:
    """The case is due after all of a colour, so that none of it comes behind."""
    own = case.sla_colour(now)
    return own is not None and COLOURS.index(own) > COLOURS.index(colour)


def _visible(here: Visit, found: Sequence[CaseSummary]) -> Sequence[CaseSummary]:
    if here.only_owner is None:
        return found
    mine = own_companies(here, {case.company.id for case in found}, here.only_owner)
    return [case for case in found if case.company.id in mine]


def _rows(here: Visit, found: Sequence[CaseSummary]) -> tuple[CaseRow, ...]:
    owners = owners_now(here, [case.company.owner_id for case in found])
    looking: Mapping[str, Sequence[str]] = {}
    # Who looks is worth no error.
    with suppress(TryLater):
        looking = here.ports.cases.looking([case.id for case in found], here.now)
    return tuple(_row(here, case, owners, looking.get(case.id, ())) for case in found)


def _row(here: Visit, case: CaseSummary, owners: Mapping[int, Owner], looking: Sequence[str]) -> CaseRow:
    company = case.company
    running = case.claim if case.claim and case.worked_by(here.now) else None
    return CaseRow(
        id=case.id,
        version=case.version,
        company=CompanyView(
            id=str(company.id),
            name=company.name,
            organisation_number=company.organisation_number,
            link=here.ports.links.company(company.id),
        ),
        owner=owner_view(company.owner_id, owners),
        state=case.state,
        recommendation=case.recommendation,
        colour=case.sla_colour(here.now),
        opened_at=case.opened_at,
        evidence_at=case.evidence_at,
        amber_at=case.amber_at,
        due_at=case.due_at,
        claim=ClaimView(
            by=running.user,
            mine=running.user == here.somebody.email,
            until=running.until,
            taken_over_from=running.taken_over_from,
        )
        if running
        else None,
        looking=tuple(who for who in looking if who != here.somebody.email),
        decided=case.decided,
    )


def _view(here: Visit, case: ReviewCase) -> CaseView:
    said = here.language
    asked = case.decision.asked if case.decision else None
    owners = owners_now(here, [case.company.owner_id, asked])
    contact, known = _main_contact(here, case.evidence[-1])
    entries = {entry for evidence in case.evidence for entry in evidence.entries}
    looking: Sequence[str] = ()
    # Whoever is shown a case has it before them; that it could not be noted keeps it from nobody.
    with suppress(TryLater):
        looking = here.ports.cases.look(case.id, here.somebody.email, here.now)
    return CaseView(
        case=_row(here, case, owners, looking),
        criteria=tuple(_criterion(here, case, criterion) for criterion in case.assessment.criteria),
        endings=tuple(_ending(here, evidence) for evidence in reversed(case.evidence)),
        main_contact=contact,
        main_contact_known=known,
        waiting_for=_waiting(here, case),
        decision=_decision(here, case.decision, owners, state=case.state) if case.decision else None,
        timeline=_records(here, case, entries),
        comments=tuple(CommentView(by=one.by, at=one.at, text=one.text) for one in case.comments),
        audit=tuple(
            AuditView(
                at=entry.at,
                by="" if entry.who == SYSTEM else entry.who,
                what=entry.what,
                text=AUDIT[entry.what][said],
                note=entry.note,
            )
            for entry in here.ports.cases.audit(case.id)
        ),
        choices=tuple(_choice(here, what) for what in ("inactive", "keep", "needs_more")),
        may=_may(here, case),
        undo_minutes=_rules(here).undo_minutes,
        effected_at=case.effected_at,
        withdrawn_because=case.withdrawn_because,
        as_of=here.now,
    )


def _may(here: Visit, case: ReviewCase) -> tuple[Step, ...]:
    """The steps that this person can take now: asked of the state machine itself, so that the two never differ."""
    who, now, rules = here.somebody.email, here.now, _rules(here)
    trying: Mapping[Step, Callable[[], cases.Step]] = {
        "claim": lambda: cases.claim(case, who, now, rules),
        "renew": lambda: cases.renew(case, who, now, rules),
        "release": lambda: cases.release(case, who, now),
        "take_over": lambda: cases.take_over(case, who, now, rules),
        "decide": lambda: cases.decide(case, who, now, rules, what="keep", reason="-"),
        "ask": lambda: cases.decide(case, who, now, rules, what="needs_more", reason="-", asked=1),
        "undo": lambda: cases.undo(case, who, now, rules),
        "reopen": lambda: cases.reopen(case, who, now, rules, reason="-"),
        "comment": lambda: cases.comment(case, who, now, rules, text="-"),
    }
    return tuple(
        step
        for step, take in trying.items()
        if _RIGHTS[_OPERATIONS[step]].lets_in(here.somebody.groups) and _goes(take)
    )


def _goes(take: Callable[[], cases.Step]) -> bool:
    try:
        take()
    except NotAllowed:
        return False
    return True


def _main_contact(here: Visit, evidence: Evidence) -> tuple[MainContactView | None, bool]:
    """Who the customer's main contact is, read at this moment; whether that is known at all."""
    id_ = evidence.main_contact_id
    if not id_:
        return None, True
    try:
        person: PersonNow | None = here.ports.directory.people([id_]).get(id_)
    except TryLater:
        return None, False
    if person is None:
        return None, True
    return (
        MainContactView(
            id=str(id_),
            name=person.name,
            title=person.title,
            phone=person.phone,
            link=here.ports.links.contact(id_),
        ),
        True,
    )


def _criterion(here: Visit, case: ReviewCase, criterion: Criterion) -> CriterionView:
    return CriterionView(
        name=criterion.name,
        text=CRITERIA[criterion.name][here.language],
        requirement=criterion.requirement,
        verdict=criterion.verdict,
        verdict_text=VERDICTS[criterion.verdict][here.language],
        records=_records(here, case, criterion.records),
    )


def _records(here: Visit, case: ReviewCase, entries: Collection[Entry]) -> tuple[RecordView, ...]:
    """The records, the newest first; an order stands in the other system and cannot be opened in HubSpot."""
    return tuple(
        RecordView(
            what=entry.what,
            text=ENTRIES[entry.what][here.language],
            record=entry.record,
            id=entry.id,
            at=entry.at,
            counts=entry.touchpoint or entry.response,
            response=entry.response,
            link=here.ports.links.activity(case.company.id, int(entry.id))
            if entry.record != "orders" and entry.id.isdigit()
            else None,
        )
        for entry in sorted(entries, key=lambda entry: (entry.at, entry.record, entry.id), reverse=True)
    )


def _ending(here: Visit, evidence: Evidence) -> EndingView:
    return EndingView(
        sequence_id=str(evidence.sequence_id),
        contact_id=str(evidence.contact_id),
        contact_link=here.ports.links.contact(evidence.contact_id),
        enrolled_at=evidence.enrolled_at,
        ended_at=evidence.ended_at,
        ending=evidence.ending,
        text=ENDINGS[evidence.ending][here.language],
        period_days=evidence.period_days,
    )


def _waiting(here: Visit, case: ReviewCase) -> WaitingView | None:
    waiting = case.waiting_for
    if waiting is None:
        return None
    said = here.language
    what = ", ".join(GAPS[gap][said] for gap in waiting.gaps) or AN_ANSWER[said]
    return WaitingView(
        gaps=waiting.gaps,
        text=WAITS_FOR[said].format(what=what),
        task_link=here.ports.links.task(waiting.task_id) if waiting.task_id else None,
        until=waiting.until,
    )


def _decision(here: Visit, decision: Decision, owners: Mapping[int, Owner], *, state: CaseState) -> DecisionView:
    begun = decision.effects_begun_at is not None
    return DecisionView(
        what=decision.what,
        reason=decision.reason,
        feedback=decision.feedback,
        asked=owner_view(decision.asked, owners),
        by=decision.by,
        mine=decision.by == here.somebody.email,
        at=decision.at,
        undo_until=decision.undo_until,
        can_be_undone=state == "decided" and not begun and here.now < decision.undo_until,
    )


def _choice(here: Visit, what: DecisionWhat) -> ChoiceView:
    said = here.language
    return ChoiceView(
        what=what,
        text=CHOICES[what][said],
        effects=tuple(EffectView(effect=name, text=text[said]) for name, text in EFFECTS[what].items()),
        reasons=getattr(here.rules.common_reasons, what),
    )
