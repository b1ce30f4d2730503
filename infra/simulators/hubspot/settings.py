"""How a simulated portal behaves, changed while it runs through the control plane."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from infra.simulators.switches import Switches

Json = dict[str, Any]


def _usual_subscriptions() -> list[Json]:
    return [
        {"subscriptionType": "object.creation", "objectType": "call"},
        {
            "subscriptionType": "object.propertyChange",
            "objectType": "call",
            "propertyName": "hs_call_disposition",
        },
        {"subscriptionType": "object.associationChange", "objectType": "call", "toObjectType": "contact"},
        {"subscriptionType": "object.creation", "objectType": "email"},
        {"subscriptionType": "object.creation", "objectType": "meeting"},
        {"subscriptionType": "object.propertyChange", "objectType": "meeting", "propertyName": "hs_meeting_outcome"},
        {
            "subscriptionType": "object.propertyChange",
            "objectType": "company",
            "propertyName": "hubspot_owner_id",
        },
        *(
            {"subscriptionType": "object.propertyChange", "objectType": "contact", "propertyName": name}
            for name in (
                "hs_sequences_is_enrolled",
                "hs_latest_sequence_ended_date",
                "hs_latest_sequence_finished_date",
                "hs_latest_sequence_unenrolled_date",
            )
        ),
        {"subscriptionType": "object.merge", "objectType": "contact"},
        {"subscriptionType": "object.merge", "objectType": "company"},
        {"subscriptionType": "contact.privacyDeletion"},
    ]


def _usual_scopes() -> list[str]:
    return [
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.owners.read",
        "crm.schemas.contacts.write",
        "sales-email-read",
        "automation.sequences.enrollments.write",
    ]


def _usual_delays() -> list[float]:
    return [0.1, 0.2, 0.5, 1, 2, 4, 8, 15, 30, 60]


@dataclass(frozen=True, kw_only=True)
class Settings(Switches):
    """The portal's switches. Durations are seconds; limits are requests per window."""

    KEPT: ClassVar[tuple[str, ...]] = ("access_token", "client_secret", "app_id", "portal_id", "webhook_url")

    access_token: str = "pat-eu1-simulated-access-token"  # noqa: S105 a simulator's
    client_secret: str = "00000000-simulated-client-secret"  # noqa: S105 a simulator's
    app_id: int = 3_912_004
    portal_id: int = 145_220_017
    webhook_url: str | None = None

    account_type: str = "DEVELOPER_TEST"
    scopes: list[str] = field(default_factory=_usual_scopes)
    burst_limit: int = 190
    search_limit: int = 5
    search_lag_seconds: float = 0.0
    kundeflyt_key: bool = True
    unique_keys: bool = True
    property_changes_on_creation: bool = True
    automatic_company: bool = True
    merges_keep_primary_id: bool = False
    merges_associate_anew: bool = True
    sequence_webhooks: bool = True
    sequence_ended_date: bool = True
    sequence_seats: list[int] | None = None
    enrolments_per_day: int = 1000
    subscriptions: list[Json] = field(default_factory=_usual_subscriptions)
    duplicate: bool = False
    shuffle: bool = False
    batch_window_seconds: float = 0.02
    webhook_timeout_seconds: float = 5.0
    retry_delays: list[float] = field(default_factory=_usual_delays)
