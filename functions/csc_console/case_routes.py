"""The review cases: the queue, one case, and what customer service does with it."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from csc_console import case_steps, cases
from csc_console.case_views import (
    AskForMore,
    AsSeen,
    CaseCounts,
    CasePage,
    CaseView,
    Decide,
    FoundCases,
    NewComment,
    Reopen,
)
from csc_console.contract import route
from csc_console.rights import CASE_ID
from csc_console.visit import visit
from kundeflyt.domain.cases import CaseState, SlaColour
from kundeflyt.domain.review import Recommendation
from kundeflyt.ports.cases import MOST_STATES, CaseSort

router = Router()  # type: ignore[no-untyped-call]

CaseId = Annotated[str, Path(pattern=f"^{CASE_ID}$", description="The case's id.")]


@route(router, "cases")
def list_cases(
    state: Annotated[
        list[CaseState] | None,
        Query(min_length=1, max_length=MOST_STATES, description="Cases in these states; those open and claimed."),
    ] = None,
    older_than_days: Annotated[int | None, Query(ge=0, le=3650, description="Only cases opened before that.")] = None,
    owner_id: Annotated[int | None, Query(gt=0, lt=2**63, description="Only this adviser's customers.")] = None,
    recommendation: Annotated[Recommendation | None, Query(description="Only with this recommendation.")] = None,
    claimed_by: Annotated[
        str | None,
        Query(min_length=1, max_length=254, description="Only what this colleague works on; `me` for one's own."),
    ] = None,
    colour: Annotated[
        SlaColour | None, Query(description="Only cases that are so late; those due first come first.")
    ] = None,
    sort: Annotated[CaseSort, Query(description="In which order.")] = "newest_evidence",
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=100, description="How many at a time.")] = 50,
) -> CasePage:
    """The queue, page by page. A PFA gets their own customers' cases, whatever is asked for."""
    return cases.page(
        visit(router),
        states=state,
        older_than_days=older_than_days,
        owner_id=owner_id,
        recommendation=recommendation,
        claimed_by=claimed_by,
        colour=colour,
        sort=sort,
        cursor=cursor,
        size=size,
    )


@route(router, "cases")
def count_cases() -> CaseCounts:
    """How many cases there are in each state."""
    return cases.counts(visit(router))


@route(router, "cases")
def search_cases(
    text: Annotated[
        str,
        Query(min_length=2, max_length=100, description="An organisation number, or how the company's name begins."),
    ],
) -> FoundCases:
    """Cases of a company, by its organisation number or the beginning of its name; at most 50."""
    return cases.search(visit(router), text)


@route(router, "cases")
def get_case(case_id: CaseId) -> CaseView:
    """Everything about a case; the main contact's name and number are read from HubSpot at this moment."""
    return cases.one(visit(router), case_id)


@route(router, "cases")
def claim_case(case_id: CaseId) -> CaseView:
    """Takes a case to work on it. Refused while a colleague works on it."""
    return case_steps.claim(visit(router), case_id)


@route(router, "cases")
def renew_claim(case_id: CaseId) -> CaseView:
    """Goes on working on a case: the claim begins anew."""
    return case_steps.renew(visit(router), case_id)


@route(router, "cases")
def release_case(case_id: CaseId) -> CaseView:
    """Gives a case back to the queue."""
    return case_steps.release(visit(router), case_id)


@route(router, "cases")
def take_over_case(case_id: CaseId, seen: Annotated[AsSeen, Body()]) -> CaseView:
    """Takes a case that a colleague works on; they see it, and it is written down."""
    return case_steps.take_over(visit(router), case_id, seen.version)


@route(router, "cases")
def decide_case(case_id: CaseId, decision: Annotated[Decide, Body()]) -> CaseView:
    """Decides a case that one has claimed. 409 with what the other decided when somebody was first."""
    return case_steps.decide(visit(router), case_id, decision)


@route(router, "cases")
def ask_for_more(case_id: CaseId, question: Annotated[AskForMore, Body()]) -> CaseView:
    """Gives somebody a task to find out more; the case comes back when it is done."""
    return case_steps.ask(visit(router), case_id, question)


@route(router, "cases")
def undo_decision(case_id: CaseId, seen: Annotated[AsSeen, Body()]) -> CaseView:
    """Takes a decision back before anything of it is done."""
    return case_steps.undo(visit(router), case_id, seen.version)


@route(router, "cases")
def reopen_case(case_id: CaseId, why: Annotated[Reopen, Body()]) -> CaseView:
    """Puts a case that was closed back into the queue; what its decision has done stays done."""
    return case_steps.reopen(visit(router), case_id, why)


@route(router, "cases")
def comment_on_case(case_id: CaseId, comment: Annotated[NewComment, Body()]) -> CaseView:
    """Leaves colleagues a comment, whoever works on the case."""
    return case_steps.comment(visit(router), case_id, comment.text)
