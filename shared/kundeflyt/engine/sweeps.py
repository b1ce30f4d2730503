"""What keeps a sweep going: how far it has come, the way to its next page, and the brake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kundeflyt.domain.actions import GoOn, LookAt, NoteSweep, StopFlow
from kundeflyt.domain.events import Event
from kundeflyt.engine.step import Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, Refused, TryLater
from kundeflyt.ports.writers import Finding

GONE_ON: Final = "en annen er kommet lenger med gjennomgangen"


class SweepKeeper:
    """Moves sweeps on, each from where it was seen, and tells operations what was counted."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One conditional write each, in our own ledger."""
        return [self._note(step) for step in steps]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """The same step noted twice is one step."""
        return [None] * len(steps)

    def _note(self, step: Step) -> Outcome:
        action = the_action(NoteSweep, step)
        sweep = action.sweep
        try:
            if not self._ports.ledger.note_sweep(self._flow, sweep, seen=action.seen):
                return Refused(GONE_ON)
        except TryLater as failure:
            return failure
        for what, number in action.counted.items():
            self._ports.notices.count(what, number, flow=self._flow)
        match sweep.ended:
            case "finished":
                self._ports.notices.note("SweepFinished", flow=self._flow, subject=sweep.subject, **sweep.counts)
            case "abandoned":
                self._ports.notices.note("SweepAbandoned", flow=self._flow, subject=sweep.subject, **sweep.counts)
            case "impossible":
                self._ports.notices.note("SweepImpossible", flow=self._flow, subject=sweep.subject)
        return Done(result=sweep.cursor or "begun")


class GoerOn:
    """Puts events back on their queue for the next page."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One message each."""
        return [self._go_on(step) for step in steps]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """A page that is asked for twice is walked once."""
        return [None] * len(steps)

    def _go_on(self, step: Step) -> Outcome:
        the_action(GoOn, step)
        try:
            self._ports.road.put_back(step.stored.event, after=timedelta(), key=str(step.key))
        except TryLater as failure:
            return failure
        return Done(result=str(step.stored.event.round + 1))


class Looker:
    """Puts an event about each record on the flow's own queue."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Ten in a message's call."""
        return [self._look(step) for step in steps]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """A record that is looked at twice is one to the flow."""
        return [None] * len(steps)

    def _look(self, step: Step) -> Outcome:
        action, sweep = the_action(LookAt, step), step.stored.event
        events = [
            Event(
                name=action.event,
                portal_id=sweep.portal_id,
                record_id=record_id,
                occurred_at=at,
                received_at=self._ports.clock(),
                bulk=True,
            )
            for record_id, at in sorted(action.records.items())
        ]
        try:
            self._ports.road.bring(events)
        except TryLater as failure:
            return failure
        return Done(result=str(len(events)))


class FlowStopper:
    """Stops the flow until somebody releases it; what it was at waits among the held."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """Once is enough for all of them."""
        return [self._stop(step) for step in steps]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Stopping twice is stopping once."""
        return [None] * len(steps)

    def _stop(self, step: Step) -> Outcome | Stop:
        reason = the_action(StopFlow, step).reason
        try:
            self._ports.ledger.stop_flow(self._flow, reason=reason, now=self._ports.clock())
        except TryLater as failure:
            return failure
        self._ports.notices.note("BlastGuardTripped", flow=self._flow, subject=step.stored.event.subject)
        return Stop(reason=reason)
