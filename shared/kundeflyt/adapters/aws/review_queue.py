"""The queue on which customers wait to be assessed. What a message holds: infra/contracts/review_case.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.aws.calls import waiting_may_help
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.ports.failures import Done, Outcome, TryLater

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

PER_CALL: Final = 10


class SqsReviewQueue:
    """Sends one message for each request. SQS may bring it twice, and so may we: its key tells that it is one."""

    def __init__(self, client: SQSClient, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, requests: Sequence[ReviewRequest]) -> Sequence[Outcome]:
        """Puts the requests on the queue, ten in a call; `Done.result` is the message's id."""
        outcomes: list[Outcome] = []
        for first in range(0, len(requests), PER_CALL):
            outcomes += self._send(requests[first : first + PER_CALL])
        return outcomes

    def _send(self, requests: Sequence[ReviewRequest]) -> list[Outcome]:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(place), "MessageBody": request.model_dump_json()} for place, request in enumerate(requests)
        ]
        try:
            with waiting_may_help("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except TryLater as failure:
            return [failure] * len(requests)
        sent = {one["Id"]: one["MessageId"] for one in answer.get("Successful", ())}
        return [
            Done(result=sent[str(place)]) if str(place) in sent else TryLater(f"SQS did not take case {request.key}")
            for place, request in enumerate(requests)
        ]
