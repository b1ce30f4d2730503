"""What the doors keep in hand: values from afar, and the stack's secret."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT: Final = timedelta(minutes=5)
REFRESHED_AT_MOST_EVERY: Final = timedelta(minutes=1)
# The bus retries by itself; the others get one more try. All of it has to fit in the 5 s a vendor waits.
BUS_CLIENT: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
CLIENT: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})

T = TypeVar("T")


class ConfigurationError(Exception):
    """The stack is not set up as a door needs it; the text says what to put right."""


class Kept(Generic[T]):
    """A value from afar, kept five minutes and fetched anew at most once a minute however often it is doubted."""

    def __init__(self, fetch: Callable[[], T]) -> None:
        self._fetch = fetch
        self._value: T
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    def value(self, now: datetime) -> T:
        """The value, fetched if there is none or it is older than five minutes.

        The one at hand is used while AWS is silent; raises what the fetch raises where there is none.
        """
        if self._fetched_at is None:
            self._renew(now)
        elif now - self._fetched_at >= KEPT:
            with suppress(TryLater):
                self.doubt(now)
        return self._value

    def doubt(self, now: datetime) -> bool:
        """Fetches the value anew unless that was tried within the last minute; tells whether it did.

        So a rotated secret is seen at once, and a flood of wrong signatures costs one call a minute.
        """
        if self._tried_at is not None and now - self._tried_at < REFRESHED_AT_MOST_EVERY:
            return False
        self._renew(now)
        return True

    def _renew(self, now: datetime) -> None:
        self._tried_at = now
        self._value = self._fetch()
        self._fetched_at = now


def named(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """These variables of the function's environment; raises ConfigurationError naming those that are not there."""
    if missing := [name for name in names if not environment.get(name)]:
        raise ConfigurationError(f"the function's environment lacks {', '.join(missing)}: see template.yaml")
    return {name.lower(): environment[name] for name in names}


def read_secret(client: SecretsManagerClient, name: str) -> str:
    """The text of the stack's secret; raises TryLater when it cannot be read."""
    try:
        return client.get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise TryLater("the stack's secret could not be read from Secrets Manager") from error


def secret_values(text: str) -> dict[str, object]:
    """What the stack's secret holds; raises ConfigurationError when it is not the one JSON object it should be."""
    try:
        raw = json.loads(text)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise ConfigurationError("the stack's secret is not a JSON object")
    return raw


def secret_id(raw: Mapping[str, object], key: str) -> int:
    """An id in the secret, written as a number or in digits; raises ConfigurationError naming the key."""
    text = str(raw.get(key, "")).strip()
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"{key} in the stack's secret is not a number")
    return int(text)
