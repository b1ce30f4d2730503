"""The console's API: its routes, and how it says no."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)

from csc_console import case_routes, company_routes, operations_routes
from csc_console.contract import PROBLEM_TYPE
from csc_console.problems import STATUS, Language, ProblemError
from csc_console.views import Problem, WrongField
from csc_console.words import OTHERWISE_WRONG, PROBLEMS, WRONG
from kundeflyt.ports.failures import TryLater

logger = Logger()
app = APIGatewayRestResolver(enable_validation=True, response_validation_error_http_code=500)
for part in (case_routes, company_routes, operations_routes):
    app.include_router(part.router)


def answer_to(problem: ProblemError, language: Language, request_id: str | None) -> Response[str]:
    """The answer that tells a problem."""
    title, happened, then = PROBLEMS[problem.code]
    told = Problem(
        title=title[language],
        status=STATUS[problem.code],
        code=problem.code,
        detail=problem.detail or happened[language].format(about=problem.about),
        next=then[language],
        fields=tuple(WrongField(field=name, text=text) for name, text in problem.fields),
        decided=problem.decided,
        claimed_by=problem.claimed_by,
        version=problem.version,
        request_id=request_id,
    )
    headers = {"Cache-Control": "no-store"}
    if problem.code == "unavailable":
        headers["Retry-After"] = "30"
    return Response(
        status_code=told.status,
        content_type=PROBLEM_TYPE,
        body=told.model_dump_json(exclude_none=True),
        headers=headers,
    )


def _told(problem: ProblemError) -> Response[str]:
    return answer_to(problem, app.context["language"], app.context.get("request_id"))


def _problem(problem: ProblemError) -> Response[str]:
    return _told(problem)


def _later(failure: TryLater) -> Response[str]:
    logger.warning("a system we need does not answer", extra={"reason": str(failure)})
    return _told(ProblemError("unavailable"))


def _not_json(_error: RequestUnsupportedContentType) -> Response[str]:
    return _told(ProblemError("unreadable"))


def _invalid(error: RequestValidationError) -> Response[str]:
    language: Language = app.context["language"]
    return _told(ProblemError("invalid", fields=tuple(_wrong(one, language) for one in error.errors())))


def _broken_answer(error: ResponseValidationError) -> Response[str]:
    # Where only: what stands there may be somebody's name.
    logger.error("an answer does not keep the contract", extra={"places": [one["loc"] for one in error.errors()]})
    return _told(ProblemError("broken"))


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _told(ProblemError("no_such_route"))


def _wrong(error: dict[str, Any], language: Language) -> tuple[str, str]:
    """A field and what is wrong with it; what was sent is not repeated."""
    place = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    said = WRONG.get(error["type"])
    return place, said[language] if said else (error["msg"] if language == "en" else OTHERWISE_WRONG[language])


for _error, _answer in (
    (ProblemError, _problem),
    (TryLater, _later),
    (RequestUnsupportedContentType, _not_json),
    (RequestValidationError, _invalid),
    (ResponseValidationError, _broken_answer),
    (NotFoundError, _no_such_route),
):
    app.exception_handler(_error)(_answer)
