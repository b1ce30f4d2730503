"""Lets held events go, at the rules' pace, to be planned with fresh facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kundeflyt.domain.rules import FlowRules
from kundeflyt.ports.ledger import Ledger
from kundeflyt.ports.writers import Road


class StillOnHoldError(RuntimeError):
    """The rules do not let the flow act, so that everything released would be held again or only shown."""


def release(flow: str, ledger: Ledger, road: Road, rules: FlowRules) -> int:
    """Puts every held event back on the road, `release_per_minute` of them a minute, and says how many.

    Each gets a new round: it is decided afresh, and what has gone stale says so in its plan. Calls that are logged
    meanwhile go first. An interrupted release
    may be run again: an event is let go of only after it is back on its road, and twice there does nothing twice.
    Raises StillOnHoldError unless the flow's mode is `on`: a release into `shadow` would spend them for a show.
    """
    if rules.mode != "on":
        raise StillOnHoldError(f"{flow} has mode {rules.mode} in the rules: set it to on first, then release")
    ledger.resume_flow(flow)
    waiting = ledger.held(flow)
    for place, item in enumerate(waiting):
        after = timedelta(minutes=place // rules.release_per_minute)
        road.put_back(replace(item.event, bulk=True), after=after, key=f"{flow}/{item.id}/release")
        ledger.unhold(flow, item)
    return len(waiting)
