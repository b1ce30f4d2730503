"""The messages a flow has set aside in SQS, and the way back to its queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from kundeflyt.adapters.aws.calls import waiting_may_help
from kundeflyt.domain.events import Event, MalformedEventError
from kundeflyt.ports.operations import DeadLetter, Redriven

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_ONCE: Final = 10
SECONDS_ASIDE: Final = 60
"""A message that has been read is out of others' sight so long, unless we put it back before."""


class SqsDeadLetters:
    """The DeadLetters of one flow; `url` is where they lie, `queue_url` where they came from.

    A message is deleted only after it is back on its queue. AWS' own StartMessageMoveTask moves all or nothing, tells
    nobody what it moves, and the emulator does not have it.
    """

    def __init__(self, client: SQSClient, *, url: str, queue_url: str) -> None:
        self._client = client
        self._url = url
        self._queue_url = queue_url

    def count(self) -> int:
        """How many there are, about, those that somebody is looking at included."""
        with waiting_may_help("SQS"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        return sum(int(count) for count in answer["Attributes"].values())

    def all(self) -> Sequence[DeadLetter]:
        """Every one of them, the oldest first; each is out of others' sight for a moment, and then put back."""
        letters: list[DeadLetter] = []
        try:
            letters.extend(self._received())
        finally:
            self._put_back(letters)
        return sorted(letters, key=lambda letter: letter.set_aside_at)

    def redrive(self, only: Collection[str] | None, *, now: datetime) -> Redriven:
        """Brings messages back to the flow's queue; what nobody can read stays, unless its id is given."""
        gone: list[DeadLetter] = []
        left: list[DeadLetter] = []
        try:
            for letter in self._received():
                wanted = letter.id in only if only else letter.event is not None
                if not wanted or letter.set_aside_at > now:
                    left.append(letter)
                    continue
                with waiting_may_help("SQS"):
                    self._client.send_message(QueueUrl=self._queue_url, MessageBody=letter.body)
                    self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)
                gone.append(letter)
        finally:
            self._put_back(left)
        return Redriven(gone=tuple(gone), left=tuple(left))

    def _received(self) -> Iterator[DeadLetter]:
        """Every message there is, each once; out of others' sight until it is put back or deleted."""
        seen: set[str] = set()
        while True:
            with waiting_may_help("SQS"):
                answer = self._client.receive_message(
                    QueueUrl=self._url,
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

    def _put_back(self, letters: Sequence[DeadLetter]) -> None:
        with waiting_may_help("SQS"):
            for letter in letters:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
                )


def _letter(message: Any) -> DeadLetter:
    return DeadLetter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        reason=_reason(message.get("MessageAttributes", {})),
        set_aside_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        event=_event(message["Body"]),
    )


def _reason(written: Mapping[str, Any]) -> str:
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
