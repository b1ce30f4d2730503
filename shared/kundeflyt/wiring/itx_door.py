"""What ITX' door is made of: its settings, its secret and the AWS clients behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.adapters.aws.inspection import InspectionStore
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


@dataclass(frozen=True, kw_only=True)
class ItxDoorSecret:
    """What the door has to know: the secrets ITX may sign with, and the portal its news is about."""

    webhook_secrets: tuple[str, ...] = field(repr=False)
    portal_id: int

    @classmethod
    def from_json(cls, text: str) -> ItxDoorSecret:
        """Reads the stack's secret; raises ConfigurationError naming the key that is wrong, never its value.

        `itx_webhook_secret` is one text, or a list of texts while it is being changed.
        """
        raw = secret_values(text)
        written = raw.get("itx_webhook_secret")
        secrets = [written] if isinstance(written, str) else written
        if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
            raise ConfigurationError("itx_webhook_secret in the stack's secret is neither a text nor a list of texts")
        if not (good := tuple(secret for secret in secrets if secret.strip())):
            raise ConfigurationError("itx_webhook_secret in the stack's secret is blank")
        return cls(webhook_secrets=good, portal_id=secret_id(raw, "hubspot_portal_id"))


@dataclass(frozen=True, kw_only=True)
class ItxDoorParts:
    """All that the door works with."""

    secret: Kept[ItxDoorSecret]
    bus: EventBus
    inbox: S3Inbox
    inspection: InspectionStore


def build(environment: Mapping[str, str]) -> ItxDoorParts:
    """The door as it is deployed; raises ConfigurationError if the environment is not as it should be."""
    names = named(environment, "EVENT_BUS", "INBOUND_BUCKET", "INSPECTION_BUCKET", "SECRET_ID")
    secrets = boto3.client("secretsmanager", config=CLIENT)
    s3 = boto3.client("s3", config=CLIENT)
    return ItxDoorParts(
        secret=Kept(lambda: ItxDoorSecret.from_json(read_secret(secrets, names["secret_id"]))),
        bus=EventBus(boto3.client("events", config=BUS_CLIENT), names["event_bus"], source="kundeflyt.itx"),
        inbox=S3Inbox(lambda: s3, names["inbound_bucket"]),
        inspection=InspectionStore(s3, names["inspection_bucket"]),
    )
