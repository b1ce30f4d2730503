"""Which differences people have been told of."""

from __future__ import annotations

from kundeflyt.domain.actions import DropDifference, NoteDifference
from kundeflyt.engine.step import OneByOne, Step, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, Refused


class DifferenceKeeper(OneByOne):
    """Remembers a difference once its task is made; one whose task was refused is told of the next time."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(NoteDifference, step)
        made = step.records.get(action.task_of)
        if made is None or made.state == "refused":
            return Refused("oppgaven om forskjellen ble ikke laget")
        # Of a task nobody is sure of, a person has been asked: another one might be the second.
        task_id = int(made.result) if made.state == "done" and made.result else None
        self._ports.ledger.note_difference(self._flow, action.difference.model_copy(update={"task_id": task_id}))
        return Done(result=action.difference.mark)


class DifferenceDropper(OneByOne):
    """Forgets differences that are no more."""

    def __init__(self, flow: str, ports: Ports) -> None:
        self._flow = flow
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        action = the_action(DropDifference, step)
        self._ports.ledger.drop_difference(self._flow, action.about, mark=action.mark)
        return Done(result=action.mark)
