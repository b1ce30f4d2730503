"""What keeps a sweep going: how far it has come, the way to its next page, and the brake."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kundeflyt.domain.actions import GoOn, LookAt, NoteSweep, StopFlow
from kundeflyt.domain.events import Event
from kundeflyt.engine.step import OneByOne, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, Refused

GONE_ON: Final = "en annen er kommet lenger med gjennomgangen"


class SweepKeeper(OneByOne):
    """Moves sweeps on, each from where it was seen, and tells operations what was counted. Twice is once."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(NoteSweep, step)
        sweep = action.sweep
        if not self._ports.ledger.note_sweep(self._flow, sweep, seen=action.seen):
            return Refused(GONE_ON)
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


class GoerOn(OneByOne):
    """Puts events back on their queue for the next page. A page that is asked for twice is walked once."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        the_action(GoOn, step)
        self._ports.road.put_back(step.stored.event, after=timedelta(), key=str(step.key))
        return Done(result=str(step.stored.event.round + 1))


class Looker(OneByOne):
    """Puts an event about each record on the flow's own queue. A record that is looked at twice is one to the flow."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
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
        self._ports.road.bring(events)
        return Done(result=str(len(events)))


class FlowStopper(OneByOne):
    """Stops the flow until somebody releases it; what it was at waits among the held."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def _one(self, step: Step) -> Outcome | Stop:
        reason = the_action(StopFlow, step).reason
        self._ports.ledger.stop_flow(self._flow, reason=reason, now=self._ports.clock())
        self._ports.notices.note("BlastGuardTripped", flow=self._flow, subject=step.stored.event.subject)
        return Stop(reason=reason)
