"""Why did this happen? What the system did about a customer, and what waits for an adviser; and who is asking."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from csc_console import cases, companies
from csc_console.company_views import History, MyWork, Takeovers
from csc_console.contract import route
from csc_console.views import Me, SignIn
from csc_console.visit import visit

router = Router()  # type: ignore[no-untyped-call]

CompanyId = Annotated[int, Path(gt=0, lt=10**19, description="The company's id in HubSpot.")]


@route(router, "people")
def sign_in() -> SignIn:
    """Where people sign in. Needs no token."""
    return companies.sign_in(router.context["sign_in"])


@route(router, "people")
def me() -> Me:
    """Who is signed in, and what they may do."""
    return companies.me(visit(router))


@route(router, "companies")
def company_history(
    company_id: CompanyId,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    size: Annotated[int, Query(ge=1, le=50, description="How many events at a time.")] = 20,
) -> History:
    """Every plan that touched the customer with its reason, also those that did nothing, and what became of it."""
    return companies.history(visit(router), company_id, cursor=cursor, size=size)


@route(router, "companies")
def company_takeovers(company_id: CompanyId) -> Takeovers:
    """The customer's takeovers with the boxes of the checklist."""
    return companies.takeovers(visit(router), company_id)


@route(router, "people")
def my_work() -> MyWork:
    """What waits for the PFA who asks: cases, takeovers and tasks of their own customers."""
    return cases.my_work(visit(router))
