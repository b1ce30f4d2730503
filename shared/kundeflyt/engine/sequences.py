"""Getting contacts into sequences, so many a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kundeflyt.domain.actions import Enrol
from kundeflyt.domain.wording import OSLO
from kundeflyt.engine.step import Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Outcome, Refused, TryLater
from kundeflyt.ports.writers import Finding, NewEnrolment

DAY_IS_FULL: Final = "dagens grense for automatisk start av sequence er nådd"
_CLOCKS_APART: Final = timedelta(minutes=5)


class Enroller:
    """Counts first, then enrols: a day's limit holds however many workers there are."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for each that the day has room for; the others are refused, and become a person's."""
        outcomes: dict[int, Outcome | Stop] = {}
        new: dict[int, NewEnrolment] = {}
        for place, step in enumerate(steps):
            if failure := self._no_room(step):
                outcomes[place] = failure
            else:
                new[place] = _enrolment(step)
        if new:
            outcomes |= zip(new, self._ports.sequence_writer.enrol(list(new.values())), strict=True)
        return [outcomes[place] for place in range(len(steps))]

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks at what the contacts are in."""
        return self._ports.sequence_writer.find_enrolments([_enrolment(step) for step in steps])

    def _no_room(self, step: Step) -> TryLater | Refused | None:
        now = self._ports.clock()
        counter = f"enrolments/{step.stored.event.portal_id}/{now.astimezone(OSLO):%Y-%m-%d}"
        limit = the_action(Enrol, step).per_day
        try:
            full = self._ports.ledger.count_together(
                {counter: (1, limit)}, of=counter, keep_until=now + timedelta(days=1)
            )
        except TryLater as failure:
            return failure
        return Refused(DAY_IS_FULL) if full else None


def _enrolment(step: Step) -> NewEnrolment:
    action = the_action(Enrol, step)
    return NewEnrolment(
        contact_id=action.contact_id,
        sequence_id=action.sequence_id,
        user_id=action.user_id,
        sender=action.sender,
        since=step.stored.planned_at - _CLOCKS_APART,
    )
