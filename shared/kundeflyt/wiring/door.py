"""What the front door is made of: its settings, its secret and the AWS clients behind it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.domain.events import EVENT_NAMES
from kundeflyt.ports.failures import TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

KEPT: Final = timedelta(minutes=5)
REFRESHED_AT_MOST_EVERY: Final = timedelta(minutes=1)
# The bus retries by itself; the others get one more try. All of it has to fit in HubSpot's 5 s.
_BUS_CLIENT: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
_CLIENT: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})

T = TypeVar("T")


class ConfigurationError(Exception):
    """The stack is not set up as the door needs it; the text says what to put right."""


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    """The names of what the door uses, from the function's environment."""

    event_bus: str
    inspection_bucket: str
    secret_id: str
    signed_url_parameter: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> DoorSettings:
        """Every name must be there; raises ConfigurationError naming the variables that are not."""
        names = ("EVENT_BUS", "INSPECTION_BUCKET", "SECRET_ID", "SIGNED_URL_PARAMETER")
        if missing := [name for name in names if not environment.get(name)]:
            raise ConfigurationError(f"the function's environment lacks {', '.join(missing)}: see template.yaml")
        return cls(**{name.lower(): environment[name] for name in names})


@dataclass(frozen=True, kw_only=True)
class DoorSecret:
    """What the door has to know of the HubSpot app: its client secrets, its id and the one portal it is for."""

    client_secrets: tuple[str, ...] = field(repr=False)
    app_id: int
    portal_id: int

    @classmethod
    def from_json(cls, text: str) -> DoorSecret:
        """Reads the stack's secret; raises ConfigurationError naming the key that is wrong, never its value."""
        try:
            raw = json.loads(text)
        except ValueError:
            raw = None
        if not isinstance(raw, dict):
            raise ConfigurationError("the stack's secret is not a JSON object")
        secrets = raw.get("hubspot_client_secrets")
        if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
            raise ConfigurationError("hubspot_client_secrets in the stack's secret is not a list of texts")
        if not (good := tuple(secret for secret in secrets if secret.strip())):
            raise ConfigurationError("hubspot_client_secrets in the stack's secret holds no secret")
        return cls(
            client_secrets=good,
            app_id=_id(raw, "hubspot_app_id"),
            portal_id=_id(raw, "hubspot_portal_id"),
        )


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


@dataclass(frozen=True, kw_only=True)
class DoorParts:
    """All that the door works with. `signed_url` gives None where the URL is the request's own."""

    secret: Kept[DoorSecret]
    signed_url: Kept[str | None]
    listens: frozenset[str]
    bus: EventBus
    inspection: InspectionStore


def build(environment: Mapping[str, str], flows: Path) -> DoorParts:
    """The door as it is deployed; `flows` is the folder with one folder per flow.

    Raises ConfigurationError if the environment or the flows' `listens.json` are not as they should be.
    """
    settings = DoorSettings.from_environment(environment)
    secrets = boto3.client("secretsmanager", config=_CLIENT)
    parameters = boto3.client("ssm", config=_CLIENT)
    return DoorParts(
        secret=Kept(lambda: _read_secret(secrets, settings.secret_id)),
        signed_url=Kept(lambda: _read_url(parameters, settings.signed_url_parameter)),
        listens=listened_to(flows),
        bus=EventBus(boto3.client("events", config=_BUS_CLIENT), settings.event_bus),
        inspection=InspectionStore(boto3.client("s3", config=_CLIENT), settings.inspection_bucket),
    )


def listened_to(flows: Path) -> frozenset[str]:
    """The events that any flow listens to, by the `listens.json` in each flow's folder.

    Raises ConfigurationError for a file that is no list of known event names, and when no flow listens at all:
    a door that drops everything and answers 200 would lose customers' calls.
    """
    names: set[str] = set()
    for file in sorted(flows.glob("*/listens.json")):
        try:
            listed = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            listed = None
        if not isinstance(listed, list) or not EVENT_NAMES.issuperset(map(str, listed)):
            raise ConfigurationError(f"{file.parent.name}/listens.json is not a list of event names we know")
        names.update(listed)
    if not names:
        raise ConfigurationError("no flow listens to anything: functions/*/listens.json is missing or empty")
    return frozenset(names)


def _read_secret(client: SecretsManagerClient, name: str) -> DoorSecret:
    try:
        text = client.get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise TryLater("the stack's secret could not be read from Secrets Manager") from error
    return DoorSecret.from_json(text)


def _read_url(client: SSMClient, name: str) -> str | None:
    """SSM stores no empty value, so "-" stands for one."""
    try:
        url = client.get_parameter(Name=name)["Parameter"]["Value"].strip()
    except (BotoCoreError, ClientError) as error:
        raise TryLater(f"the parameter {name} could not be read from SSM") from error
    return None if url in {"", "-"} else url


def _id(raw: dict[str, object], key: str) -> int:
    text = str(raw.get(key, "")).strip()
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"{key} in the stack's secret is not a number")
    return int(text)
