from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kundeflyt.adapters.aws.review_queue import SqsReviewQueue
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.ports.failures import Done, TryLater
from tests.adapters.aws.answers import answers
from tests.domain.case_situation import request
from tests.fakes.aws import LocalAws

SCHEMA = Path(__file__).parents[3] / "infra" / "contracts" / "review_case.schema.json"


class Queue:
    def __init__(self, aws: LocalAws) -> None:
        self.client: Any = aws.client("sqs")
        self.url = self.client.create_queue(QueueName=aws.fresh("review"))["QueueUrl"]
        self.queue = SqsReviewQueue(self.client, queue_url=self.url)

    def bodies(self) -> list[str]:
        received: list[str] = []
        while messages := self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            received += [message["Body"] for message in messages]
        return received


@pytest.fixture
def queue(aws: LocalAws) -> Queue:
    return Queue(aws)


class TestARequestOnTheQueue:
    def test_is_the_documented_message(self, queue: Queue) -> None:
        [outcome] = queue.queue.put([request(waits_days=7)])
        assert isinstance(outcome, Done)
        [body] = queue.bodies()
        Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(body))
        assert ReviewRequest.model_validate_json(body) == request(waits_days=7)

    def test_is_one_message_however_many_there_are(self, queue: Queue) -> None:
        outcomes = queue.queue.put([request(company) for company in range(1, 24)])
        assert all(isinstance(outcome, Done) for outcome in outcomes)
        told = {ReviewRequest.model_validate_json(body).company.id for body in queue.bodies()}
        assert told == set(range(1, 24))

    def test_waits_when_sqs_does_not_answer(self, queue: Queue) -> None:
        queue.client.meta.events.register("before-send.sqs.*", answers("ServiceUnavailable", 503))
        [outcome] = queue.queue.put([request()])
        assert isinstance(outcome, TryLater)

    def test_waits_alone_when_sqs_does_not_take_it(self, queue: Queue) -> None:
        def one_fails(parsed: dict[str, Any], **_: Any) -> None:
            [first, *others] = parsed["Successful"]
            parsed |= {"Successful": others, "Failed": [{"Id": first["Id"], "Code": "InternalError"}]}

        queue.client.meta.events.register("after-call.sqs.SendMessageBatch", one_fails)
        outcomes = queue.queue.put([request(1), request(2)])
        assert [type(outcome) for outcome in outcomes] == [TryLater, Done]
