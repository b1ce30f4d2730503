"""The flow's queue, seen from the one who works it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.calls import error_code, waiting_may_help
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_VISIBILITY: Final = timedelta(hours=11, minutes=30)
"""SQS hides a message twelve hours at most, counted from when it was received."""
LONGEST_REASON: Final = 1000

_NO_LONGER_OURS: Final = frozenset(
    {
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
    }
)


class SqsMailbox:
    """Sends a message back for a while, or sets it aside for a person."""

    def __init__(self, client: SQSClient, *, queue_url: str, dead_letter_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_url = dead_letter_url

    def retry_in(self, receipt_handle: str, after: timedelta) -> None:
        """The message comes back after a while; if SQS will not hear of it, when its own time is over."""
        try:
            with waiting_may_help("SQS"):
                self._client.change_message_visibility(
                    QueueUrl=self._queue_url,
                    ReceiptHandle=receipt_handle,
                    VisibilityTimeout=math.ceil(min(after, LONGEST_VISIBILITY).total_seconds()),
                )
        except TryLater:
            return
        except ClientError as error:
            if error_code(error) not in _NO_LONGER_OURS:
                raise

    def dead_letter(self, body: str, reason: str) -> None:
        """The message is set aside as it came, with the reason as an attribute. Raises TryLater."""
        with waiting_may_help("SQS"):
            self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:LONGEST_REASON]}},
            )
