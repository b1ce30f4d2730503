"""Messages that were set aside: why, and bringing them back to their queue."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, table, when
from kundeflyt.domain.events import Event, MalformedEventError

AT_ONCE = 10
SECONDS_ASIDE = 60
"""A message that has been read is out of others' sight so long, unless we put it back before."""
SHOWN_OF_BODY = 300

commands = group("dead-letters", "Messages a flow has set aside: nobody could read them, or they could not be done.")

Flow = Annotated[str, typer.Argument(help="The flow's name.")]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message that was set aside. `event` is None when nobody can read it."""

    id: str
    receipt: str
    body: str
    reason: str
    set_aside_at: datetime
    event: Event | None

    def as_json(self) -> dict[str, Any]:
        """What there is to tell of it; of an event ids and times only."""
        return {
            "id": self.id,
            "set_aside_at": self.set_aside_at,
            "reason": self.reason,
            "readable": self.event is not None,
            "event": self.event.to_json() if self.event else None,
        }

    def about(self) -> str:
        """Which event of which record, or the beginning of what nobody can read, its digits hidden."""
        if self.event:
            return f"{self.event.name} {self.event.subject}"
        start = "".join("•" if letter.isdigit() else letter for letter in self.body[:SHOWN_OF_BODY])
        return f"unreadable: {start!r}"


@command(commands, "list")
def show_all(desk: Desk) -> None:
    """Count what each flow has set aside."""
    counts = {flow: _count(desk.stack, flow) for flow in desk.stack.flows}
    shown = table("", "flow", "dead letters")
    for flow, count in counts.items():
        shown.add_row(flow, Text(str(count), style="red" if count else ""))
    desk.output.tell({"dead_letters": counts}, shown)


@command(commands, "show")
def show(desk: Desk, flow: Flow) -> None:
    """Show what a flow has set aside, each with its reason. Nothing is changed."""
    stack = desk.stack
    url = stack.of_flow(stack.known(flow), "DeadLetterUrl")
    letters = sorted(_received(stack, url), key=lambda letter: letter.set_aside_at)
    _put_back(stack, url, letters)
    desk.output.tell(
        {"flow": flow, "dead_letters": [letter.as_json() for letter in letters]},
        *(
            Text(f"{when(letter.set_aside_at)}  {letter.about()}\n    {letter.reason}\n    id {letter.id}")
            for letter in letters
        ),
        Text(f"{len(letters)} set aside by {flow}."),
    )


@command(commands, "redrive")
def redrive(
    desk: Desk,
    flow: Flow,
    only: Annotated[list[str] | None, typer.Option("--id", help="Only this one, by its id; may be repeated.")] = None,
) -> None:
    """Bring messages back to the flow's queue, to be worked again. What was done is not done twice.

    What nobody can read stays, unless its id is given. May be broken off and run again: a message is deleted only
    after it is back on its queue.
    """
    stack = desk.stack
    url, queue = stack.of_flow(stack.known(flow), "DeadLetterUrl"), stack.of_flow(flow, "QueueUrl")
    sqs = stack.client("sqs")
    began = datetime.now(UTC)
    gone: list[Letter] = []
    left: list[Letter] = []
    try:
        for letter in _received(stack, url):
            wanted = letter.id in only if only else letter.event is not None
            # What comes here while we are at it has just failed again.
            if not wanted or letter.set_aside_at > began:
                left.append(letter)
                continue
            sqs.send_message(QueueUrl=queue, MessageBody=letter.body)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
            gone.append(letter)
    finally:
        _put_back(stack, url, left)
    if missing := set(only or ()) - {letter.id for letter in gone}:
        raise Problem(f"{flow} has set aside no message {', '.join(sorted(missing))}; {len(gone)} brought back.")
    desk.output.tell(
        {"flow": flow, "redriven": [letter.as_json() for letter in gone], "left": [one.as_json() for one in left]},
        *(Text(f"back on the queue: {letter.about()}") for letter in gone),
        Text(f"{len(gone)} brought back to {flow}, {len(left)} left."),
    )


def _count(stack: Connection, flow: str) -> int:
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.of_flow(flow, "DeadLetterUrl"),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(int(count) for count in answer["Attributes"].values())


def _received(stack: Connection, url: str) -> Iterator[Letter]:
    """Every message there is, each once; out of others' sight until it is put back or deleted.

    AWS' own StartMessageMoveTask moves all or nothing, tells nobody what it moves, and the emulator does not have it.
    """
    sqs = stack.client("sqs")
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=SECONDS_ASIDE,
            WaitTimeSeconds=1,  # a short look asks only some of SQS' servers
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        for message in fresh:
            seen.add(message["MessageId"])
            yield _letter(message)


def _put_back(stack: Connection, url: str, letters: list[Letter]) -> None:
    sqs = stack.client("sqs")
    for letter in letters:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def _letter(message: Any) -> Letter:
    return Letter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        reason=_reason(message.get("MessageAttributes", {})),
        set_aside_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        event=_event(message["Body"]),
    )


def _reason(written: dict[str, Any]) -> str:
    """The flow's own word; else that of the bus or the scheduler, which could not deliver it; else SQS gave up."""
    attributes = {name: one.get("StringValue", "") for name, one in written.items()}
    undelivered = " ".join(attributes[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in attributes)
    return (
        attributes.get("reason") or undelivered or "its function crashed or ran out of time at every try: see the log"
    )


def _event(body: str) -> Event | None:
    try:
        envelope = json.loads(body)
        return Event.from_json(envelope.get("detail") if isinstance(envelope, dict) else None)
    except (ValueError, RecursionError, MalformedEventError):
        return None
