"""A page of customers: whose adviser differs between the systems, who is told, and what has been put right. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from kundeflyt.domain import sweeping
from kundeflyt.domain.actions import (
    Action,
    CreateTask,
    DropDifference,
    NoteDifference,
    NoteSweep,
    Plan,
    StopFlow,
    UpdateTask,
)
from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Company, Owner
from kundeflyt.domain.differences import Difference, about_record, record_of
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeps import SweepEnd
from owner_reconcile import words
from owner_reconcile.case import (
    COMPANY,
    COMPARED,
    DIFFERS,
    IN_GRACE,
    NOT_COMPARABLE,
    OWNER,
    SWEEP,
    TASKS_ENDED,
    TASKS_MADE,
    UNKNOWN_USER,
    Found,
    Page,
    SweepFacts,
    compare,
    cursor_of,
    in_grace,
)
from owner_reconcile.rules import OwnerReconcileRules

MUCH: Final = 100
"""Actions after which a page ends early: a plan is one item of the ledger, and that holds 400 KB."""


def basis(facts: SweepFacts) -> str:
    """What the decision stands on: where the sweep is."""
    return f"page-{cursor_of(facts.sweep)}" if facts.stage == "page" else facts.stage


def plan(event: Event, facts: SweepFacts, rules: Rules[OwnerReconcileRules], now: datetime) -> Plan:
    """Every customer has the same adviser in both systems, or somebody is told once (002-08, 002-40)."""
    sweep = facts.sweep
    match facts.stage:
        case "busy":
            return Plan(because=words.BUSY)
        case "late":
            return Plan(because=words.LATE)
        case "ended":
            return Plan(because=words.ENDED)
        case "begin":
            note = _note(event, facts, now)
            return Plan(because=words.BEGUN, actions=(note, sweeping.go_on(event, note)))
        case "walked":
            # It may have died between the page's end and asking for the next one.
            newest = sweep is not None and event.round == sweep.round
            if newest:
                return Plan(because=words.GOES_ON, actions=(sweeping.go_on(event),))
            return Plan(because=words.WALKED)
    if facts.page is None:
        compared = sweep.counts.get(COMPARED, 0) if sweep else 0
        note = _note(event, facts, now, ended="abandoned")
        return Plan(because=words.OVER.format(compared=compared), actions=(note,))
    if facts.page.cards is None or facts.page.users is None:
        return Plan(because=words.NOT_OFFERED, actions=(_note(event, facts, now, ended="impossible"),))
    return _Pages(event, facts, facts.page, rules, now).plan()


@dataclass
class _Pages:
    """One page on its way to a plan."""

    event: Event
    facts: SweepFacts
    page: Page
    rules: Rules[OwnerReconcileRules]
    now: datetime
    actions: list[Action] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    problems: set[str] = field(default_factory=set)

    def plan(self) -> Plan:
        """Everything about this page's customers, and the way on."""
        last, complete = self._walk()
        so_far = self.facts.sweep.counts.get(TASKS_MADE, 0) if self.facts.sweep else 0
        limit = self.rules.flow.tasks_per_night
        if self.counts[TASKS_MADE] and so_far + self.counts[TASKS_MADE] > limit:
            reason = words.TOO_MANY.format(limit=limit)
            return Plan(because=reason, actions=(StopFlow(name=f"stop-{self.event.round}", reason=reason),))
        note = _note(
            self.event,
            self.facts,
            self.now,
            cursor=last,
            counted=self.counts,
            ended="finished" if complete else None,
        )
        because = words.PAGE.format(
            compared=self.counts[COMPARED],
            found=sum(self.counts[name] for name in DIFFERS.values()),
            new=self.counts[TASKS_MADE],
            gone=self.counts[TASKS_ENDED],
        )
        onward = () if complete else (sweeping.go_on(self.event, note),)
        return Plan(because=because, actions=(*self.actions, note, *onward), problems=tuple(sorted(self.problems)))

    def _walk(self) -> tuple[int, bool]:
        """Looks at everybody, up to where there is enough to do; gives how far, and whether that was all."""
        self._people()
        there = {about_record(COMPANY, company.id): company for company in self.page.companies}
        lost = {about for about in self.page.standing if about.startswith(COMPANY)} - there.keys()
        for about in sorted(there.keys() | lost):
            if len(self.actions) >= MUCH:
                return record_of(about) - 1, False
            if company := there.get(about):
                self._company(about, company)
            else:
                self._ends(self.page.standing[about], words.GONE)
        if self.page.complete:
            return max((company.id for company in self.page.companies), default=cursor_of(self.facts.sweep)), True
        return self.page.last, False

    def _company(self, about: str, company: Company) -> None:
        found = compare(company, self.page, self.rules)
        standing = self.page.standing.get(about)
        match found:
            case Found():
                self.counts[COMPARED] += 1
                if in_grace(found, self.rules.flow, self.now):
                    self.counts[IN_GRACE] += 1
                    self._ends(standing, words.TAKEN_OVER)
                    return
                self.counts[DIFFERS[found.kind]] += 1
                self._tell(about, found, standing)
            case "same" | "nobody":
                self.counts[COMPARED] += 1
                self._ends(standing, words.GONE)
            case "unknown_user":
                # The adviser's own task covers it; what was told of the company stands until we can see again.
                self.counts[UNKNOWN_USER] += 1
            case "not_comparable":
                self.counts[NOT_COMPARABLE] += 1

    def _people(self) -> None:
        """An adviser whom Metodika does not know is one task, not one for each of their customers."""
        owned = {company.owner_id for company in self.page.companies}
        for id_, owner in sorted(self.page.owners.items()):
            about = about_record(OWNER, id_)
            standing = self.page.standing.get(about)
            unknown = owner.is_person and owner.can_take_tasks and self.page.user_of(owner) is None
            if not unknown:
                self._ends(standing, words.GONE)
            elif standing is None and id_ in owned:
                subject, body = words.unknown_user(owner)
                self._task(about, "unknown_user", subject, body, owner_id=self._csc, company=None)

    def _tell(self, about: str, found: Found, standing: Difference | None) -> None:
        if standing and standing.mark == found.mark:
            return
        if standing:
            self._close(standing, words.CHANGED)
        subject, body = words.difference(found, self._who(found))
        owner_id = found.owner.id if found.owner else self._csc
        self._task(about, found.mark, subject, body, owner_id=owner_id, company=found.company)

    def _task(
        self, about: str, mark: str, subject: str, body: str, *, owner_id: int | None, company: Company | None
    ) -> None:
        if owner_id is None:
            self.problems.add(words.NO_CSC_OWNER)
        country = (company.country if company else None) or self.rules.common.default_country
        what = _short(about, mark)
        task = CreateTask(
            name=f"task-{what}",
            task_type="TODO",
            subject=subject,
            body=body,
            due=WorkingCalendar(country).follow_up_due(self.now).due,
            owner_id=owner_id,
            company_id=company.id if company else None,
        )
        noted = Difference(about=about, mark=mark, since=self.now)
        self.actions += [task, NoteDifference(name=f"remember-{what}", difference=noted, task_of=task.name)]
        self.counts[TASKS_MADE] += 1

    def _ends(self, standing: Difference | None, why: str) -> None:
        if standing is None:
            return
        self._close(standing, why)
        name = f"forget-{_short(standing.about, standing.mark)}"
        self.actions.append(DropDifference(name=name, about=standing.about, mark=standing.mark))
        self.counts[TASKS_ENDED] += 1

    def _close(self, standing: Difference, why: str) -> None:
        """A task that a person has finished, or thrown away, is left as it is."""
        task = self.page.tasks.get(standing.task_id or 0)
        if task is None or task.completed:
            return
        name = f"close-{_short(standing.about, standing.mark)}"
        self.actions.append(UpdateTask(name=name, task_id=task.id, body=words.ended(why, task.body), completed=True))

    def _who(self, found: Found) -> Owner | None:
        """The adviser that the card names, if it is one of those on this page."""
        manager = found.cards[0].manager if found.cards else None
        same = (owner for owner in self.page.owners.values() if manager and self._is(owner, manager.user_id))
        return next(same, None)

    def _is(self, owner: Owner, user_id: str) -> bool:
        user = self.page.user_of(owner)
        return user is not None and user.id == user_id

    @property
    def _csc(self) -> int | None:
        return self.rules.common.csc_owner_id or self.rules.common.fallback_owner_id


def _note(
    event: Event,
    facts: SweepFacts,
    now: datetime,
    *,
    cursor: int | None = None,
    counted: Mapping[str, int] | None = None,
    ended: SweepEnd | None = None,
) -> NoteSweep:
    """How far this delivery brings the sweep; it stays where it was unless a page says how far it reached."""
    at = cursor if cursor is not None else cursor_of(sweeping.tonights(event, facts.sweep))
    return sweeping.noted(
        event, facts.sweep, name=SWEEP, cursor=str(at) if at else "", now=now, counted=counted, ended=ended
    )


def _short(about: str, mark: str) -> str:
    """A difference's name among a sweep's actions: the record, and a digest of both sides."""
    return f"{about}-{sha256(mark.encode()).hexdigest()[:12]}"
