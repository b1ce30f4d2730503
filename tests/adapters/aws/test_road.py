from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.mailbox import SqsMailbox
from kundeflyt.adapters.aws.road import SqsRoad, schedule_name
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.failures import TryLater
from tests.adapters.aws.answers import answers
from tests.fakes.aws import ACCOUNT, LocalAws

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EVENT = Event(name=CALL_LOGGED, portal_id=7, record_id=2**53 + 1, occurred_at=NOW, received_at=NOW, round=2)
NEXT = {"detail-type": "CallLogged", "detail": EVENT.next_round().to_json()}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
DEAD_LETTERS = "arn:aws:sqs:eu-north-1:123456789012:dead"


class Queues:
    """A road and a mailbox on queues of their own."""

    def __init__(self, aws: LocalAws) -> None:
        self.sqs: Any = aws.client("sqs")
        self.scheduler: Any = aws.client("scheduler")
        self.group = aws.fresh("group")
        self.scheduler.create_schedule_group(Name=self.group)
        self.url = self.sqs.create_queue(QueueName=aws.fresh("queue"))["QueueUrl"]
        self.dead_letter_url = self.sqs.create_queue(QueueName=aws.fresh("dead"))["QueueUrl"]
        self.arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self.road = SqsRoad(
            self.sqs,
            self.scheduler,
            queue_url=self.url,
            queue_arn=self.arn,
            dead_letter_arn=DEAD_LETTERS,
            role_arn=ROLE,
            group=self.group,
            clock=lambda: NOW,
        )
        self.mailbox = SqsMailbox(self.sqs, queue_url=self.url, dead_letter_url=self.dead_letter_url)

    def schedule(self, key: str) -> dict[str, Any]:
        return dict(self.scheduler.get_schedule(GroupName=self.group, Name=schedule_name(key)))

    def schedules(self) -> int:
        return len(self.scheduler.list_schedules(GroupName=self.group)["Schedules"])

    def waiting(self) -> dict[str, str]:
        """How many messages can be seen, and how many are held back."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return {name.removeprefix("ApproximateNumberOfMessages") or "Seen": answer[name] for name in names}

    def receive(self, url: str) -> list[dict[str, Any]]:
        return list(self.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", []))


@pytest.fixture
def queues(aws: LocalAws) -> Queues:
    return Queues(aws)


class TestBringing:
    def test_puts_every_event_on_the_queue_as_it_is(self, queues: Queues) -> None:
        events = [replace(EVENT, record_id=number, round=0) for number in range(1, 24)]

        queues.road.bring(events)

        found: list[Any] = []
        while messages := queues.receive(queues.url):
            found += [json.loads(message["Body"])["detail"] for message in messages]
            for message in messages:
                queues.sqs.delete_message(QueueUrl=queues.url, ReceiptHandle=message["ReceiptHandle"])
        assert sorted(row["record_id"] for row in found) == list(range(1, 24))
        assert {row["round"] for row in found} == {0}

    def test_is_tried_again_when_one_was_not_taken(self, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queues.sqs, "send_message_batch", lambda **_: {"Failed": [{"Id": "0"}]})
        with pytest.raises(TryLater):
            queues.road.bring([EVENT])


class TestWaking:
    def test_books_one_return_of_the_next_round(self, queues: Queues) -> None:
        when = datetime(2026, 3, 3, 8, 0, tzinfo=timezone(timedelta(hours=1)))

        queues.road.wake_at(EVENT, when, key="no_answer/7/1/wake")

        booked = queues.schedule("no_answer/7/1/wake")
        assert booked["ScheduleExpression"] == "at(2026-03-03T07:00:00)"
        assert booked["ScheduleExpressionTimezone"] == "UTC"
        assert booked["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert booked["ActionAfterCompletion"] == "DELETE"
        assert booked["Target"]["Arn"] == queues.arn
        assert booked["Target"]["RoleArn"] == ROLE
        assert booked["Target"]["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
        assert json.loads(booked["Target"]["Input"]) == NEXT

    def test_the_same_key_twice_is_one_return_at_the_first_time(self, queues: Queues) -> None:
        for hours in (1, 2):
            queues.road.wake_at(EVENT, NOW + timedelta(hours=hours), key="a")
        queues.road.wake_at(EVENT, NOW + timedelta(hours=3), key="b")

        assert queues.schedules() == 2
        assert queues.schedule("a")["ScheduleExpression"] == "at(2026-03-02T10:30:00)"

    def test_never_comes_before_its_time(self, queues: Queues) -> None:
        queues.road.wake_at(EVENT, NOW + timedelta(hours=1, microseconds=1), key="a")

        assert queues.schedule("a")["ScheduleExpression"] == "at(2026-03-02T10:30:01)"

    def test_a_time_that_is_past_means_at_once(self, queues: Queues) -> None:
        """A plan may be performed long after it was made; a schedule in the past would never come."""
        queues.road.wake_at(EVENT, NOW - timedelta(hours=1), key="a")

        assert queues.schedule("a")["ScheduleExpression"] == "at(2026-03-02T09:30:15)"

    def test_tries_later_when_the_scheduler_is_busy(self, queues: Queues) -> None:
        queues.scheduler.meta.events.register("before-send.scheduler.*", answers("ThrottlingException", 429))

        with pytest.raises(TryLater, match="Scheduler"):
            queues.road.wake_at(EVENT, NOW, key="a")

    def test_says_so_when_it_is_not_allowed(self, queues: Queues) -> None:
        queues.scheduler.meta.events.register("before-send.scheduler.*", answers("AccessDeniedException", 403))

        with pytest.raises(ClientError, match="AccessDenied"):
            queues.road.wake_at(EVENT, NOW, key="a")


class TestPuttingBack:
    def test_is_on_the_queue_at_once_as_its_next_round(self, queues: Queues) -> None:
        queues.road.put_back(EVENT, after=timedelta(0), key="a")

        [message] = queues.receive(queues.url)
        assert json.loads(message["Body"]) == NEXT

    def test_lets_the_queue_hold_back_what_is_near(self, queues: Queues) -> None:
        queues.road.put_back(EVENT, after=timedelta(minutes=15), key="a")

        assert queues.waiting() == {"Seen": "0", "Delayed": "1"}
        assert queues.schedules() == 0

    def test_books_what_is_further_off(self, queues: Queues) -> None:
        queues.road.put_back(EVENT, after=timedelta(minutes=16), key="a")

        assert queues.waiting() == {"Seen": "0", "Delayed": "0"}
        assert queues.schedule("a")["ScheduleExpression"] == "at(2026-03-02T09:46:00)"

    def test_tries_later_when_sqs_is_busy(self, queues: Queues) -> None:
        queues.sqs.meta.events.register("before-send.sqs.*", answers("ServiceUnavailable", 503))

        with pytest.raises(TryLater, match="SQS"):
            queues.road.put_back(EVENT, after=timedelta(0), key="a")


class TestMailbox:
    @pytest.fixture
    def handle(self, queues: Queues) -> str:
        queues.sqs.send_message(QueueUrl=queues.url, MessageBody="{}")
        [message] = queues.receive(queues.url)
        return str(message["ReceiptHandle"])

    def test_a_message_comes_back_after_a_while(self, queues: Queues, handle: str) -> None:
        assert queues.receive(queues.url) == []

        queues.mailbox.retry_in(handle, timedelta(0))

        assert len(queues.receive(queues.url)) == 1

    def test_asks_for_no_longer_than_sqs_allows(self, queues: Queues, handle: str) -> None:
        asked: list[int] = []
        queues.sqs.meta.events.register(
            "before-parameter-build.sqs.ChangeMessageVisibility",
            lambda params, **_: asked.append(params["VisibilityTimeout"]),
        )

        queues.mailbox.retry_in(handle, timedelta(hours=30))

        assert asked == [41_400]
        assert queues.receive(queues.url) == []

    @pytest.mark.parametrize("trouble", [None, answers("ServiceUnavailable", 503)])
    def test_a_message_that_cannot_be_sent_back_comes_back_by_itself(
        self, queues: Queues, handle: str, trouble: Any
    ) -> None:
        if trouble:
            queues.sqs.meta.events.register("before-send.sqs.*", trouble)

        queues.mailbox.retry_in("a receipt of long ago", timedelta(seconds=1))

    def test_says_so_when_it_is_not_allowed(self, queues: Queues, handle: str) -> None:
        """SAM's own role lacks sqs:ChangeMessageVisibility: that must be seen."""
        queues.sqs.meta.events.register("before-send.sqs.*", answers("AccessDeniedException", 403))

        with pytest.raises(ClientError, match="AccessDenied"):
            queues.mailbox.retry_in(handle, timedelta(seconds=1))

    def test_a_dead_letter_is_as_it_came_with_the_reason_beside_it(self, queues: Queues) -> None:
        queues.mailbox.dead_letter('{"detail": ', "the message is not JSON " + "x" * 5000)

        [letter] = queues.receive(queues.dead_letter_url)
        assert letter["Body"] == '{"detail": '
        assert letter["MessageAttributes"]["reason"]["StringValue"].startswith("the message is not JSON")

    def test_a_dead_letter_that_is_not_taken_is_not_lost(self, queues: Queues) -> None:
        queues.sqs.meta.events.register("before-send.sqs.*", answers("ServiceUnavailable", 503))

        with pytest.raises(TryLater, match="SQS"):
            queues.mailbox.dead_letter("{}", "why")
