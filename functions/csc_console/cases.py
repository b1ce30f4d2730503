"""Review cases, as one person finds them: the queue, its counts, a search, an adviser's own work, and one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from csc_console.case_views import CaseCounts, CasePage, CaseView, FoundCases
from csc_console.companies import bad_cursor, own_companies, owner_view, owners_now, unfinished_takeovers, waiting_tasks
from csc_console.company_views import MyWork
from csc_console.problems import ProblemError
from csc_console.shown import case_of, rows, whole
from csc_console.views import OwnerView
from csc_console.visit import Visit
from kundeflyt.domain.cases import CaseState, CaseSummary, SlaColour
from kundeflyt.domain.review import Recommendation
from kundeflyt.ports.cases import LONGEST_PAGE, BadCursorError, CaseQuery, CaseSort

MOST_FOUND: Final = 50
OWN_WORK: Final[tuple[CaseState, ...]] = ("waiting", "open", "claimed")
COLOURS: Final[tuple[SlaColour, ...]] = ("red", "amber", "green")
"""In the order in which cases are due."""
AGES: Final = (1, 7, 30)
"""Days; how many cases are older than that is told with the counts."""


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
    return CasePage(cases=rows(here, _visible(here, shown)), next=None if behind else found.cursor, as_of=here.now)


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
    return FoundCases(cases=rows(here, here.ports.cases.search(text, size=MOST_FOUND)))


def my_work(here: Visit) -> MyWork:
    """What waits for the PFA who asks."""
    owner_id = here.only_owner
    if owner_id is None:
        raise ProblemError("not_an_owner")
    found = here.ports.cases.page(CaseQuery(states=OWN_WORK, owner_id=owner_id), size=MOST_FOUND)
    return MyWork(
        owner=owner_view(owner_id, owners_now(here, [owner_id])) or OwnerView(id=str(owner_id)),
        cases=rows(here, _visible(here, found.cases)),
        takeovers=unfinished_takeovers(here, owner_id),
        tasks=waiting_tasks(here, owner_id),
        as_of=here.now,
    )


def one(here: Visit, case_id: str) -> CaseView:
    """Everything about a case."""
    return whole(here, case_of(here, case_id))


def _later(case: CaseSummary, colour: SlaColour, now: datetime) -> bool:
    """The case is due after all of a colour, so that none of it comes behind."""
    own = case.sla_colour(now)
    return own is not None and COLOURS.index(own) > COLOURS.index(colour)


def _visible(here: Visit, found: Sequence[CaseSummary]) -> Sequence[CaseSummary]:
    if here.only_owner is None:
        return found
    mine = own_companies(here, {case.company.id for case in found}, here.only_owner)
    return [case for case in found if case.company.id in mine]
