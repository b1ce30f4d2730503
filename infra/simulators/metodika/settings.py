"""How the simulated Metodika behaves, changed while it runs through the control plane."""

from dataclasses import dataclass, field
from typing import ClassVar

from infra.simulators.switches import Switches


@dataclass(frozen=True, kw_only=True)
class Settings(Switches):
    """Metodika's switches. `missing` are operations (by operationId) that answer 501; when `down`, all answer 503."""

    KEPT: ClassVar[tuple[str, ...]] = ("token",)

    token: str = "simulated-metodika-token"  # noqa: S105 a simulator's

    missing: list[str] = field(default_factory=list)
    down: bool = False
    latency_seconds: float = 0.0
    honours_keys: bool = True
    requests_per_second: int | None = None
    retry_after_seconds: int = 1
