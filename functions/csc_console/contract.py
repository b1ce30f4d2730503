"""The API's contract: how a route comes into it, and the document that others build on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from csc_console.rights import RIGHTS, Right
from csc_console.views import Problem

VERSION: Final = "1.0.0"
PROBLEM_TYPE: Final = "application/problem+json"

_SAYING_NO: Final = {
    "401": "Nobody is signed in, or the token is not ours.",
    "403": "The person may not do this, or the customer is another PFA's.",
    "404": "There is no such record.",
    "409": "The record has changed meanwhile or does not let this be done; `decided`, `claimed_by` tell by whom.",
    "415": "The body is not JSON.",
    "422": "The request cannot be used as it is; `fields` name what is wrong.",
    "429": "Too many requests at once; told by API Gateway before anything is done.",
    "500": "A fault of ours.",
    "503": "A system we need does not answer; `Retry-After` says when to try again.",
}
_ONLY_POWERTOOLS_OWN: Final = ("HTTPValidationError", "ValidationError", "ResponseValidationError")

AnswerT = TypeVar("AnswerT", bound=Callable[..., Any])


def route(router: Router, tag: str) -> Callable[[AnswerT], AnswerT]:
    """The function answers the operation it is named after; its path and method stand in the rights table."""

    def register(answer: AnswerT) -> AnswerT:
        name = answer.__name__
        [(method, path)] = [where for where, right in RIGHTS.items() if right.operation == name]
        told = inspect.getdoc(answer) or ""
        router.route(
            path, method=method, operation_id=name, tags=[tag], summary=told.splitlines()[0], description=told
        )(answer)
        return answer

    return register


def openapi(app: APIGatewayRestResolver) -> str:
    """The contract as an OpenAPI document, the same letter by letter for the same code."""
    document = json.loads(
        app.get_openapi_json_schema(
            title="kundeflyt console",
            version=VERSION,
            description="Review cases, customers' histories and the state of the flows, for CSC, PFA and operations.",
            security_schemes={"token": HTTPBearer(bearerFormat="Cognito ID token")},
            security=[{"token": []}],
        )
    )
    components = document["components"]
    components["responses"] = {f"Problem{status}": _saying_no(when) for status, when in _SAYING_NO.items()}
    for name in _ONLY_POWERTOOLS_OWN:
        components["schemas"].pop(name, None)
    components["schemas"]["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= components["schemas"]["Problem"].pop("$defs")
    by_operation = {right.operation: right for right in RIGHTS.values()}
    for methods in document["paths"].values():
        for operation in methods.values():
            _complete(operation, by_operation[operation["operationId"]])
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _complete(operation: dict[str, Any], right: Right) -> None:
    """Says how the operation may say no, and who it lets in."""
    named = any(one["in"] == "path" for one in operation.get("parameters", ()))
    asks = "parameters" in operation or "requestBody" in operation
    statuses = ["429", "500", "503"]
    statuses += [] if right.public else ["401", "403"]
    statuses += ["404"] if named else []
    statuses += ["409"] if right.changes else []
    statuses += ["415"] if "requestBody" in operation else []
    statuses += ["422"] if asks else []
    given = {status: answer for status, answer in operation["responses"].items() if status == "200"}
    operation["responses"] = given | {
        status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses
    }
    operation["x-groups"] = sorted(right.groups)
    if right.public:
        operation["security"] = []


def _saying_no(when: str) -> dict[str, Any]:
    return {"description": when, "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
