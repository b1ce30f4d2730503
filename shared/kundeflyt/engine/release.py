"""Lets held events go, at the rules' pace, to be planned with fresh facts."""

from __future__ import annotations

from datetime import timedelta

from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.ledger import Ledger
from kundeflyt.ports.writers import Road


class StillOnHoldError(RuntimeError):
    """The rules still say hold, so that everything released would only be held again."""


def release(flow: str, ledger: Ledger, road: Road, rules: FlowRules) -> int:
    """Puts every held event back on the road, `release_per_minute` of them a minute, and says how many.

    Each gets a new round: it is decided afresh, and what has gone stale says so in its plan. An interrupted release
    may be run again: an event is let go of only after it is back on its road, and twice there does nothing twice.
    Raises StillOnHoldError while the flow's mode is `hold`.
    """
    if rules.mode == "hold":
        raise StillOnHoldError(f"{flow} is on hold in the rules: set its mode to on (or shadow) first, then release")
    ledger.resume_flow(flow)
    waiting = ledger.held(flow)
    for place, item in enumerate(waiting):
        after = timedelta(minutes=place // rules.release_per_minute)
        road.put_back(item.event, after=after, key=f"{flow}/{item.id}/release")
        ledger.unhold(flow, item)
    return len(waiting)
