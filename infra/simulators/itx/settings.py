"""How the simulated ITX behaves, changed while it runs through the control plane."""

from dataclasses import dataclass, field
from typing import ClassVar

from infra.simulators.switches import Switches


def _usual_statuses() -> list[str]:
    return ["SENT", "DELIVERED"]


def _usual_delays() -> list[float]:
    return [0.1, 0.5, 2, 8, 30]


@dataclass(frozen=True, kw_only=True)
class Settings(Switches):
    """ITX's switches. Durations are seconds. Without a `receipts_url` no receipts are sent."""

    KEPT: ClassVar[tuple[str, ...]] = ("key", "webhook_secret", "receipts_url", "inbound_url")

    key: str = "simulated-itx-key"
    webhook_secret: str = "simulated-itx-webhook-secret"  # noqa: S105 a simulator's
    receipts_url: str | None = None
    inbound_url: str | None = None

    honours_references: bool = True
    has_lookup: bool = True
    requests_per_second: int | None = None
    retry_after_seconds: int = 1
    receipt_statuses: list[str] = field(default_factory=_usual_statuses)
    receipt_delay_seconds: float = 0.05
    receipt_before_answer: bool = False
    receipt_duplicate: bool = False
    receipt_shuffle: bool = False
    retry_delays: list[float] = field(default_factory=_usual_delays)
    webhook_timeout_seconds: float = 5.0
