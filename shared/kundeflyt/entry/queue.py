"""A flow's door: a batch of queue messages in, what became of each out. Reads the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kundeflyt.domain.events import WHOEVER, Event, MalformedEventError
from kundeflyt.domain.rules import FlowRules, Rules
from kundeflyt.engine.flow import Broken, Finished, Flow, Later, Result
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.notices import Notices

# Patience with the world: after that a person has to look. Longer than contact hours, so that an SMS has met its own
# deadline before and the adviser has been told.
PATIENCE = timedelta(hours=10)
# Patience with ourselves: code that fails this often on one message will go on failing.
TRIES_OF_OUR_OWN = 5
# Each try waits longer: SQS itself gives up at the queue's maxReceiveCount (100), and must never be first.
LONGER_EACH_TRY = timedelta(seconds=10)
_LONGEST_VISIBILITY = timedelta(hours=12)

FactsT = TypeVar("FactsT")
RulesT = TypeVar("RulesT", bound=FlowRules)


class Mailbox(Protocol):
    """The flow's own queue and the place for messages that a person has to look at."""

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        """The message comes back after a while."""
        ...

    def dead_letter(self, body: str, reason: str) -> None:
        """The message is set aside with the reason; nothing of it is lost."""
        ...


class Wired(Protocol[RulesT]):
    """What wiring has built for a flow."""

    @property
    def ports(self) -> Ports:
        """The outside world; raises TryLater when it cannot be reached with what we know."""
        ...

    @property
    def portal_id(self) -> int:
        """The HubSpot portal that `ports` reads and writes; raises TryLater as it does."""
        ...

    @property
    def notices(self) -> Notices:
        """Operations, who can be told also when there is no secret."""
        ...

    @property
    def mailbox(self) -> Mailbox:
        """The flow's queue."""
        ...

    def rules(self) -> Rules[RulesT]:
        """The rules now in force; raises TryLater when none can be read."""
        ...

    def begin(self, rules: Rules[RulesT], *, bulk: bool) -> None:
        """A batch begins: vendors are called at the pace of these rules, and bulk work lets other work go first."""
        ...

    def flush(self) -> None:
        """Lets operations have what was noted."""
        ...


@dataclass(frozen=True)
class OtherPortal:
    """The event's ids mean other records here: whatever we did would be done to the wrong customer."""

    ours: int


@dataclass(frozen=True)
class _Message:
    id: str
    body: str
    receipt_handle: str
    tries: int
    first_tried_at: datetime


def queue_handler(
    flow: Flow[FactsT, RulesT], *, texts: Path | None = None
) -> Callable[[Mapping[str, Any], object], dict[str, Any]]:
    """The Lambda handler of a flow: builds its world on first use, and answers a partial batch.

    `texts` is the folder with what customers read; a flow that writes to no customer has none.
    A message that is not ours to understand, that is about another portal than the secret's, that our code keeps
    failing on, or that the world has not let us do for ten hours goes to the dead letters with its reason; its
    neighbours are not held up.
    """

    @lru_cache(maxsize=1)
    def wired() -> Wired[RulesT]:
        from kundeflyt.wiring.flow import build  # noqa: PLC0415 - reads the environment, which tests do not have

        return build(flow.name, flow.rules, texts, clock=_now)

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
        world = wired()
        try:
            return answer(flow, event["Records"], world, _now())
        finally:
            world.flush()

    return handle


def answer(
    flow: Flow[FactsT, RulesT], records: Sequence[Mapping[str, Any]], world: Wired[RulesT], now: datetime
) -> dict[str, Any]:
    """Deals with a batch; what is left for later is named in `batchItemFailures` and comes back by itself."""

    def work(events: Sequence[Event]) -> Mapping[Event, Result | OtherPortal]:
        return _run(flow, events, world, now)

    return work_through(flow.name, records, world, now, read=_event, work=work)


class Worked(Protocol):
    """What a message tells of: which portal it is about, and what happened."""

    @property
    def portal_id(self) -> int:
        """HubSpot's id of the portal."""
        ...

    @property
    def subject(self) -> str:
        """What happened, not its delivery."""
        ...


WorkedT = TypeVar("WorkedT", bound=Worked)


def work_through(
    name: str,
    records: Sequence[Mapping[str, Any]],
    world: Wired[Any],
    now: datetime,
    *,
    read: Callable[[str], WorkedT],
    work: Callable[[Sequence[WorkedT]], Mapping[WorkedT, Result | OtherPortal]],
) -> dict[str, Any]:
    """Deals with a batch of messages of any form, for the function of that name.

    `read` gives what a message tells of, or raises MalformedEventError; `work` says what became of each.
    """
    messages = [_message(record) for record in records]
    told: dict[str, WorkedT] = {}
    failures: list[dict[str, str]] = []
    for message in messages:
        try:
            told[message.id] = read(message.body)
        except MalformedEventError as error:
            world.notices.note("MessageMalformed", flow=name, message=message.id)
            if not _set_aside(message, str(error), world):
                failures.append({"itemIdentifier": message.id})
    results = work(list(told.values()))
    back = [message for message in messages if message.id in told]
    failures += [
        {"itemIdentifier": message.id}
        for message in back
        if not _is_over(name, message, told[message.id], results[told[message.id]], world, now)
    ]
    return {"batchItemFailures": failures}


def _run(
    flow: Flow[FactsT, RulesT], events: Sequence[Event], world: Wired[RulesT], now: datetime
) -> Mapping[Event, Result | OtherPortal]:
    try:
        rules, ports, portal_id = world.rules(), world.ports, world.portal_id
        # One event that somebody waits for, and the whole batch is urgent: its calls have to be made anyway.
        world.begin(rules, bulk=bool(events) and all(event.bulk for event in events))
    except TryLater as failure:
        return dict.fromkeys(events, Later(after=failure.after, reason=str(failure)))
    others = [event for event in events if event.portal_id not in {portal_id, WHOEVER}]
    ours = {event: replace(event, portal_id=portal_id) for event in events if event.portal_id in {portal_id, WHOEVER}}
    results = run(flow, list(ours.values()), ports, rules, now)
    return {**dict.fromkeys(others, OtherPortal(ours=portal_id)), **{event: results[ours[event]] for event in ours}}


def _is_over(
    flow: str, message: _Message, told: Worked, result: Result | OtherPortal, world: Wired[Any], now: datetime
) -> bool:
    match result:
        case Finished():
            return True
        case OtherPortal(ours=ours):
            world.notices.note("OtherPortal", flow=flow, subject=told.subject)
            return _set_aside(message, f"the event is about portal {told.portal_id}; this stack acts on {ours}", world)
        case Later(after=after, reason=reason):
            if now - message.first_tried_at > PATIENCE:
                world.notices.note("GaveUp", flow=flow, subject=told.subject)
                return _set_aside(message, f"not done in {PATIENCE.seconds // 3600} hours: {reason}", world)
            world.notices.note("TriedLater", flow=flow, subject=told.subject, reason=reason)
            wait = max(after, LONGER_EACH_TRY * (message.tries - 1))
            world.mailbox.retry_in(message.receipt_handle, min(wait, _LONGEST_VISIBILITY))
            return False
        case Broken(error=error):
            # The error's text may quote a record; its type and place are enough to find the fault.
            world.notices.note(
                "MessageBroke", flow=flow, subject=told.subject, error=type(error).__name__, at=_place(error)
            )
            if message.tries >= TRIES_OF_OUR_OWN:
                reason = f"our code failed {message.tries} times: {type(error).__name__} at {_place(error)}"
                return _set_aside(message, reason, world)
            world.mailbox.retry_in(message.receipt_handle, timedelta(seconds=10 * message.tries))
            return False


def _set_aside(message: _Message, reason: str, world: Wired[Any]) -> bool:
    """False while SQS does not take it: the message then comes back by itself, and its neighbours are still served."""
    try:
        world.mailbox.dead_letter(message.body, reason)
    except TryLater:
        return False
    return True


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"


def _message(record: Mapping[str, Any]) -> _Message:
    attributes = record["attributes"]
    return _Message(
        id=record["messageId"],
        body=record["body"],
        receipt_handle=record["receiptHandle"],
        tries=int(attributes["ApproximateReceiveCount"]),
        # Not when it was sent: what waited in a long queue has not been tried yet.
        first_tried_at=datetime.fromtimestamp(int(attributes["ApproximateFirstReceiveTimestamp"]) / 1000, UTC),
    )


def _event(body: str) -> Event:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedEventError("the message is not JSON") from error
    if not isinstance(envelope, dict):
        raise MalformedEventError("the message is not a JSON object")
    return Event.from_json(envelope.get("detail"))


def _now() -> datetime:
    return datetime.now(UTC)
