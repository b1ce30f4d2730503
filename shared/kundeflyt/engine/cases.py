"""What flows do about review cases: taking requests in, moving cases on, and what a decision sets going."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain import cases
from kundeflyt.domain.actions import (
    Announce,
    BeginEffects,
    ClearOwner,
    CloseCase,
    EndWait,
    MarkCompany,
    OpenReviewCase,
    ReactivateCase,
    WithdrawCase,
)
from kundeflyt.domain.cases import NotAllowed, NotYet, ReviewCase
from kundeflyt.domain.events import Event
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.engine.step import OneByOne, Repeatable, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.cases import CaseStore
from kundeflyt.ports.failures import Done, Outcome, Refused, TryLater
from kundeflyt.ports.readers import HistoryReader
from kundeflyt.ports.writers import CompanyChange, Finding

ANOTHER_OWNER: Final = "en annen er blitt eier av selskapet etter at dette ble bestemt"
_TRIES: Final = 5
_A_MOMENT: Final = timedelta(seconds=5)


def take_in(request: ReviewRequest, store: CaseStore, now: datetime, rules: ReviewCaseRules) -> ReviewCase:
    """The request becomes a case, or adds to the company's open one; the same request again changes nothing.

    An ending that a closed case rests on is over, also where the request comes again because what was missing is there.
    Raises TryLater when the store does not answer, or while others keep changing the same case.
    """
    for _ in range(_TRIES):
        if known := store.case_of_message(request.company.id, request.key):
            return known
        standing = store.open_case_of(request.company.id)
        if standing is None or not standing.rests_on(request.evidence):
            for case in store.cases_of(request.company.id):
                if case.closed and case.rests_on(request.evidence):
                    return case
        if standing is None:
            case, audit = cases.opened(request, now, rules)
            if store.open(case, audit):
                return case
        else:
            case, audit = cases.more_evidence(standing, request, now, rules)
            if store.save(case, audit, seen_version=standing.version):
                return case
    raise TryLater(f"others keep changing the case of company {request.company.id}", after=_A_MOMENT)


def as_it_is_now(request: ReviewRequest, memory: HistoryReader) -> ReviewRequest:
    """The request about the company that its own has become since, and without whoever has been forgotten.

    Raises TryLater when our memory does not answer.
    """
    gone = memory.forgotten(request.evidence.people)
    return request.without(gone).about(memory.survivor("company", request.company.id))


class CaseOpener(Repeatable):
    """Asks customer service to assess customers."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Ten messages in a call."""
        return self._ports.review_queue.put([the_action(OpenReviewCase, step).request for step in steps])


class CaseKeeper:
    """Moves cases on, one conditional write each; what the case does not allow is refused with its reason."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One by one, in our own store."""
        return [self._moved(step) for step in steps]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """A case that is where it was to be has been moved there; any other may be moved harmlessly."""
        return [self._look(step) for step in steps]

    def _look(self, step: Step) -> Done | TryLater | None:
        try:
            match step.action:
                case WithdrawCase(company_id=company_id, case_id=one, because=because):
                    known = [case for case in self._ports.cases.cases_of(company_id) if one in (None, case.id)][:1]
                    there = [case for case in known if case.withdrawn_because == because]
                case ReactivateCase(case_id=case_id, decision=mark, entry=entry):
                    found = self._ports.cases.case(case_id)
                    first = found.reactivated_by if found and found.decision and found.decision.mark == mark else None
                    same = first is not None and (first.record, first.id) == (entry.record, entry.id)
                    there = [found] if found and same else []
                case CloseCase(case_id=case_id, decision=mark):
                    found = self._ports.cases.case(case_id)
                    ours = found and found.decision and found.decision.mark == mark and found.state != "decided"
                    there = [found] if found and ours else []
                case EndWait(case_id=case_id):
                    found = self._ports.cases.case(case_id)
                    there = [found] if found and found.state != "waiting" else []
                case _:
                    there = []
        except TryLater as failure:
            return failure
        return Done(result=there[0].id) if there else None

    def _moved(self, step: Step) -> Outcome:
        outcome = self._move(step)
        if isinstance(outcome, Refused):
            # The store may have done it and its answer been lost: what follows from it must not be left out then.
            found = self._look(step)
            if isinstance(found, Done | TryLater):
                return found
        return outcome

    def _move(self, step: Step) -> Outcome:
        now = self._ports.clock()
        try:
            match step.action:
                case WithdrawCase(company_id=company_id, case_id=one, because=because):
                    return self._save(
                        lambda: self._ports.cases.case(one) if one else self._ports.cases.open_case_of(company_id),
                        lambda case: cases.withdraw(case, now, because=because),
                    )
                case ReactivateCase(case_id=case_id, decision=mark, entry=entry, because=because):
                    return self._save(
                        lambda: self._ports.cases.case(case_id),
                        lambda case: cases.reactivate(case, mark, now, entry=entry, because=because),
                    )
                case BeginEffects(case_id=case_id, decision=mark):
                    return self._save(
                        lambda: self._ports.cases.case(case_id), lambda case: cases.begin_effects(case, mark, now)
                    )
                case EndWait(case_id=case_id, because=because, rules=rules):
                    return self._save(
                        lambda: self._ports.cases.case(case_id),
                        lambda case: cases.end_wait(case, now, rules, because=because),
                    )
                case CloseCase() as action:
                    return self._close(step, action, now)
        except TryLater as failure:
            return failure
        raise TypeError(f"{step.key} moves no case")

    def _close(self, step: Step, action: CloseCase, now: datetime) -> Outcome:
        def closed(case: ReviewCase) -> cases.Step:
            if action.waits_until is None:
                return cases.effected(case, action.decision, now)
            made = step.records.get(action.asked_by or "")
            task = int(made.result) if made and made.state == "done" and made.result else None
            return cases.asked(case, action.decision, now, task_id=task, until=action.waits_until)

        return self._save(lambda: self._ports.cases.case(action.case_id), closed)

    def _save(self, read: Callable[[], ReviewCase | None], change: Callable[[ReviewCase], cases.Step]) -> Outcome:
        for _ in range(_TRIES):
            case = read()
            if case is None:
                return Refused("det er ingen slik sak")
            try:
                after, audit = change(case)
            except NotYet as early:
                # Two clocks that differ must not make a decision that is never carried out.
                return TryLater(early.reason, after=early.until - self._ports.clock())
            except NotAllowed as refusal:
                return Refused(refusal.reason)
            if self._ports.cases.save(after, audit, seen_version=case.version):
                return Done(result=after.id)
        return TryLater("others keep changing the same case", after=_A_MOMENT)


class CompanyKeeper(Repeatable):
    """Says how it stands with customers, and clears their owners."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them, and one before it to see whose they are that are to lose their owner."""
        clearing = {step.action.company_id for step in steps if isinstance(step.action, ClearOwner)}
        try:
            now = self._ports.crm.companies(clearing) if clearing else {}
        except TryLater as failure:
            return [failure] * len(steps)
        taken = {
            place: Refused(ANOTHER_OWNER)
            for place, step in enumerate(steps)
            if isinstance(step.action, ClearOwner)
            and (company := now.get(step.action.company_id))
            and company.owner_id not in (None, step.action.owner_id)
        }
        left = [place for place in range(len(steps)) if place not in taken]
        changes = [_change(steps[place]) for place in left]
        changed = self._ports.companies.update_companies(changes) if changes else []
        outcomes: dict[int, Outcome | Stop] = {**taken, **dict(zip(left, changed, strict=True))}
        return [outcomes[place] for place in range(len(steps))]


class EventAnnouncer(OneByOne):
    """Puts what has happened on the bus."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action, cause, now = the_action(Announce, step), step.stored.event, self._ports.clock()
        events = [
            Event(
                name=action.event,
                portal_id=cause.portal_id,
                record_id=company_id,
                about=case_id,
                occurred_at=now,
                received_at=now,
                bulk=action.bulk,
            )
            for case_id, company_id in action.about.items()
        ]
        self._ports.announcer.publish(events)
        return Done(result=str(len(events)))


def _change(step: Step) -> CompanyChange:
    match step.action:
        case MarkCompany(company_id=company_id, properties=properties):
            return CompanyChange(company_id=company_id, properties=properties)
        case ClearOwner(company_id=company_id):
            return CompanyChange(company_id=company_id, without_owner=True)
        case _:
            raise TypeError(f"{step.key} changes no company")
