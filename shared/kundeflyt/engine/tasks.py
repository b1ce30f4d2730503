"""Tasks for people, and the timeline's entries: made once, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from kundeflyt.domain.actions import CreateTask, LogSms, UpdateTask, WakeAt
from kundeflyt.domain.wording import moment_in_words
from kundeflyt.engine.spreading import DayBook
from kundeflyt.engine.step import OneByOne, Repeatable, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Failure, Outcome, Refused, TryLater
from kundeflyt.ports.writers import Finding, NewTask, SmsEntry, TaskChange

# A slot names a day; two days later nobody asks for it any more.
SLOT_LASTS = timedelta(days=2)


@dataclass
class _Rows:
    """Outcomes by the place of their step, so that every step gets its own answer back."""

    outcomes: dict[int, Outcome | Stop] = field(default_factory=dict)

    def settle(self, places: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        self.outcomes.update(zip(places, outcomes, strict=True))

    def in_order(self) -> Sequence[Outcome | Stop]:
        return [self.outcomes[place] for place in sorted(self.outcomes)]


class TaskCreator:
    """Makes tasks; where another event's open task holds the slot, that one is brought up to date instead."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for the new tasks and one for those that are brought up to date."""
        rows = _Rows()
        new: dict[int, NewTask] = {}
        changes: dict[int, TaskChange] = {}
        days = DayBook(self._ports)
        for place, step in enumerate(steps):
            taken = self._take_slot(step)
            if isinstance(taken, Failure):
                rows.outcomes[place] = taken
            elif taken is None:
                new[place] = replace(_new_task(step), due=days.due(str(step.key), the_action(CreateTask, step)))
            else:
                changes[place] = _change_instead(step, taken)
        if new:
            rows.settle(list(new), self._ports.tasks.create_tasks(list(new.values())))
        if changes:
            rows.settle(list(changes), self._ports.tasks.update_tasks(list(changes.values())))
        for place in new:
            self._free_slot(steps[place], rows.outcomes[place])
        return rows.in_order()

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the tasks by our keys. One that could not be looked up keeps its slot: it may be there."""
        return self._ports.tasks.find_tasks([_new_task(step) for step in steps])

    def _take_slot(self, step: Step) -> int | TryLater | None:
        """None when the task is to be made; a task's id when that one is to be brought up to date."""
        action = the_action(CreateTask, step)
        if action.slot is None:
            return None
        now = self._ports.clock()
        claim = self._ports.ledger.claim(
            action.slot,
            holder=str(step.key),
            now=now,
            until=now + SLOT_LASTS,
            instead_of=str(action.replaces) if action.replaces else None,
        )
        if claim is None:
            return None
        if claim.value is None:
            return TryLater("another event is making this task just now", after=timedelta(seconds=5))
        return int(claim.value)

    def _free_slot(self, step: Step, outcome: Outcome | Stop) -> None:
        """A slot is its holder's until the task certainly was not made; which task it was, the action's end tells."""
        action = the_action(CreateTask, step)
        if action.slot is not None and isinstance(outcome, Refused | TryLater):
            self._ports.ledger.drop_claim(action.slot, holder=str(step.key))


class TaskUpdater(Repeatable):
    """Brings tasks up to date; the same words twice change nothing."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them."""
        rows = _Rows()
        changes: dict[int, TaskChange] = {}
        for place, step in enumerate(steps):
            change = _change(step)
            if change is None:
                rows.outcomes[place] = Refused("oppgaven som skulle oppdateres, ble ikke laget")
            else:
                changes[place] = change
        if changes:
            rows.settle(list(changes), self._ports.tasks.update_tasks(list(changes.values())))
        return rows.in_order()


class SmsLogger:
    """Shows a sent message on the timeline; what was not sent is not shown."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them (000-22)."""
        rows = _Rows()
        entries: dict[int, SmsEntry] = {}
        for place, step in enumerate(steps):
            entry = _sms_entry(step)
            if entry is None:
                rows.outcomes[place] = Refused("SMS-en ble ikke sendt, og vises derfor ikke")
            else:
                entries[place] = entry
        if entries:
            rows.settle(list(entries), self._ports.timeline.log_sms(list(entries.values())))
        return rows.in_order()

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the entries by our keys; what was not sent was not shown either."""
        entries = {place: entry for place, step in enumerate(steps) if (entry := _sms_entry(step))}
        if not entries:
            return [None] * len(steps)
        found = dict(zip(entries, self._ports.timeline.find_sms_entries(list(entries.values())), strict=True))
        return [found.get(place) for place in range(len(steps))]


class Waker(OneByOne):
    """Books the event's return. A booking made twice is one booking: it has our key."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        wake = the_action(WakeAt, step)
        event = replace(step.stored.event, bulk=wake.bulk or step.stored.event.bulk)
        self._ports.road.wake_at(event, wake.when, key=str(step.key))
        return Done(result=wake.when.isoformat())


def _new_task(step: Step) -> NewTask:
    action = the_action(CreateTask, step)
    return NewTask(
        key=str(step.key),
        task_type=action.task_type,
        subject=action.subject,
        body=action.body,
        due=action.due,
        owner_id=action.owner_id,
        contact_id=action.contact_id,
        company_id=action.company_id,
    )


def _change_instead(step: Step, task_id: int) -> TaskChange:
    action = the_action(CreateTask, step)
    return TaskChange(task_id=task_id, subject=action.subject, body=action.body, due=action.due)


def _change(step: Step) -> TaskChange | None:
    action = the_action(UpdateTask, step)
    task_id = action.task_id
    if action.task_of:
        made = step.records.get(action.task_of)
        task_id = int(made.result) if made and made.state == "done" and made.result else None
    if task_id is None:
        return None
    return TaskChange(
        task_id=task_id,
        subject=action.subject,
        body=_with_outcome(step, action),
        due=action.due,
        completed=action.completed and _came_true(step, action),
    )


def _came_true(step: Step, action: UpdateTask) -> bool:
    return action.tells_about is None or step.records[action.tells_about].state == "done"


def _with_outcome(step: Step, action: UpdateTask) -> str | None:
    if action.body is None or action.tells_about is None:
        return action.body
    told = step.records[action.tells_about]
    line = action.outcomes[told.state]
    line = line.replace("{at}", moment_in_words(told.ended_at or told.started_at))
    return action.body.replace("{outcome}", line.replace("{reason}", told.reason or "ukjent grunn"))


def _sms_entry(step: Step) -> SmsEntry | None:
    action = the_action(LogSms, step)
    sent = step.records.get(action.after)
    if sent is None or sent.state != "done":
        return None
    return SmsEntry(
        key=str(step.key),
        body=action.body,
        at=action.at or sent.ended_at or sent.started_at,
        owner_id=action.owner_id,
        contact_id=action.contact_id,
        company_id=action.company_id,
    )
