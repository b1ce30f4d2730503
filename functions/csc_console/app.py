"""The console's API: its routes, whom it lets in, and how it says no."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)

from csc_console import case_routes, company_routes, operations_routes, site
from csc_console.contract import PROBLEM_TYPE
from csc_console.guard import asked_by, begin, let_in
from csc_console.problems import STATUS, Language, ProblemError, language_of
from csc_console.rules import CscConsoleRules
from csc_console.views import Problem, WrongField
from csc_console.words import OTHERWISE_WRONG, PROBLEMS, WRONG
from kundeflyt.entry.console import Answer, World
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.operations import Change

SAFE_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""What is told about customers stays in the page that asked."""

logger = Logger()
app = APIGatewayRestResolver(enable_validation=True, response_validation_error_http_code=500)
for part in (case_routes, company_routes, operations_routes):
    app.include_router(part.router)


def answer(event: Mapping[str, Any], context: object, world: World[CscConsoleRules], now: datetime) -> Answer:
    """Answers one request, for a file of the console or to the API.

    Every change is written down before it is made, with who made it, and then how it ended. A problem is told in the
    language that is asked for; nothing of a fault of ours is told but the request's id.
    """
    page = site.answer(event, login_origin=world.sign_in.url)
    if page is not None:
        return page
    request_id = str(getattr(context, "aws_request_id", "") or (event.get("requestContext") or {}).get("requestId"))
    language = language_of(_header(event, "accept-language"))
    app.context.update(language=language, request_id=request_id)
    try:
        answered = _answer(event, context, world, now, request_id, language)
    except ProblemError as problem:
        answered = _sent(_told(problem))
    except TryLater as failure:
        answered = _sent(_later(failure))
    except Exception as error:  # noqa: BLE001 - whatever it is, its words may be a customer's
        answered = _sent(_broken(error))
    finally:
        app.context.clear()
    if answered["statusCode"] == STATUS["unavailable"]:
        world.note("Unavailable")
    if answered["statusCode"] == STATUS["broken"]:
        world.note("Broken")
    return answered


def _answer(
    event: Mapping[str, Any],
    context: object,
    world: World[CscConsoleRules],
    now: datetime,
    request_id: str,
    language: Language,
) -> Answer:
    wanted = asked_by(event)
    app.context.update(sign_in=world.sign_in)
    person = let_in(event, wanted, client_id=world.sign_in.client_id)
    if person is None:
        return _resolved(event, context)
    ports, rules = world.open()
    here = begin(wanted, person, language=language, now=now, ports=ports, rules=rules)
    app.context.update(visit=here)
    if not wanted.right.changes:
        return _resolved(event, context)
    change = Change(id=request_id, at=now, by=person.email, operation=wanted.right.operation, about=dict(wanted.names))
    ports.changes.begin(change)
    answered = _resolved(event, context)
    # It is done, or refused: that the end could not be written down must not make somebody do it again.
    with suppress(TryLater):
        ports.changes.end(change, outcome=int(answered["statusCode"]))
    return answered


def _resolved(event: Mapping[str, Any], context: object) -> Answer:
    # API Gateway's events are dicts, and the resolver asks for nothing else of a context.
    answered = app.resolve(dict(event), cast("Any", context))
    headers = answered.setdefault("multiValueHeaders", {})
    headers |= {name: [value] for name, value in SAFE_HEADERS.items()}
    return answered


def _sent(told: Response[str]) -> Answer:
    headers = {"Content-Type": told.content_type, **told.headers}
    return {
        "statusCode": told.status_code,
        "multiValueHeaders": {name: value if isinstance(value, list) else [value] for name, value in headers.items()},
        "body": told.body,
        "isBase64Encoded": False,
    }


def answer_to(problem: ProblemError, language: Language, request_id: str | None) -> Response[str]:
    """The answer that tells a problem."""
    title, happened, then = PROBLEMS[problem.code]
    told = Problem(
        title=title[language],
        status=STATUS[problem.code],
        code=problem.code,
        detail=problem.detail or happened[language].format(about=problem.about),
        next=then[language],
        fields=tuple(WrongField(field=name, text=text or OTHERWISE_WRONG[language]) for name, text in problem.fields),
        decided=problem.decided,
        claimed_by=problem.claimed_by,
        version=problem.version,
        request_id=request_id,
    )
    headers: dict[str, str | list[str]] = dict(SAFE_HEADERS)
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


def _later(failure: TryLater) -> Response[str]:
    logger.warning("a system we need does not answer", extra={"reason": str(failure)})
    return _told(ProblemError("unavailable"))


def _not_json(_error: Exception) -> Response[str]:
    return _told(ProblemError("unreadable"))


def _invalid(error: RequestValidationError) -> Response[str]:
    language: Language = app.context["language"]
    return _told(ProblemError("invalid", fields=tuple(_wrong(one, language) for one in error.errors())))


def _broken_answer(error: ResponseValidationError) -> Response[str]:
    # Where only: what stands there may be somebody's name.
    logger.error("an answer does not keep the contract", extra={"places": [str(one["loc"]) for one in error.errors()]})
    return _told(ProblemError("broken"))


def _broken(error: Exception) -> Response[str]:
    # The error's text may quote a record; its type and place are enough to find the fault.
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
    logger.error("a request broke", extra={"error": type(error).__name__, "at": place})
    return _told(ProblemError("broken"))


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _told(ProblemError("no_such_route"))


def _wrong(error: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """A field and what is wrong with it; what was sent is not repeated."""
    place = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    said = WRONG.get(error["type"])
    return place, said[language] if said else (error["msg"] if language == "en" else OTHERWISE_WRONG[language])


def _header(event: Mapping[str, Any], name: str) -> str | None:
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name and isinstance(value, str)), None)


for _error, _answer_to_it in (
    (ProblemError, _told),
    (TryLater, _later),
    (RequestUnsupportedContentType, _not_json),
    (RequestValidationError, _invalid),
    (ResponseValidationError, _broken_answer),
    (NotFoundError, _no_such_route),
    # Bytes that are no text, and JSON nested deeper than can be read.
    (UnicodeDecodeError, _not_json),
    (RecursionError, _not_json),
    (Exception, _broken),
):
    app.exception_handler(_error)(_answer_to_it)
