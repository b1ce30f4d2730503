"""What stops a flow that is about to reach more people in an hour than the rules let it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kundeflyt.engine.step import Stop
from kundeflyt.ports.bundle import Ports

Counters = Sequence[tuple[str, int]]
"""What is counted, and how far it may go."""


class Brake:
    """Counts in our own ledger; one too many, and the flow stops itself until somebody releases it."""

    def __init__(self, flow: str, ports: Ports, *, what: str) -> None:
        """`what` is counted, in words for the person who reads why the flow has stopped."""
        self._flow = flow
        self._ports = ports
        self._what = what

    def count(self, counters: Counters, now: datetime) -> Stop | None:
        """Counts one up in all of them, or in none and stops the flow. Raises TryLater."""
        counted: list[tuple[str, int]] = []
        for key, limit in counters:
            if self._ports.ledger.count(key, limit=limit, keep_until=now + timedelta(hours=2)):
                counted.append((key, limit))
                continue
            self.uncount(counted)
            reason = f"{key} nådde grensen på {limit} {self._what} i timen"
            self._ports.ledger.stop_flow(self._flow, reason=reason, now=now)
            self._ports.notices.note("BlastGuardTripped", flow=self._flow, counter=key)
            return Stop(reason=reason)
        return None

    def uncount(self, counters: Counters) -> None:
        """What was counted did not happen. Raises TryLater."""
        for key, _ in counters:
            self._ports.ledger.uncount(key)


def hour_of(now: datetime) -> str:
    """The hour that is counted in, the same for everybody."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H}"
