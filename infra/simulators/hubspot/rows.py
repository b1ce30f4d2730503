"""What every batch endpoint of HubSpot shares: reading the rows and answering for each of them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from infra.simulators import clock
from infra.simulators.hubspot.errors import invalid

Json = dict[str, Any]


async def json_body(request: Request) -> Json:
    """The request's JSON object; raises a 400 when it is anything else."""
    try:
        body = await request.json()
    except ValueError:
        raise invalid("Invalid input JSON.") from None
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON: an object is expected.")
    return body


def rows(body: Json, *, at_most: int) -> list[Json]:
    """The rows of a batch; raises a 400 when there are none, too many, or they are not objects."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(row, dict) for row in inputs):
        raise invalid("Invalid input JSON: inputs is required and must be a list of objects.")
    if len(inputs) > at_most:
        raise invalid(f"The batch has {len(inputs)} inputs; the maximum is {at_most}.")
    return inputs


def string_list(body: Json, key: str) -> list[str]:
    """A list of names in the body, none when it is left out; raises a 400 for anything else."""
    names = body.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid(f"Invalid input JSON: {key} must be a list of strings.")
    return names


def answer(results: list[Json], errors: list[Json] | None = None, *, status: int = 200) -> JSONResponse:
    """The batch answer: 207 with the rows that failed, else the given status."""
    now = clock.iso(clock.now())
    body: Json = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        status = 207
    return JSONResponse(body, status)
