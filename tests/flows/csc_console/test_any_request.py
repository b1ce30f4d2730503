"""Whatever the contract allows, and much that it does not, is answered as the contract says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from csc_console.app import app
from csc_console.contract import openapi
from csc_console.rights import asked as route_of
from tests.domain.case_situation import COMPANY
from tests.fakes.aws import LocalAws
from tests.flows.csc_console.console import KARI, Console, claims

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EVERYBODY = claims(KARI, "csc,pfa,ops")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def bridge(asked: Mapping[str, Console]) -> WsgiApp:
    """HTTP as API Gateway makes events of it, for somebody who is in every group."""

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start("200 OK", [("Content-Type", "application/json")])
            return [openapi(app).encode()]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        said = asked["console"].ask(
            environ["REQUEST_METHOD"],
            _known(environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"]), asked["console"]),
            None,
            body.decode("utf-8", "replace") or None,
            query=environ.get("QUERY_STRING", ""),
            verified=EVERYBODY,
            headers={"Content-Type": environ.get("CONTENT_TYPE") or "application/json"},
        )
        start(f"{said.status} x", [(name, value) for name, values in said.headers.items() for value in values])
        return [said.text.encode()]

    return serve


def _known(method: str, path: str, console: Console) -> str:
    """The same path with records that are there: nobody finds one by chance."""
    found = route_of(method, path)
    if found is None:
        return path
    case = next(iter(console.cases.cases))
    there = {"case_id": case, "company_id": str(COMPANY), "flow": "no_answer", "name": "no_answer"}
    return re.sub(r"<(\w+)>", lambda name: there[name[1]], found.route)


asked: dict[str, Console] = {}
SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", bridge(asked))
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok)
}


@pytest.fixture(scope="module", autouse=True)
def at_work(aws: LocalAws) -> Iterator[None]:
    """A console with one case, which all requests are put to."""
    asked["console"] = Console(aws)
    asked["console"].open_case()
    yield
    asked.clear()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_any_request_is_answered_as_the_contract_says(operation: str, mode: GenerationMode) -> None:
    """By requests that keep the contract (positive) and by those that break it somewhere (negative)."""

    @given(case=OPERATIONS[operation].as_strategy(generation_mode=mode))
    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS)

    try:
        holds()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # what takes nothing can be asked for in one way only
