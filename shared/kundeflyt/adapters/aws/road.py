"""The way back: how an event comes to its flow's own queue once more."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

LONGEST_DELAY: Final = timedelta(minutes=15)
"""The queue itself holds a message back no longer than this."""
_BATCH: Final = 10
SOONEST: Final = timedelta(seconds=15)
"""A time that is over before it is booked would never come."""


class SqsRoad:
    """Books one-shot schedules for what is far off, and lets the queue hold back what is near.

    `clock` gives the time, aware. EventBridge Scheduler keeps time to the minute.
    """

    def __init__(
        self,
        sqs: SQSClient,
        scheduler: EventBridgeSchedulerClient,
        *,
        queue_url: str,
        queue_arn: str,
        dead_letter_arn: str,
        role_arn: str,
        group: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._sqs = sqs
        self._scheduler = scheduler
        self._queue_url = queue_url
        self._queue_arn = queue_arn
        self._dead_letter_arn = dead_letter_arn
        self._role_arn = role_arn
        self._group = group
        self._clock = clock

    def bring(self, events: Sequence[Event]) -> None:
        """Puts new events on the queue, ten a call. Raises TryLater; then some may be there, and come twice."""
        for start in range(0, len(events), _BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(place), "MessageBody": _envelope(event)}
                for place, event in enumerate(events[start : start + _BATCH])
            ]
            with waiting_may_help("SQS"):
                failed = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries).get("Failed")
            if failed:
                raise TryLater(f"SQS did not take {len(failed)} of {len(entries)} events: try again")

    def wake_at(self, event: Event, when: datetime, *, key: str) -> None:
        """Brings the event's next round at a time; the same key twice is one return. Raises TryLater.

        A time that is past means at once: the plan may be performed long after it was made.
        """
        moment = max(when, self._clock() + SOONEST).astimezone(UTC)
        if moment.microsecond:
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)  # never before the time
        with waiting_may_help("EventBridge Scheduler"):
            try:
                self._scheduler.create_schedule(
                    Name=schedule_name(key),
                    GroupName=self._group,
                    ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._queue_arn,
                        "RoleArn": self._role_arn,
                        "Input": _envelope(event.next_round()),
                        # Else a return that cannot be delivered for a day would be gone without a word.
                        "DeadLetterConfig": {"Arn": self._dead_letter_arn},
                    },
                )
            except ClientError as error:
                if error_code(error) != "ConflictException":  # a conflict: it is booked already
                    raise

    def put_back(self, event: Event, *, after: timedelta, key: str) -> None:
        """Brings the event's next round after a while, however short or long. Raises TryLater.

        Up to fifteen minutes repeating it may bring it twice, which the flow knows for one.
        """
        if after > LONGEST_DELAY:
            self.wake_at(event, self._clock() + after, key=key)
            return
        with waiting_may_help("SQS"):
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=_envelope(event.next_round()),
                DelaySeconds=max(0, math.ceil(after.total_seconds())),
            )


def schedule_name(key: str) -> str:
    """A schedule's name holds 64 characters at most, and not every one."""
    return f"wake-{sha256(key.encode()).hexdigest()[:40]}"


def _envelope(event: Event) -> str:
    """As the bus would have brought it."""
    return json.dumps({"detail-type": event.name, "detail": event.to_json()})
