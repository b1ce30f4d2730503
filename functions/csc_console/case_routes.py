"""The review cases: the queue, one case, and what customer service does with it."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from csc_console.contract import route
from csc_console.rights import CASE_ID
from csc_console.views import (
    AskForMore,
    AsSeen,
    CaseCounts,
    CasePage,
    CaseState,
    CaseView,
    Comment,
    Decide,
    FoundCases,
    Sorting,
)
from csc_console.visit import visit
from kundeflyt.domain.review import Recommendation

router = Router()  # type: ignore[no-untyped-call]

CaseId = Annotated[str, Path(pattern=f"^{CASE_ID}$", description="The case's id.")]


@route(router, "cases")
def list_cases(
    state: Annotated[CaseState | None, Query(description="Only cases in this state.")] = None,
    older_than_days: Annotated[int | None, Query(ge=0, le=3650, description="Only cases opened before that.")] = None,
    owner_id: Annotated[int | None, Query(gt=0, lt=2**63, description="Only this adviser's customers.")] = None,
    recommendation: Annotated[Recommendation | None, Query(description="Only with this recommendation.")] = None,
    claimed_by: Annotated[
        str | None,
        Query(min_length=1, max_length=254, description="Only what this colleague works on; `me` for one's own."),
    ] = None,
    sort: Annotated[Sorting, Query(description="In which order.")] = "newest_evidence",
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=100, description="How many at a time.")] = 50,
) -> CasePage:
    """The queue, page by page. A PFA gets their own customers' cases, whatever is asked for."""
    here = visit(router)
    return here.cases.page(
        here,
        state=state,
        older_than_days=older_than_days,
        owner_id=owner_id,
        recommendation=recommendation,
        claimed_by=claimed_by,
        sort=sort,
        cursor=cursor,
        size=size,
    )


@route(router, "cases")
def count_cases() -> CaseCounts:
    """How many cases there are in each state."""
    here = visit(router)
    return here.cases.counts(here)


@route(router, "cases")
def search_cases(
    text: Annotated[
        str,
        Query(min_length=2, max_length=100, description="An organisation number, or how the company's name begins."),
    ],
) -> FoundCases:
    """Cases of a company, by its organisation number or the beginning of its name; at most 50."""
    here = visit(router)
    return here.cases.search(here, text)


@route(router, "cases")
def get_case(case_id: CaseId) -> CaseView:
    """Everything about a case; the main contact's name and number are read from HubSpot at this moment."""
    here = visit(router)
    return here.cases.one(here, case_id)


@route(router, "cases")
def claim_case(case_id: CaseId) -> CaseView:
    """Takes a case to work on it. Refused while a colleague works on it."""
    here = visit(router)
    return here.cases.claim(here, case_id)


@route(router, "cases")
def renew_claim(case_id: CaseId) -> CaseView:
    """Goes on working on a case: the claim begins anew."""
    here = visit(router)
    return here.cases.renew(here, case_id)


@route(router, "cases")
def release_case(case_id: CaseId) -> CaseView:
    """Gives a case back to the queue."""
    here = visit(router)
    return here.cases.release(here, case_id)


@route(router, "cases")
def take_over_case(case_id: CaseId, seen: Annotated[AsSeen, Body()]) -> CaseView:
    """Takes a case that a colleague works on; they see it, and it is written down."""
    here = visit(router)
    return here.cases.take_over(here, case_id, seen.version)


@route(router, "cases")
def decide_case(case_id: CaseId, decision: Annotated[Decide, Body()]) -> CaseView:
    """Decides a case that one has claimed. 409 with what the other decided when somebody was first."""
    here = visit(router)
    return here.cases.decide(here, case_id, decision)


@route(router, "cases")
def ask_for_more(case_id: CaseId, question: Annotated[AskForMore, Body()]) -> CaseView:
    """Gives somebody a task to find out more; the case comes back when it is done."""
    here = visit(router)
    return here.cases.ask(here, case_id, question)


@route(router, "cases")
def undo_decision(case_id: CaseId, seen: Annotated[AsSeen, Body()]) -> CaseView:
    """Takes a decision back before anything of it is done."""
    here = visit(router)
    return here.cases.undo(here, case_id, seen.version)


@route(router, "cases")
def reopen_case(case_id: CaseId, seen: Annotated[AsSeen, Body()]) -> CaseView:
    """Puts a case that was closed back into the queue; what its decision has done stays done."""
    here = visit(router)
    return here.cases.reopen(here, case_id, seen.version)


@route(router, "cases")
def comment_on_case(case_id: CaseId, comment: Annotated[Comment, Body()]) -> CaseView:
    """Leaves colleagues a comment, whoever works on the case."""
    here = visit(router)
    return here.cases.comment(here, case_id, comment.text)
