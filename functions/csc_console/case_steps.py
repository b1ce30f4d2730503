"""What a person does with a review case. What may be done with it is domain/cases.py's to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from csc_console.case_views import AskForMore, CaseView, Decide, Reopen
from csc_console.companies import company_now
from csc_console.problems import ProblemError
from csc_console.shown import case_of, whole
from csc_console.views import Verdicted
from csc_console.visit import Visit
from kundeflyt.domain import cases
from kundeflyt.domain.cases import NotAllowed, ReviewCase
from kundeflyt.domain.events import CASE_DECIDED, Event
from kundeflyt.ports.failures import TryLater

TRIES: Final = 3
"""What is not about what somebody has seen goes on when others have changed the case at the same moment."""


def claim(here: Visit, case_id: str) -> CaseView:
    """Takes a case to work on it."""
    return _step(here, case_id, lambda case: cases.claim(case, here.somebody.email, here.now, here.case_rules))


def renew(here: Visit, case_id: str) -> CaseView:
    """Goes on working on a case."""
    return _step(here, case_id, lambda case: cases.renew(case, here.somebody.email, here.now, here.case_rules))


def release(here: Visit, case_id: str) -> CaseView:
    """Gives a case back."""
    return _step(here, case_id, lambda case: cases.release(case, here.somebody.email, here.now))


def take_over(here: Visit, case_id: str, version: int) -> CaseView:
    """Takes a case that a colleague works on."""
    return _step(
        here,
        case_id,
        lambda case: cases.take_over(case, here.somebody.email, here.now, here.case_rules),
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
            here.case_rules,
            what=decision.what,
            reason=decision.reason,
            feedback=decision.feedback,
        ),
        version=decision.version,
    )


def ask(here: Visit, case_id: str, question: AskForMore) -> CaseView:
    """Asks somebody who can take a task; the customer's adviser unless another is named."""
    case = case_of(here, case_id)
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
            here.case_rules,
            what="needs_more",
            reason=question.question,
            asked=owner.id,
        ),
        version=question.version,
    )


def undo(here: Visit, case_id: str, version: int) -> CaseView:
    """Takes a decision back."""
    return _step(
        here,
        case_id,
        lambda case: cases.undo(case, here.somebody.email, here.now, here.case_rules),
        version=version,
    )


def reopen(here: Visit, case_id: str, why: Reopen) -> CaseView:
    """Puts a closed case back into the queue, unless the customer has an open one: there is one at a time."""
    closed = case_of(here, case_id)
    other = here.ports.cases.open_case_of(closed.company.id)
    if other is not None and other.id != closed.id:
        raise ProblemError("another_case_open", about=other.company.name, version=closed.version)
    return _step(
        here,
        case_id,
        lambda case: cases.reopen(case, here.somebody.email, here.now, here.case_rules, reason=why.reason),
        version=why.version,
    )


def comment(here: Visit, case_id: str, text: str) -> CaseView:
    """Leaves colleagues a comment."""
    return _step(
        here,
        case_id,
        lambda case: cases.comment(case, here.somebody.email, here.now, here.case_rules, text=text),
    )


def _step(
    here: Visit, case_id: str, take: Callable[[ReviewCase], cases.Step], *, version: int | None = None
) -> CaseView:
    """Takes a case one step on, unless somebody has changed it since `version`; says politely who was first."""
    for _ in range(TRIES if version is None else 1):
        case = case_of(here, case_id)
        if version is not None and case.version != version:
            raise _changed(here, case)
        try:
            after, audit = take(case)
        except NotAllowed as refused:
            raise _refused(here, case, refused) from None
        if here.ports.cases.save(after, audit, seen_version=case.version):
            _tell(here, after)
            return whole(here, after)
    raise _changed(here, case_of(here, case_id))


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
