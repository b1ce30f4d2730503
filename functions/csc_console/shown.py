"""A review case as a person is shown it: as a row of the queue, and whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

from csc_console.case_views import (
    AuditView,
    CaseRow,
    CaseView,
    ChoiceView,
    ClaimView,
    CommentView,
    CriterionView,
    DecisionView,
    EffectView,
    EndingView,
    MainContactView,
    RecordView,
    Step,
    WaitingView,
)
from csc_console.companies import owner_view, owners_now
from csc_console.problems import ProblemError
from csc_console.rights import RIGHTS
from csc_console.views import CompanyView
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
from kundeflyt.domain.cases import SYSTEM, CaseState, CaseSummary, Decision, DecisionWhat, NotAllowed, ReviewCase
from kundeflyt.domain.crm import Owner
from kundeflyt.domain.review import Criterion, Entry, Evidence
from kundeflyt.ports.directory import PersonNow
from kundeflyt.ports.failures import TryLater

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


def case_of(here: Visit, case_id: str) -> ReviewCase:
    """The case as it stands; raises ProblemError when there is none."""
    case = here.ports.cases.case(case_id)
    if case is None:
        raise ProblemError("no_such_record", about=case_id)
    return case


def rows(here: Visit, found: Sequence[CaseSummary]) -> tuple[CaseRow, ...]:
    """Cases as the queue shows them, with their advisers' names and who looks at each."""
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


def whole(here: Visit, case: ReviewCase) -> CaseView:
    """Everything about a case, and who has it before them from now on."""
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
        undo_minutes=here.case_rules.undo_minutes,
        effected_at=case.effected_at,
        withdrawn_because=case.withdrawn_because,
        as_of=here.now,
    )


def _may(here: Visit, case: ReviewCase) -> tuple[Step, ...]:
    """The steps that this person can take now: asked of the state machine itself, so that the two never differ."""
    who, now, rules = here.somebody.email, here.now, here.case_rules
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
        contact_link=here.ports.links.contact(evidence.contact_id) if evidence.contact_id else None,
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
