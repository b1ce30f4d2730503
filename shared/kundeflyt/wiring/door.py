"""What the front door is made of: its settings, its secret and the AWS clients behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.inspection import InspectionStore
from kundeflyt.domain.events import EVENT_NAMES
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.kept import (
    BUS_CLIENT,
    CLIENT,
    ConfigurationError,
    Kept,
    named,
    read_secret,
    secret_id,
    secret_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_ssm import SSMClient


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
        return cls(**named(environment, "EVENT_BUS", "INSPECTION_BUCKET", "SECRET_ID", "SIGNED_URL_PARAMETER"))


@dataclass(frozen=True, kw_only=True)
class DoorSecret:
    """What the door has to know of the HubSpot app: its client secrets, its id and the one portal it is for."""

    client_secrets: tuple[str, ...] = field(repr=False)
    app_id: int
    portal_id: int

    @classmethod
    def from_json(cls, text: str) -> DoorSecret:
        """Reads the stack's secret; raises ConfigurationError naming the key that is wrong, never its value."""
        raw = secret_values(text)
        secrets = raw.get("hubspot_client_secrets")
        if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
            raise ConfigurationError("hubspot_client_secrets in the stack's secret is not a list of texts")
        if not (good := tuple(secret for secret in secrets if secret.strip())):
            raise ConfigurationError("hubspot_client_secrets in the stack's secret holds no secret")
        return cls(
            client_secrets=good,
            app_id=secret_id(raw, "hubspot_app_id"),
            portal_id=secret_id(raw, "hubspot_portal_id"),
        )


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
    secrets = boto3.client("secretsmanager", config=CLIENT)
    parameters = boto3.client("ssm", config=CLIENT)
    return DoorParts(
        secret=Kept(lambda: DoorSecret.from_json(read_secret(secrets, settings.secret_id))),
        signed_url=Kept(lambda: _read_url(parameters, settings.signed_url_parameter)),
        listens=listened_to(flows),
        bus=EventBus(boto3.client("events", config=BUS_CLIENT), settings.event_bus, source="kundeflyt.hubspot"),
        inspection=InspectionStore(boto3.client("s3", config=CLIENT), settings.inspection_bucket),
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


def _read_url(client: SSMClient, name: str) -> str | None:
    """SSM stores no empty value, so "-" stands for one."""
    try:
        url = client.get_parameter(Name=name)["Parameter"]["Value"].strip()
    except (BotoCoreError, ClientError) as error:
        raise TryLater(f"the parameter {name} could not be read from SSM") from error
    return None if url in {"", "-"} else url
