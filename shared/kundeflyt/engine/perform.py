"""Carries plans out, action by action, each exactly once, with the vendors' batches filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kundeflyt.domain.actions import (
    Action,
    ActionRecord,
    CreateTask,
    LogSms,
    SendSms,
    State,
    UpdateTask,
    WakeAt,
)
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.engine.flow import Finished, Later, Result
from kundeflyt.engine.sms import SmsSender
from kundeflyt.engine.step import Doer, Step, Stop
from kundeflyt.engine.tasks import SmsLogger, TaskCreator, TaskUpdater, Waker
from kundeflyt.engine.unsure import task_to_look_into
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Failure, Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.ledger import ActionKey, Held, StoredPlan


@dataclass
class _Walk:
    """One plan on its way through its actions."""

    stored: StoredPlan
    ahead: list[Action]
    records: dict[str, ActionRecord] = field(default_factory=dict)
    result: Result = field(default_factory=Finished)

    def stop(self, result: Result) -> None:
        self.result = result
        self.ahead.clear()


class Performer:
    """Walks plans through the ledger and the writers.

    The order of a plan's actions is kept; plans walk side by side, so that a hundred tasks are one vendor call.
    """

    def __init__(self, flow: str, ports: Ports, guard: BlastGuard) -> None:
        self._flow = flow
        self._ports = ports
        self._doers: Mapping[type, Doer] = {
            CreateTask: TaskCreator(ports),
            UpdateTask: TaskUpdater(ports),
            SendSms: SmsSender(flow, ports, guard),
            LogSms: SmsLogger(ports),
            WakeAt: Waker(ports),
        }

    def perform(self, plans: Sequence[StoredPlan]) -> Mapping[tuple[str, str, int], Result]:
        """Carries the plans out as far as they go now; says, per plan, whether something is left for later."""
        walks = [_Walk(stored, list(stored.plan.actions)) for stored in plans]
        while ready := [walk for walk in walks if walk.ahead]:
            kinds = dict.fromkeys(type(walk.ahead[0]) for walk in ready)
            for kind in kinds:
                self._perform_together(kind, [walk for walk in ready if isinstance(walk.ahead[0], kind)])
        return {(walk.stored.event.subject, walk.stored.basis, walk.stored.event.round): walk.result for walk in walks}

    def _perform_together(self, kind: type, walks: Sequence[_Walk]) -> None:
        now = self._ports.clock()
        steps = [
            Step(
                key=ActionKey(flow=self._flow, subject=walk.stored.event.subject, name=walk.ahead[0].name),
                action=walk.ahead.pop(0),
                stored=walk.stored,
                records=walk.records,
            )
            for walk in walks
        ]
        standing = self._ports.ledger.start([step.key for step in steps], now=now, lease_until=now + self._ports.lease)
        fresh: list[tuple[_Walk, Step]] = []
        for walk, step, record in zip(walks, steps, standing, strict=True):
            if record is None:
                fresh.append((walk, step))
            elif record.settled:
                self._go_on(walk, step, record)
            else:
                self._take_up_again(walk, step, record)
        outcomes = self._doers[kind].do([step for _, step in fresh])
        for (walk, step), outcome in zip(fresh, outcomes, strict=True):
            self._settle(walk, step, outcome)

    def _take_up_again(self, walk: _Walk, step: Step, record: ActionRecord) -> None:
        """Somebody started this and did not say how it ended: they are still at it, or they are gone."""
        now = self._ports.clock()
        lease_until = record.lease_until or record.started_at + self._ports.lease
        if now < lease_until:
            walk.stop(Later(after=lease_until - now, reason=f"{step.key} is being done by another worker"))
            return
        if not self._ports.ledger.take_over(step.key, record, lease_until=now + self._ports.lease):
            walk.stop(Later(after=self._ports.lease, reason=f"{step.key} was taken over by another worker"))
            return
        self._look(walk, step, absent_means_again=True)

    def _look(self, walk: _Walk, step: Step, *, absent_means_again: bool) -> None:
        """Asks the vendor whether it was done, before anybody repeats it."""
        doer = self._doers[type(step.action)]
        try:
            found = doer.find(step)
        except Unsure as failure:
            self._ports.notices.note("ActionUnsure", flow=self._flow, action=str(step.key))
            self._finish(walk, step, "unsure", reason=str(failure))
            return
        except TryLater as failure:
            walk.stop(Later(after=max(failure.after, self._ports.lease), reason=str(failure)))
            return
        if found:
            self._settle(walk, step, found)
        elif absent_means_again:
            [outcome] = doer.do([step])
            self._settle(walk, step, outcome)
        else:
            # What we sent a moment ago may still be on its way in: only a later look can call it absent.
            walk.stop(Later(after=self._ports.lease, reason=f"{step.key} had no answer; it will be looked for"))

    def _settle(self, walk: _Walk, step: Step, outcome: Outcome | Stop) -> None:
        match outcome:
            case Done(result=result):
                self._finish(walk, step, "done", result=result)
            case Refused(reason=reason):
                self._ports.notices.note("ActionRefused", flow=self._flow, action=str(step.key))
                self._finish(walk, step, "refused", reason=reason)
            case TryLater() as failure:
                self._ports.ledger.erase_start(step.key)
                walk.stop(Later(after=failure.after, reason=str(failure)))
            case Stop(reason=reason):
                self._ports.ledger.erase_start(step.key)
                event = step.stored.event
                self._ports.ledger.hold(
                    self._flow,
                    Held(
                        id=f"{event.subject}/{event.round}",
                        event=event,
                        reason=reason,
                        held_at=self._ports.clock(),
                    ),
                )
                walk.stop(Finished())
            case Unsure():
                self._look(walk, step, absent_means_again=False)
            case Failure():
                raise TypeError(f"a writer answered {type(outcome).__name__} for {step.key}: not one of the three")

    def _finish(
        self, walk: _Walk, step: Step, state: State, *, result: str | None = None, reason: str | None = None
    ) -> None:
        now = self._ports.clock()
        self._ports.ledger.finish(step.key, state=state, now=now, result=result, reason=reason)
        record = ActionRecord(
            name=step.key.name, state=state, started_at=now, ended_at=now, result=result, reason=reason
        )
        self._go_on(walk, step, record)

    def _go_on(self, walk: _Walk, step: Step, record: ActionRecord) -> None:
        walk.records[record.name] = record
        if record.state == "unsure":
            # Asked for again on every delivery: its own name sees to it that it is made once.
            check = task_to_look_into(step, self._ports.clock())
            if check:
                walk.ahead.insert(0, check)
