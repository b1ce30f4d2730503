"""The door of the review queue: requests to assess a customer in, cases out. Reads the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from kundeflyt.domain.events import MalformedEventError
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.domain.rules import FlowRules
from kundeflyt.engine.cases import as_it_is_now, take_in
from kundeflyt.engine.flow import Broken, Finished, Later, Result
from kundeflyt.entry.queue import OtherPortal, Wired, work_through
from kundeflyt.ports.failures import TryLater

NAME: Final = "review_intake"


def intake_handler() -> Callable[[Mapping[str, Any], object], dict[str, Any]]:
    """The Lambda handler that takes requests in, as patient with the world as every flow.

    A message that is not what infra/contracts/review_case.schema.json says goes to the dead letters with its reason.
    """

    @lru_cache(maxsize=1)
    def wired() -> Wired[FlowRules]:
        from kundeflyt.wiring.flow import build  # noqa: PLC0415 - reads the environment, which tests do not have

        return build(NAME, FlowRules, None, clock=lambda: datetime.now(UTC))

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
        world = wired()
        try:
            return answer(event["Records"], world, datetime.now(UTC))
        finally:
            world.flush()

    return handle


def answer(records: Sequence[Mapping[str, Any]], world: Wired[FlowRules], now: datetime) -> dict[str, Any]:
    """Deals with a batch; what is left for later is named in `batchItemFailures` and comes back by itself."""

    def work(requests: Sequence[ReviewRequest]) -> Mapping[ReviewRequest, Result | OtherPortal]:
        return {request: _take_in(request, world, now) for request in dict.fromkeys(requests)}

    return work_through(NAME, records, world, now, read=_request, work=work)


def _take_in(request: ReviewRequest, world: Wired[FlowRules], now: datetime) -> Result | OtherPortal:
    try:
        if request.portal_id != world.portal_id:
            return OtherPortal(ours=world.portal_id)
        known = as_it_is_now(request, world.ports.ledger)
        take_in(known, world.ports.cases, now, world.rules().common.review_cases)
    except TryLater as failure:
        return Later(after=failure.after, reason=str(failure))
    except Exception as error:  # noqa: BLE001 - whatever one request does to the code, its neighbours are still served
        return Broken(error=error)
    return Finished()


def _request(body: str) -> ReviewRequest:
    try:
        return ReviewRequest.model_validate_json(body)
    except ValidationError as error:
        # Where and what, never the value: the message may hold what it must not.
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'message'}: {one['msg']}" for one in error.errors()[:5])
        raise MalformedEventError(f"the message is no request to assess a customer: {wrong}") from error
