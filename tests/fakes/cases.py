"""Review cases in memory; `tests/contracts/test_cases.py` holds them to the same promises as the real ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import get_args

from kundeflyt.domain.cases import AuditEntry, CaseState, CaseSummary, ReviewCase
from kundeflyt.domain.events import Event
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.ports.cases import LONGEST_PAGE, LOOK_LASTS, BadCursorError, CasePage, CaseQuery
from kundeflyt.ports.failures import Done, Outcome, TryLater
from tests.fakes.failing import FailurePlan


class FakeReviewQueue(FailurePlan):
    """`asked_for` are the requests that reached the queue, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for: list[ReviewRequest] = []

    def put(self, requests: Sequence[ReviewRequest]) -> Sequence[Outcome]:
        self.asked["put"] += 1
        return [self.row("put", partial(self._put, request)) for request in requests]

    def _put(self, request: ReviewRequest) -> Outcome:
        self.asked_for.append(request)
        return Done(result=f"message-{len(self.asked_for)}")


class FakeAnnouncer:
    """`told` is what is on the bus; `failure` is raised while it is set."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.failure: TryLater | None = None

    def publish(self, events: Sequence[Event]) -> None:
        if self.failure:
            raise self.failure
        self.told += events


class InMemoryCases:
    """`cases` are by id, `audits` in order; `before_call` may raise what a store does that does not answer."""

    def __init__(self) -> None:
        self.cases: dict[str, ReviewCase] = {}
        self.audits: dict[str, list[AuditEntry]] = {}
        self.messages: dict[tuple[int, str], str] = {}
        self.looks: dict[str, dict[str, datetime]] = {}
        self.led: set[tuple[int, str]] = set()
        self.before_call: Callable[[str], None] = lambda _method: None
        self._lock = threading.RLock()

    def case(self, case_id: str) -> ReviewCase | None:
        self.before_call("case")
        return self.cases.get(case_id)

    def open_case_of(self, company_id: int) -> ReviewCase | None:
        self.before_call("open_case_of")
        return next((one for one in self._of(company_id) if not one.closed), None)

    def cases_of(self, company_id: int) -> Sequence[ReviewCase]:
        self.before_call("cases_of")
        return sorted(self._of(company_id), key=lambda one: one.opened_at, reverse=True)

    def cases_about(self, contact_id: int) -> Sequence[ReviewCase]:
        self.before_call("cases_about")
        return [one for one in self.cases.values() if contact_id in one.people and (contact_id, one.id) in self.led]

    def case_of_message(self, company_id: int, key: str) -> ReviewCase | None:
        self.before_call("case_of_message")
        return self.cases.get(self.messages.get((company_id, key), ""))

    def page(self, query: CaseQuery, *, cursor: str | None = None, size: int = 50) -> CasePage:
        self.before_call("page")
        if not 1 <= size <= LONGEST_PAGE:
            raise ValueError(f"a page holds 1 to {LONGEST_PAGE} cases, not {size}")
        found = sorted((one for one in self.cases.values() if _fits(one, query)), key=lambda one: _place(one, query))
        first = _decoded(cursor, query)
        page = found[first : first + size]
        ended = first + size >= len(found)
        return CasePage(
            cases=tuple(one.summary for one in page),
            cursor=None if ended else json.dumps([repr(query), first + size]),
        )

    def counts(self) -> Mapping[CaseState, int]:
        self.before_call("counts")
        return {state: sum(one.state == state for one in self.cases.values()) for state in get_args(CaseState)}

    def search(self, text: str, *, size: int = 20) -> Sequence[CaseSummary]:
        self.before_call("search")
        number = "".join(text.split())
        name = " ".join(text.casefold().split())
        exact = [one.summary for one in self.cases.values() if number and one.company.organisation_number == number]
        begins = [
            one.summary
            for one in sorted(self.cases.values(), key=lambda one: one.company.name.casefold())
            if name and " ".join(one.company.name.casefold().split()).startswith(name)
        ]
        return sorted(exact, key=lambda one: one.opened_at, reverse=True)[:size] or begins[:size]

    def audit(self, case_id: str) -> Sequence[AuditEntry]:
        self.before_call("audit")
        return list(self.audits.get(case_id, []))

    def open(self, case: ReviewCase, audit: AuditEntry) -> bool:
        self.before_call("open")
        with self._lock:
            taken_in = audit.message is not None and (case.company.id, audit.message) in self.messages
            if case.id in self.cases or taken_in or self._open_one(case) is not None:
                return False
            self._keep(case, audit)
            return True

    def save(self, case: ReviewCase, audit: AuditEntry, *, seen_version: int) -> bool:
        self.before_call("save")
        with self._lock:
            if case.version <= seen_version or audit.before is None:
                raise ValueError(f"case {case.id} was not changed since version {seen_version}")
            standing = self.cases.get(case.id)
            if standing is None or standing.version != seen_version:
                return False
            other = self.messages.get((case.company.id, audit.message), case.id) if audit.message else case.id
            beside = self._open_one(case)
            if other != case.id or (not case.closed and beside is not None and beside.id != case.id):
                return False
            self._keep(case, audit)
            return True

    def move(self, case: ReviewCase, audit: AuditEntry, *, left: int, seen_version: int) -> bool:
        self.before_call("move")
        with self._lock:
            beside = None if case.closed else self._open_one(case)
            standing = self.cases.get(case.id)
            if standing is None or standing.version != seen_version or (beside is not None and beside.id != case.id):
                return False
            assert standing.company.id == left
            self._keep(case, audit)
            return True

    def rewrite(self, entries: Sequence[AuditEntry]) -> None:
        self.before_call("rewrite")
        for entry in entries:
            told = self.audits[entry.case_id]
            told[:] = [entry if one.version == entry.version else one for one in told]

    def forget_contact(self, contact_id: int) -> None:
        self.before_call("forget_contact")
        self.led = {place for place in self.led if place[0] != contact_id}

    def look(self, case_id: str, who: str, now: datetime) -> Sequence[str]:
        self.before_call("look")
        self.looks.setdefault(case_id, {})[who] = now + LOOK_LASTS
        return self._lookers(case_id, now)

    def looking(self, case_ids: Collection[str], now: datetime) -> Mapping[str, Sequence[str]]:
        self.before_call("looking")
        if len(set(case_ids)) > LONGEST_PAGE:
            raise ValueError(f"who looks is told of at most {LONGEST_PAGE} cases at once")
        return {case_id: lookers for case_id in case_ids if (lookers := self._lookers(case_id, now))}

    def _lookers(self, case_id: str, now: datetime) -> list[str]:
        return sorted(who for who, until in self.looks.get(case_id, {}).items() if until > now)

    def _keep(self, case: ReviewCase, audit: AuditEntry) -> None:
        self.cases[case.id] = case
        self.led |= {(id_, case.id) for id_ in audit.names}
        self.audits.setdefault(case.id, []).append(audit.model_copy(update={"names": frozenset()}))
        if audit.message is not None:
            self.messages[case.company.id, audit.message] = case.id

    def _of(self, company_id: int) -> list[ReviewCase]:
        with self._lock:
            return [one for one in self.cases.values() if one.company.id == company_id]

    def _open_one(self, case: ReviewCase) -> ReviewCase | None:
        return next((one for one in self._of(case.company.id) if not one.closed), None)


def _fits(case: ReviewCase, query: CaseQuery) -> bool:
    return (
        case.state in query.states
        and query.owner_id in (None, case.company.owner_id)
        and query.recommendation in (None, case.recommendation)
        and (query.claimed_by is None or (case.claim is not None and case.claim.user == query.claimed_by))
        and (query.opened_before is None or case.opened_at < query.opened_before)
    )


def _place(case: ReviewCase, query: CaseQuery) -> float:
    at: datetime = {"newest_evidence": case.evidence_at, "oldest": case.opened_at, "due": case.due_at}[query.sort]
    return -at.timestamp() if query.sort == "newest_evidence" else at.timestamp()


def _decoded(cursor: str | None, query: CaseQuery) -> int:
    if cursor is None:
        return 0
    try:
        question, first = json.loads(cursor)
    except (TypeError, ValueError) as error:
        raise BadCursorError("the cursor is not one of ours") from error
    if question != repr(query):
        raise BadCursorError("the cursor was given out for another question")
    return int(first)
