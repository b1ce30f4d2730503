"""The settings that business people change without a new deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from kundeflyt.domain.texts import TextBook

Mode = Literal["on", "hold", "shadow"]

# HubSpot's own outcomes of a call have the same ids in every portal; a portal may add its own.
NO_ANSWER: Final = "73a0d17f-1163-4015-bdd5-ec830791da20"
CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlastGuard(_Rules):
    """How much may be done before the flow stops itself: a mistake must not reach everybody.

    `takeovers_per_hour` are customers that change hands, with all that follows. An adviser who leaves may hand over
    300, so two of them may go in one hour; e-mails to these customers are counted for themselves. Those in one
    adviser's name stop nothing: what is beyond the number waits for the next hour.
    """

    sms_per_hour: int = Field(default=600, ge=0)
    sms_per_hour_per_adviser: int = Field(default=120, ge=0)
    takeovers_per_hour: int = Field(default=600, ge=0)
    emails_per_hour: int = Field(default=600, ge=0)
    emails_per_hour_per_adviser: int = Field(default=120, ge=0)


class CrmLimits(_Rules):
    """How fast all flows together may call HubSpot; less where another app of the portal shares the limits."""

    calls_per_ten_seconds: int = Field(default=190, ge=10)
    searches_per_second: int = Field(default=5, ge=1)


class ReviewCaseRules(_Rules):
    """How a review case is worked by customer service (001-18, 001-26).

    A case turns amber and red after so many working days. A claim is given up after `claim_minutes` without a sign of
    life; a decision may be undone for `undo_minutes`, and nothing follows from it before. Whoever is asked for more has
    `answer_within_working_days`; then the case comes back without an answer.
    """

    amber_after_working_days: int = Field(default=3, ge=0)
    decide_within_working_days: int = Field(default=5, ge=0)
    claim_minutes: int = Field(default=30, ge=1)
    undo_minutes: int = Field(default=10, ge=0)
    answer_within_working_days: int = Field(default=10, ge=0)


class Pilot(_Rules):
    """Who is in the trial: outside these owners and numbers (E.164) nothing is sent or made."""

    owners: frozenset[int] = frozenset()
    numbers: frozenset[str] = frozenset()


class CommonRules(_Rules):
    """What all flows share.

    Owner ids are HubSpot's; `csc_owner_id` stands for customer service, `crm_url` is where people open HubSpot,
    `organisation_number_property` the company's property with the number it has in the register.
    `callback_number` is where customers ring when their adviser has no number of their own.
    """

    provider_name: str = Field(default="Avonova", pattern=r"\S")  # no text goes out without it
    fallback_owner_id: int | None = None
    csc_owner_id: int | None = None
    crm_url: str = Field(default="https://app.hubspot.com", pattern="^https://[^/]+$")
    organisation_number_property: str = Field(default="orgnummer", pattern=r"\S")
    default_country: str = Field(default="NO", pattern="^[A-Z]{2}$")
    callback_number: str | None = None
    callback_numbers: dict[int, str] = Field(default_factory=dict)
    sms_sender: str | None = Field(default=None, max_length=11)
    opt_out_properties: tuple[str, ...] = ("hs_email_optout", "kundeflyt_sms_optout")
    blast_guard: BlastGuard = BlastGuard()
    review_cases: ReviewCaseRules = ReviewCaseRules()
    pilot: Pilot | None = None
    crm_limits: CrmLimits = CrmLimits()


class FlowRules(_Rules):
    """What every flow has: its mode, and how fast held events are let go."""

    mode: Mode = "on"
    release_per_minute: int = Field(default=8, gt=0)  # fewer an hour than the blast guard lets by


FlowRulesT = TypeVar("FlowRulesT", bound=FlowRules)


@dataclass(frozen=True, kw_only=True)
class Rules(Generic[FlowRulesT]):
    """All that a plan may lean on besides the facts: the rules, the texts we may use, and what the stack can do.

    `sends_email`: there is a sender in whose name the stack sends e-mail.
    """

    common: CommonRules
    flow: FlowRulesT
    texts: TextBook
    production: bool
    sends_email: bool = False
