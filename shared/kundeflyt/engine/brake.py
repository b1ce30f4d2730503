"""What stops a flow that is about to reach more people in an hour than the rules let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from kundeflyt.engine.step import Stop
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater

Counters = Sequence[tuple[str, int]]
"""What one message counts in, and how far each may go. The first counts for everybody, and all stand beside it."""


_CLOCKS_DIFFER: Final = timedelta(minutes=1)


class Brake:
    """Counts in our own ledger; one too many, and the flow stops itself until somebody releases it."""

    def __init__(self, flow: str, ports: Ports, *, what: str) -> None:
        """`what` is counted, in words for the person who reads why the flow has stopped."""
        self._flow = flow
        self._ports = ports
        self._what = what

    def count(self, counters: Counters, now: datetime, *, pace: str | None = None) -> Stop | None:
        """Counts one up in all of them, or in none and stops the flow. Raises TryLater.

        The counter that is called `pace` stops nobody else: who finds it full comes back when the next hour has begun.
        """
        full = self._full([counters], now)
        if full is None:
            return None
        limit = dict(counters)[full]
        reason = f"{full} nådde grensen på {limit} {self._what} i timen"
        if full == pace and limit:
            self._ports.notices.note("EmailPutOff", flow=self._flow, counter=full)
            return Stop(reason=reason, until=_next_hour(now))
        self._ports.ledger.stop_flow(self._flow, reason=reason, now=now)
        self._ports.notices.note("BlastGuardTripped", flow=self._flow, counter=full)
        return Stop(reason=reason)

    def count_all(self, rows: Mapping[int, Counters], now: datetime) -> Mapping[int, Stop | TryLater]:
        """Counts all rows in one write; only where they do not all fit, one by one, in their order.

        Gives the rows that were not counted, with the reason.
        """
        if not rows:
            return {}
        try:
            if self._full(list(rows.values()), now) is None:
                return {}
        except TryLater as failure:
            return dict.fromkeys(rows, failure)
        stopped: dict[int, Stop | TryLater] = {}
        for place, counters in rows.items():
            try:
                stop = self.count(counters, now)
            except TryLater as failure:
                stopped[place] = failure
            else:
                if stop:
                    stopped[place] = stop
        return stopped

    def uncount(self, counters: Counters) -> None:
        """What was counted did not happen. Raises TryLater."""
        self.uncount_all([counters])

    def uncount_all(self, rows: Sequence[Counters]) -> None:
        """What was counted did not happen, for all of them at once. Raises TryLater."""
        counted = Counter(name for counters in rows for name, _ in counters)
        self._ports.ledger.uncount_together(counted, of=_item(rows))

    def _full(self, rows: Sequence[Counters], now: datetime) -> str | None:
        """Counts them all, or names a counter that has no room for them."""
        times = Counter(name for counters in rows for name, _ in counters)
        limits = {name: limit for counters in rows for name, limit in counters}
        counting = {name: (many, limits[name]) for name, many in times.items()}
        return self._ports.ledger.count_together(counting, of=_item(rows), keep_until=now + timedelta(hours=2))


def _next_hour(now: datetime) -> datetime:
    """When the next hour has begun on everybody's clock."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) + _CLOCKS_DIFFER


def hour_of(now: datetime) -> str:
    """The hour that is counted in, the same for everybody."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H}"


def _item(rows: Sequence[Counters]) -> str:
    """What is counted together stands under what counts for everybody."""
    return rows[0][0][0]
