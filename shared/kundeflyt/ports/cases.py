"""Where review cases are kept: worked by people, read by flows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from kundeflyt.domain.cases import AuditEntry, CaseState, CaseSummary, ReviewCase
from kundeflyt.domain.review import Recommendation

CaseSort = Literal["newest_evidence", "oldest", "due"]

MOST_STATES: Final = 3
LONGEST_PAGE: Final = 100
LOOK_LASTS: Final = timedelta(seconds=45)
"""Whoever has a case before them says so anew with every poll, each 15 seconds at the slowest."""


class BadCursorError(ValueError):
    """The cursor was not given out for this question; begin again at the first page."""


@dataclass(frozen=True, kw_only=True)
class CaseQuery:
    """Which cases, and in which order. At most three states at a time; what is None filters nothing.

    `newest_evidence` shows the newest first, `oldest` those opened first, `due` those due first. `opened_before` is
    the cases' age. `owner_id` is the responsible adviser's (HubSpot), `claimed_by` whoever holds the claim.
    """

    states: tuple[CaseState, ...] = ("open", "claimed")
    owner_id: int | None = None
    recommendation: Recommendation | None = None
    claimed_by: str | None = None
    opened_before: datetime | None = None
    sort: CaseSort = "newest_evidence"

    def __post_init__(self) -> None:
        if not 1 <= len(set(self.states)) == len(self.states) <= MOST_STATES:
            raise ValueError(f"a list shows one to {MOST_STATES} states, each once")


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """Some cases, and how to go on after them.

    A page may be shorter than asked for, even empty, and still have a next one: `cursor` is None only at the end.
    """

    cases: tuple[CaseSummary, ...]
    cursor: str | None


class CaseReader(Protocol):
    """Reads cases. Every method raises TryLater when the store is busy or silent.

    Lists, search and pages are a moment behind; a case, a company's cases, counts and the audit are as they are now.
    """

    def case(self, case_id: str) -> ReviewCase | None:
        """The case as it stands; None when there is none with that id."""
        ...

    def open_case_of(self, company_id: int) -> ReviewCase | None:
        """The one case of a company that is not closed, if there is one."""
        ...

    def cases_of(self, company_id: int) -> Sequence[ReviewCase]:
        """All cases of a company, the newest first; also those of companies that were merged into it."""
        ...

    def cases_about(self, contact_id: int) -> Sequence[ReviewCase]:
        """The cases whose evidence names this contact."""
        ...

    def case_of_message(self, company_id: int, key: str) -> ReviewCase | None:
        """The case that this message was taken in to, so that it is taken in once."""
        ...

    def page(self, query: CaseQuery, *, cursor: str | None = None, size: int = 50) -> CasePage:
        """So many cases at most, in one read for each state and never more than two for one, however many there are.

        Raises BadCursorError for a cursor of another question, and ValueError for a size outside 1 to 100.
        """
        ...

    def counts(self) -> Mapping[CaseState, int]:
        """How many cases are in each state, in one read."""
        ...

    def search(self, text: str, *, size: int = 20) -> Sequence[CaseSummary]:
        """The cases of the company with this organisation number, or of those whose names begin so."""
        ...

    def audit(self, case_id: str) -> Sequence[AuditEntry]:
        """Who did what to a case, the first first."""
        ...


class CaseStore(CaseReader, Protocol):
    """Keeps cases. A write is made whole, with its entry for the audit, or not at all."""

    def open(self, case: ReviewCase, audit: AuditEntry) -> bool:
        """Stores a new case; False when the company has an open one, or its message was taken in before."""
        ...

    def save(self, case: ReviewCase, audit: AuditEntry, *, seen_version: int) -> bool:
        """Stores how a case stands now; False when somebody has changed it since that version was read.

        False as well when its message was taken in before, and when a case is reopened beside another open one.
        """
        ...

    def move(self, case: ReviewCase, audit: AuditEntry, *, left: int, seen_version: int) -> bool:
        """Stores a case under the company that `left` was merged into; its id stays.

        False when somebody has changed it since that version, and when it is open beside another open one there.
        """
        ...

    def rewrite(self, entries: Sequence[AuditEntry]) -> None:
        """Puts these entries in the place of what the audit said; may be repeated harmlessly."""
        ...

    def forget_contact(self, contact_id: int) -> None:
        """Nothing leads from this contact to cases any more."""
        ...


class WorkedCases(CaseStore, Protocol):
    """Cases as people work them, who see who else has the same one before them. That is a hint and guards nothing."""

    def look(self, case_id: str, who: str, now: datetime) -> Sequence[str]:
        """Notes in one write that somebody looks at a case, for `LOOK_LASTS`; tells all who do now, by name."""
        ...

    def looking(self, case_ids: Collection[str], now: datetime) -> Mapping[str, Sequence[str]]:
        """Who looks at which of these cases now, in one read; those nobody looks at are left out.

        A moment behind, as lists are. Raises ValueError for more than 100 cases.
        """
        ...
