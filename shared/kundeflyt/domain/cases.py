"""A review case: a customer that customer service assesses, from the evidence to what came of it (001-18 to 001-41).

    waiting ──▶ open ◀──▶ claimed ──▶ decided ──▶ effected
       ▲                                 │
       └── needs more: somebody is asked ┘        from any state before the effects: withdrawn

A case follows its company when that is merged, as it stands; of two open ones that of the survivor goes on with both
evidence. A person who is forgotten leaves it, with every text that people wrote.

A customer who has become inactive is reactivated by the first thing heard; the case stays effected, and says so.

Each way from one state to the next is one function here. It takes the case, who does it (a person's user name, or
SYSTEM), the time and what else it needs, and gives the case as it is then with the entry for the audit; or it raises
NotAllowed with the reason for the person who tried. Storing both is somebody else's work, and happens only if nobody
has changed the case since it was read: so two people never decide the same case. All moments are aware.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import NOBODY
from kundeflyt.domain.ownership import OwnerChange
from kundeflyt.domain.review import Assessment, Entry, Evidence, Gap, Recommendation, ReviewRequest, assess
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.domain.wording import moment_in_words

CaseState = Literal["waiting", "open", "claimed", "decided", "effected", "withdrawn"]
DecisionWhat = Literal["inactive", "keep", "needs_more"]
SlaColour = Literal["green", "amber", "red"]
AuditWhat = Literal[
    "opened",
    "evidence_added",
    "wait_ended",
    "claimed",
    "renewed",
    "released",
    "taken_over",
    "commented",
    "decided",
    "undone",
    "effects_begun",
    "asked",
    "effected",
    "withdrawn",
    "reactivated",
    "reopened",
    "merged",
    "forgotten",
]

SYSTEM: Final = "system"
"""Who did it when no person did."""

CLOSED: Final[frozenset[CaseState]] = frozenset({"effected", "withdrawn"})
"""A company has one case at most that is in none of these states."""

ERASED_TEXT: Final = "slettet av personvernhensyn"
"""Stands where somebody had written, when a person whom the case named has been forgotten."""

LONGEST_TEXT: Final = 4000
"""So many characters has a reason, a feedback or a comment at most."""


class NotAllowed(Exception):
    """The case does not go that way now; `reason` says why, to the person who tried (bokmål)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYet(NotAllowed):
    """The case will go that way, but not before `until`: whoever tried comes back then."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Model):
    """Somebody works the case until then; `taken_over_from` is who had it when they took it."""

    user: str
    until: AwareDatetime
    taken_over_from: str | None = None

    def running(self, now: datetime) -> bool:
        """Nobody else may take the case just so."""
        return now < self.until


class Decision(_Model):
    """What was decided, by whom and why.

    `feedback` is for the responsible adviser, or the question to whoever is `asked` (a HubSpot owner's id). It may be
    undone before `undo_until`, as long as nothing has followed from it (`effects_begun_at`).
    """

    what: DecisionWhat
    reason: str = Field(repr=False)
    by: str
    at: AwareDatetime
    undo_until: AwareDatetime
    feedback: str | None = Field(default=None, repr=False)
    asked: int | None = None
    effects_begun_at: AwareDatetime | None = None

    @property
    def mark(self) -> str:
        """What tells this decision from an earlier one on the same case, in the names of actions."""
        return f"{int(self.at.timestamp())}"


class Waiting(_Model):
    """What the case waits for, `until` at the latest: gaps that somebody fills, or the answer to a question.

    `task_id` is the HubSpot task of whoever was asked.
    """

    gaps: tuple[Gap, ...] = ()
    task_id: int | None = None
    until: AwareDatetime


class Comment(_Model):
    """What somebody wrote on the case for their colleagues."""

    by: str
    at: AwareDatetime
    text: str = Field(repr=False)


class CaseCompany(_Model):
    """The customer; `owner_id` is who was responsible when the newest evidence was found (HubSpot's id)."""

    id: int
    name: str
    organisation_number: str | None = None
    country: str | None = None
    owner_id: int | None = None


class CaseSummary(_Model):
    """What a list shows of a case. It turns amber and red at moments that were set when it came to people."""

    id: str
    version: int
    portal_id: int
    company: CaseCompany
    state: CaseState
    recommendation: Recommendation
    opened_at: AwareDatetime
    amber_at: AwareDatetime
    due_at: AwareDatetime
    evidence_at: AwareDatetime
    claim: Claim | None = None
    decided: DecisionWhat | None = None

    def sla_colour(self, now: datetime) -> SlaColour | None:
        """How late it is in working time; None where customer service has nothing to do."""
        if self.state not in ("open", "claimed"):
            return None
        return "red" if now >= self.due_at else "amber" if now >= self.amber_at else "green"

    def worked_by(self, now: datetime) -> str | None:
        """Who works it just now; a claim that has run out is nobody's."""
        return self.claim.user if self.claim and self.claim.running(now) else None


class ReviewCase(CaseSummary):
    """One case as it stands. `evidence` is all there is, the newest last; `assessment` judges the newest.

    What several endings of a company rest on stands in the newest of them alone.

    `reactivated_by` is what was first heard from a customer who had become inactive by the case's decision.
    `version` grows with every change. No person's name, number or words of a customer are in it; what colleagues write
    is for colleagues.
    """

    evidence: tuple[Evidence, ...]
    assessment: Assessment
    waiting_for: Waiting | None = None
    decision: Decision | None = None
    comments: tuple[Comment, ...] = ()
    effected_at: AwareDatetime | None = None
    withdrawn_because: str | None = None
    reactivated_by: Entry | None = None

    @property
    def inactive(self) -> bool:
        """The customer is inactive by this case's decision, and has not been heard from since."""
        decided = self.decision is not None and self.decision.what == "inactive"
        return self.state == "effected" and decided and self.reactivated_by is None

    @property
    def closed(self) -> bool:
        """Nothing is left to do about it."""
        return self.state in CLOSED

    @property
    def people(self) -> frozenset[int]:
        """The contacts whom its evidence names."""
        return frozenset(id_ for one in self.evidence for id_ in one.people)

    def rests_on(self, evidence: Evidence) -> bool:
        """Whether this ending is part of what it is judged by."""
        return any(_same_ending(one, evidence) for one in self.evidence)

    @property
    def summary(self) -> CaseSummary:
        """The case as a list shows it."""
        return CaseSummary(**{name: getattr(self, name) for name in CaseSummary.model_fields})


class AuditEntry(_Model):
    """Who did what to a case, and when: from which state to which. `version` is the case's after it.

    `note` says why, in the words of whoever did it. `message` is the key of the message that did it, where one did.
    `names` are the contacts whom the case names by it; they are not part of what is kept here.
    """

    case_id: str
    version: int
    at: AwareDatetime
    who: str
    what: AuditWhat
    before: CaseState | None
    after: CaseState
    note: str = Field(default="", repr=False)
    message: str | None = None
    names: frozenset[int] = Field(default=frozenset(), exclude=True, repr=False)


Step = tuple[ReviewCase, AuditEntry]


def opened(request: ReviewRequest, now: datetime, rules: ReviewCaseRules) -> Step:
    """A customer's evidence becomes a case; it waits first where somebody was asked to put something right."""
    wait = request.waiting_for
    waits = wait is not None and wait.until > now
    begins = wait.until if wait and waits else now
    company = CaseCompany(**request.company.model_dump(), owner_id=request.evidence.owner_id or None)
    amber_at, due_at = _deadlines(company, begins, rules)
    case = ReviewCase(
        id=f"{company.id}-{int(now.timestamp())}",
        version=1,
        portal_id=request.portal_id,
        company=company,
        state="waiting" if waits else "open",
        recommendation=request.assessment.recommendation,
        opened_at=now,
        amber_at=amber_at,
        due_at=due_at,
        evidence_at=request.evidence.ended_at,
        evidence=(request.evidence,),
        assessment=request.assessment,
        waiting_for=Waiting(gaps=wait.gaps, until=wait.until) if wait and waits else None,
    )
    return case, _entry(case, None, SYSTEM, now, "opened", message=request.key, names=case.people)


def more_evidence(case: ReviewCase, request: ReviewRequest, now: datetime, rules: ReviewCaseRules) -> Step:
    """A later ending adds its evidence, and is what the case is judged by; whoever works the case keeps it.

    A case that waited for gaps is opened when the request no longer waits for any: they have been filled. A decision
    for inactive that did not know of an answer is taken again, unless something has followed from it.
    """
    if case.closed:
        raise NotAllowed("Saken er avsluttet. Et nytt grunnlag blir en ny sak.")
    waits = case.state == "waiting" and case.waiting_for is not None and bool(case.waiting_for.gaps)
    if request.waiting_for and not waits and any(_same_ending(one, request.evidence) for one in case.evidence):
        # What it would wait for has been seen to: the message lay somewhere while the one after it arrived.
        return _moved(case, SYSTEM, now, "evidence_added", message=request.key)
    known = tuple(one for one in case.evidence if not _same_ending(one, request.evidence))
    evidence = tuple(sorted((*known, request.evidence), key=lambda one: one.ended_at))
    newest = evidence[-1] is request.evidence
    company = CaseCompany(**request.company.model_dump(), owner_id=request.evidence.owner_id or None)
    changes: dict[str, Any] = {"evidence": _each_once(evidence)}
    if newest:
        changes |= {
            "company": company,
            "assessment": request.assessment,
            "recommendation": request.assessment.recommendation,
            "evidence_at": request.evidence.ended_at,
        }
    if waits and request.waiting_for is None:
        changes |= _to_people(company, now, rules)
    if _undecides(case, request.evidence):
        changes |= _to_people(company, now, rules)
    names = request.evidence.people
    return _moved(case, SYSTEM, now, "evidence_added", message=request.key, names=names, **changes)


def end_wait(case: ReviewCase, now: datetime, rules: ReviewCaseRules, *, because: str) -> Step:
    """What the case waited for has come, or will not come in time: it goes to customer service (again)."""
    if case.state != "waiting":
        raise NotAllowed("Saken venter ikke på noe.")
    return _moved(case, SYSTEM, now, "wait_ended", note=because, **_to_people(case.company, now, rules))


def claim(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules) -> Step:
    """Somebody begins to work the case: an open one, their own, or one whose claim has run out."""
    match case.state:
        case "open":
            return _moved(case, who, now, "claimed", state="claimed", claim=_lease(who, now, rules))
        case "claimed" if case.claim:
            if case.claim.user == who:
                return renew(case, who, now, rules)
            if case.claim.running(now):
                raise NotAllowed(f"Saken er tatt av {case.claim.user} til {moment_in_words(case.claim.until)}.")
            lease = _lease(who, now, rules, taken_over_from=case.claim.user)
            return _moved(case, who, now, "claimed", claim=lease)
    raise NotAllowed(f"Saken kan ikke tas nå: {_STATE_WORDS[case.state]}.")


def renew(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules) -> Step:
    """Whoever works the case keeps it for another while; also late, as long as nobody else has taken it."""
    own = _own_claim(case, who)
    return _moved(case, who, now, "renewed", claim=own.model_copy(update={"until": _until(now, rules)}))


def release(case: ReviewCase, who: str, now: datetime) -> Step:
    """Whoever works the case lets go of it; the next one begins where they were."""
    _own_claim(case, who)
    return _moved(case, who, now, "released", state="open", claim=None)


def take_over(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules) -> Step:
    """A colleague takes a case that somebody is working, on purpose; the audit says from whom."""
    if case.state != "claimed" or case.claim is None:
        raise NotAllowed(f"Ingen arbeider med saken nå: {_STATE_WORDS[case.state]}.")
    if case.claim.user == who:
        raise NotAllowed("Saken er allerede din.")
    lease = _lease(who, now, rules, taken_over_from=case.claim.user)
    return _moved(case, who, now, "taken_over", note=f"fra {case.claim.user}", claim=lease)


def comment(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules, *, text: str) -> Step:
    """Somebody writes to their colleagues; it also shows that whoever works the case is still at it."""
    said = Comment(by=who, at=now, text=_written(text, "Skriv en kommentar."))
    changes: dict[str, Any] = {"comments": (*case.comments, said)}
    if case.state == "claimed" and case.claim and case.claim.user == who:
        changes["claim"] = case.claim.model_copy(update={"until": _until(now, rules)})
    return _moved(case, who, now, "commented", **changes)


def decide(
    case: ReviewCase,
    who: str,
    now: datetime,
    rules: ReviewCaseRules,
    *,
    what: DecisionWhat,
    reason: str,
    feedback: str | None = None,
    asked: int | None = None,
) -> Step:
    """Whoever works the case decides it, and says why (001-26, 001-40). Nothing follows before it can't be undone.

    Keeping the customer takes a feedback for the adviser (001-27, 001-41); asking for more takes a question and who is
    asked. Both are the reason itself where nothing else is written.
    """
    _own_claim(case, who)
    reason = _written(reason, "Skriv en begrunnelse.")
    if what == "needs_more" and not asked:
        raise NotAllowed("Velg hvem som skal spørres.")
    if feedback is not None and feedback.strip():
        feedback = _written(feedback, "")
    else:
        feedback = None if what == "inactive" else reason
    decision = Decision(
        what=what,
        reason=reason,
        by=who,
        at=now,
        undo_until=now + timedelta(minutes=rules.undo_minutes),
        feedback=feedback,
        asked=asked if what == "needs_more" else None,
    )
    return _moved(
        case, who, now, "decided", note=reason, state="decided", claim=None, decision=decision, decided=decision.what
    )


def undo(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules) -> Step:
    """A decision is taken back in time, by anybody who may decide; whoever did it works the case on."""
    decision = case.decision
    if case.state != "decided" or decision is None:
        raise NotAllowed(f"Det er ingenting å angre: {_STATE_WORDS[case.state]}.")
    if decision.effects_begun_at is not None or now >= decision.undo_until:
        raise NotAllowed(
            f"Vedtaket kunne angres til {moment_in_words(decision.undo_until)}. Gjenåpne saken når det er utført."
        )
    lease = _lease(who, now, rules)
    return _moved(case, who, now, "undone", state="claimed", claim=lease, decision=None, decided=None)


def begin_effects(case: ReviewCase, decision_mark: str, now: datetime) -> Step:
    """From now on the decision stands: what follows from it is being done, and nobody can undo it any more."""
    decision = case.decision
    if case.state != "decided" or decision is None or decision.mark != decision_mark:
        raise NotAllowed("Vedtaket er angret.")
    if now < decision.undo_until:
        reason = f"Vedtaket kan angres til {moment_in_words(decision.undo_until)}."
        raise NotYet(reason, until=decision.undo_until)
    begun = decision.model_copy(update={"effects_begun_at": decision.effects_begun_at or now})
    return _moved(case, SYSTEM, now, "effects_begun", decision=begun)


def effected(case: ReviewCase, decision_mark: str, now: datetime) -> Step:
    """Everything that follows from the decision is done, and the case is closed."""
    _begun(case, decision_mark)
    return _moved(case, SYSTEM, now, "effected", state="effected", effected_at=now)


def answer_due(case: ReviewCase, now: datetime, rules: ReviewCaseRules) -> datetime:
    """Until when whoever is asked now has time to answer; in UTC."""
    return _working_days_from(case.company, now, rules.answer_within_working_days)


def asked(case: ReviewCase, decision_mark: str, now: datetime, *, task_id: int | None, until: datetime) -> Step:
    """Whoever was asked for more has got their task; the case waits for the answer, for so long at most."""
    _begun(case, decision_mark)
    return _moved(case, SYSTEM, now, "asked", state="waiting", waiting_for=Waiting(task_id=task_id, until=until))


def withdraw(case: ReviewCase, now: datetime, *, because: str) -> Step:
    """The system takes the case back, since there is no longer anything to decide: the customer has been heard from."""
    if case.closed:
        raise NotAllowed("Saken er allerede avsluttet.")
    if case.decision and case.decision.effects_begun_at and case.state == "decided":
        raise NotAllowed("Vedtaket blir utført.")
    ended: dict[str, Any] = {"state": "withdrawn", "claim": None, "waiting_for": None, "withdrawn_because": because}
    return _moved(case, SYSTEM, now, "withdrawn", note=because, **ended)


def reactivate(case: ReviewCase, decision_mark: str, now: datetime, *, entry: Entry, because: str) -> Step:
    """A customer who became inactive has been heard from; the first time is the one that counts (001-28, 001-29)."""
    if not case.inactive or case.decision is None or case.decision.mark != decision_mark:
        raise NotAllowed("Kunden er ikke lenger inaktiv ved dette vedtaket.")
    return _moved(case, SYSTEM, now, "reactivated", note=because, reactivated_by=entry)


def reopen(case: ReviewCase, who: str, now: datetime, rules: ReviewCaseRules, *, reason: str) -> Step:
    """A closed case is worked again, since something was wrong or has changed; what was done is not undone by it."""
    if not case.closed:
        raise NotAllowed(f"Bare en avsluttet sak kan gjenåpnes: {_STATE_WORDS[case.state]}.")
    reason = _written(reason, "Skriv hvorfor saken gjenåpnes.")
    return _moved(
        case,
        who,
        now,
        "reopened",
        note=reason,
        effected_at=None,
        withdrawn_because=None,
        reactivated_by=None,
        **_to_people(case.company, now, rules),
    )


def is_news(case: ReviewCase, audit: Iterable[AuditEntry], entry: Entry) -> bool:
    """Something since the sequence began that the case does not rest on, however late anybody logged it.

    When a person has opened the case again, that was in spite of all that had come before.
    """
    known = {(one.what, one.record, one.id) for of in case.evidence for one in of.entries}
    since = [step.at for step in audit if step.what == "reopened"]
    fresh = all(entry.at > at for at in since) and entry.at >= case.evidence[-1].enrolled_at
    return fresh and (entry.what, entry.record, entry.id) not in known


def company_merged(case: ReviewCase, into: int, now: datetime) -> Step:
    """The company was merged: the case is the surviving one's, as it stands, in whatever state (001-39).

    Whoever works it keeps it, and what is being carried out goes on: the decision and the case's id stay.
    """
    return _moved(
        case,
        SYSTEM,
        now,
        "merged",
        note=f"Selskapet er slått sammen: {case.company.id} er blitt {into}.",
        company=case.company.model_copy(update={"id": into}),
        evidence=tuple(one.model_copy(update={"company_id": into}) for one in case.evidence),
    )


def contact_merged(case: ReviewCase, old: int, into: int, now: datetime) -> Step:
    """A contact was merged: the case names the surviving one instead."""

    def named(id_: int | None) -> int | None:
        return into if id_ == old else id_

    evidence = tuple(
        one.model_copy(update={"contact_id": named(one.contact_id), "main_contact_id": named(one.main_contact_id)})
        for one in case.evidence
    )
    note = "En kontakt er slått sammen med en annen."
    return _moved(case, SYSTEM, now, "merged", note=note, names=frozenset({into}), evidence=evidence)


def joined(case: ReviewCase, other: ReviewCase, now: datetime) -> Step:
    """The company's open case goes on with the evidence and comments of that of a company merged into it.

    It is judged by the newest evidence of both. Where customer service had the other one, it has this one too, due no
    later.
    """
    _in_nobodys_way(case, other)
    added = tuple(one.model_copy(update={"company_id": case.company.id}) for one in other.evidence)
    known = tuple(one for one in case.evidence if not any(_same_ending(one, new) for new in added))
    evidence = tuple(sorted((*known, *added), key=lambda one: one.ended_at))
    changes: dict[str, Any] = {
        "evidence": _each_once(evidence),
        "comments": tuple(sorted((*case.comments, *other.comments), key=lambda one: one.at)),
    }
    if other.evidence_at > case.evidence_at:
        judged = ("assessment", "recommendation", "evidence_at")
        changes |= {name: getattr(other, name) for name in judged}
    with_people = other.state in ("open", "claimed")
    if case.state == "waiting" and case.waiting_for and case.waiting_for.gaps and with_people:
        changes |= {"state": "open", "waiting_for": None, "amber_at": other.amber_at, "due_at": other.due_at}
    elif with_people:
        changes |= {"amber_at": min(case.amber_at, other.amber_at), "due_at": min(case.due_at, other.due_at)}
    note = f"Selskap {other.company.id} er slått sammen med dette. Grunnlaget fra sak {other.id} er tatt med."
    return _moved(case, SYSTEM, now, "evidence_added", note=note, names=other.people, **changes)


def joined_into(case: ReviewCase, other: ReviewCase, now: datetime) -> Step:
    """The open case of a company that was merged is over: `other`, the survivor's, goes on with its evidence."""
    _in_nobodys_way(case, other)
    because = (
        f"Selskapet er slått sammen med {other.company.name} ({other.company.id}). Sak {other.id} fortsetter, med "
        "grunnlaget herfra."
    )
    return withdraw(case, now, because=because)


def without_people(case: ReviewCase, forgotten: Collection[int], now: datetime) -> Step:
    """These contacts are forgotten: the case of the company stays, without them and without what people wrote on it.

    Any text may name them, and nobody can read them all; what was decided, by whom and when stays. A case that is not
    decided yet and has lost its main contact is judged anew (001-23).
    """
    newest = case.evidence[-1]
    evidence = tuple(one.without(forgotten) for one in case.evidence)
    changes: dict[str, Any] = {
        "evidence": evidence,
        "comments": tuple(one.model_copy(update={"text": ERASED_TEXT}) for one in case.comments),
    }
    if case.decision:
        feedback = ERASED_TEXT if case.decision.feedback else None
        changes["decision"] = case.decision.model_copy(update={"reason": ERASED_TEXT, "feedback": feedback})
    if newest.main_contact_id != evidence[-1].main_contact_id and case.state in ("waiting", "open", "claimed"):
        assessment = assess(evidence[-1], now=now)
        changes |= {"assessment": assessment, "recommendation": assessment.recommendation}
    return _moved(case, SYSTEM, now, "forgotten", **changes)


def audit_without_people(audit: Iterable[AuditEntry], forgotten: Collection[int]) -> list[AuditEntry]:
    """The entries that change when these contacts are forgotten: who did what, and when, stays in each."""
    changed = []
    for entry in audit:
        changes: dict[str, Any] = {}
        if entry.what in ("decided", "reopened") and entry.note != ERASED_TEXT:
            changes["note"] = ERASED_TEXT
        if entry.message and any(str(id_) in entry.message.split("/") for id_ in forgotten):
            changes["message"] = None
        if changes:
            changed.append(entry.model_copy(update=changes))
    return changed


def decision_to_remove(
    cases: Iterable[ReviewCase], removed_at: datetime, history: Iterable[OwnerChange]
) -> Decision | None:
    """The stored decision by which a customer's owner was removed then, whoever did it; None when there is none.

    It is one for inactive, taken before, that has not been undone or reopened; and nobody has been the customer's owner
    anew since it was taken (001-24, 001-25, 001-35, 001-38).
    """
    since = [change.at for change in history if change.owner_id is not None and change.at <= removed_at]
    for case in cases:
        decision = case.decision
        if case.state in ("decided", "effected") and decision and decision.what == "inactive":
            anew = any(decision.at < at for at in since)
            if decision.at <= removed_at and not anew:
                return decision
    return None


_STATE_WORDS: Final[dict[CaseState, str]] = {
    "waiting": "den venter på opplysninger",
    "open": "den er åpen",
    "claimed": "noen arbeider med den",
    "decided": "den er avgjort",
    "effected": "vedtaket er utført",
    "withdrawn": "den er trukket tilbake",
}


def _moved(
    case: ReviewCase,
    who: str,
    now: datetime,
    what: AuditWhat,
    *,
    note: str = "",
    message: str | None = None,
    names: frozenset[int] = frozenset(),
    **changes: Any,
) -> Step:
    after = case.model_copy(update={**changes, "version": case.version + 1})
    return after, _entry(after, case.state, who, now, what, note=note, message=message, names=names)


def _entry(
    case: ReviewCase,
    before: CaseState | None,
    who: str,
    now: datetime,
    what: AuditWhat,
    *,
    note: str = "",
    message: str | None = None,
    names: frozenset[int] = frozenset(),
) -> AuditEntry:
    return AuditEntry(
        case_id=case.id,
        version=case.version,
        at=now,
        who=who,
        what=what,
        before=before,
        after=case.state,
        note=note,
        message=message,
        names=names,
    )


def _in_nobodys_way(*both: ReviewCase) -> None:
    """What somebody has decided is carried out or undone first: no decision is lost to a merge."""
    if any(case.state == "decided" for case in both):
        raise NotAllowed("Et vedtak i en av sakene er ikke utført ennå.")


def _own_claim(case: ReviewCase, who: str) -> Claim:
    if case.state != "claimed" or case.claim is None:
        raise NotAllowed(f"Ta saken først: {_STATE_WORDS[case.state]}.")
    if case.claim.user != who:
        raise NotAllowed(f"Saken er tatt av {case.claim.user}. Overta den først.")
    return case.claim


def _begun(case: ReviewCase, decision_mark: str) -> None:
    decision = case.decision
    ours = decision is not None and decision.mark == decision_mark and decision.effects_begun_at is not None
    if case.state != "decided" or not ours:
        raise NotAllowed("Vedtaket er ikke begynt på.")


def _to_people(company: CaseCompany, now: datetime, rules: ReviewCaseRules) -> dict[str, Any]:
    amber_at, due_at = _deadlines(company, now, rules)
    return {
        "state": "open",
        "claim": None,
        "waiting_for": None,
        "decision": None,
        "decided": None,
        "amber_at": amber_at,
        "due_at": due_at,
    }


def _deadlines(company: CaseCompany, begins: datetime, rules: ReviewCaseRules) -> tuple[datetime, datetime]:
    due_at = _working_days_from(company, begins, rules.decide_within_working_days)
    return min(_working_days_from(company, begins, rules.amber_after_working_days), due_at), due_at


def _working_days_from(company: CaseCompany, begins: datetime, days: int) -> datetime:
    """The end of work so many working days after that day, by the calendar of the customer's country; in UTC."""
    calendar = WorkingCalendar(company.country)
    day = begins.astimezone(calendar.zone).date()
    for _ in range(days):
        day = calendar.next_working_day(day)
    return calendar.end_of_work(day).astimezone(UTC)


def _lease(who: str, now: datetime, rules: ReviewCaseRules, *, taken_over_from: str | None = None) -> Claim:
    return Claim(user=who, until=_until(now, rules), taken_over_from=taken_over_from)


def _until(now: datetime, rules: ReviewCaseRules) -> datetime:
    return now + timedelta(minutes=rules.claim_minutes)


def _written(text: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise NotAllowed(missing)
    if len(text) > LONGEST_TEXT:
        raise NotAllowed(f"Teksten er for lang: {len(text)} tegn, og {LONGEST_TEXT} er det meste.")
    return text


def _undecides(case: ReviewCase, added: Evidence) -> bool:
    decision = case.decision
    if case.state != "decided" or decision is None or decision.what != "inactive" or decision.effects_begun_at:
        return False
    known = {entry for one in case.evidence for entry in one.entries}
    return any(entry.response and entry not in known for entry in added.entries)


def _each_once(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Each record stands in the newest evidence that shows it: thirty people's endings must not outgrow one case."""
    seen: set[Entry] = set()
    kept: list[Evidence] = []
    for one in reversed(evidence):
        new = tuple(entry for entry in one.entries if entry not in seen)
        seen.update(new)
        kept.append(one if len(new) == len(one.entries) else one.model_copy(update={"entries": new}))
    return tuple(reversed(kept))


def _same_ending(one: Evidence, other: Evidence) -> bool:
    """One who has been forgotten is nobody in particular, so that two of them are never taken for one."""
    return one.contact_id != NOBODY and (one.contact_id, one.sequence_id, one.enrolled_at) == (
        other.contact_id,
        other.sequence_id,
        other.enrolled_at,
    )
