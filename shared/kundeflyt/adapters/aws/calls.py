"""How we call AWS: how long we wait, and which errors waiting helps against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from kundeflyt.ports.failures import TryLater

CLIENT_CONFIG: Final = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=20,
    # Else the SDK puts its own long name together for each request.
    user_agent="kundeflyt",
)

# The ledger is asked most, and DynamoDB itself refuses what is wrong. Elsewhere boto3 goes on checking: S3 would take
# the deletion of an object without a name for that of its bucket.
DYNAMODB_CONFIG: Final = CLIENT_CONFIG.merge(Config(parameter_validation=False))

_BUSY: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TooManyUpdates",
    }
)


def error_code(error: ClientError) -> str:
    """The name AWS gives the error."""
    return error.response.get("Error", {}).get("Code", "unknown")


@contextmanager
def waiting_may_help(service: str, *, after: timedelta = timedelta(seconds=30)) -> Iterator[None]:
    """A service that is busy, broken or silent means: try later. Any other error is ours, and is raised as it is.

    `after` is how long the message waits; boto3 has already tried three times within seconds.
    """
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise TryLater(f"{service} did not answer ({type(error).__name__})", after=after) from error
    except ClientError as error:
        code = error_code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _BUSY or status >= 500:
            raise TryLater(f"{service} is busy or broken ({code})", after=after) from error
        raise
