"""What a flow's function is told by its environment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FlowSettings(BaseSettings):
    """The names and addresses of what a flow uses, set in template.yaml.

    Each field is the environment variable of the same name in capitals; a missing one raises pydantic's
    ValidationError, which names it. `lease_seconds` is the function's time-out: after it no worker can be at it
    still. Rules are read anew after `rules_seconds`. Where `metodika_base_url` is empty there is no Metodika, and
    without a `mail_sender` no e-mail. `mail_configuration_set` is SES' and may be empty.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    stage: Literal["local", "test", "production"]
    ledger_table: str = Field(min_length=1)
    cases_table: str = Field(min_length=1)
    review_queue_url: str = Field(min_length=1)
    event_bus: str = Field(min_length=1)
    inbound_bucket: str = Field(min_length=1)
    inspection_bucket: str = Field(min_length=1)
    secret_id: str = Field(min_length=1)
    rules_prefix: str = Field(pattern="^/.*[^/]$")
    hubspot_base_url: str = Field(pattern="^https?://")
    itx_base_url: str = Field(pattern="^https?://")
    metodika_base_url: str = Field(pattern="^$|^https?://")
    mail_sender: str = Field(pattern="^$|^[^@ ]+@[^@ ]+$")
    mail_configuration_set: str
    queue_url: str = Field(min_length=1)
    queue_arn: str = Field(min_length=1)
    dead_letter_url: str = Field(min_length=1)
    dead_letter_arn: str = Field(min_length=1)
    scheduler_role_arn: str = Field(min_length=1)
    schedule_group: str = Field(min_length=1)
    lease_seconds: int = Field(gt=0)
    rules_seconds: int = Field(ge=0)
