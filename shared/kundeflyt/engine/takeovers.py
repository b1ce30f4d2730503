"""What a customer's change of hands sets going: work that follows the customer, its card, and the takeover's record."""

from __future__ import annotations

from collections.abc import Sequence

from kundeflyt.domain.actions import CreateCardTask, LogNote, MoveWork, NoteTakeover, PassGuard, SetManager
from kundeflyt.domain.crm import WorkKind
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.engine.brake import Brake, hour_of
from kundeflyt.engine.step import OneByOne, Repeatable, Step, Stop, the_action
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Outcome, TryLater
from kundeflyt.ports.writers import Finding, ManagerChange, NewCardTask, Note, WorkChange


class GuardKeeper(OneByOne):
    """Lets so many customers change hands in an hour; one more, and the flow stops until somebody releases it.

    Who is stopped waits among the held, and nothing of theirs is lost. Counted again, fewer pass, never more.
    """

    def __init__(self, flow: str, ports: Ports, guard: BlastGuard) -> None:
        self._ports = ports
        self._guard = guard
        self._brake = Brake(flow, ports, what="kunder")

    def _one(self, step: Step) -> Outcome | Stop:
        the_action(PassGuard, step)
        now = self._ports.clock()
        counter = f"takeovers/{hour_of(now)}"
        return self._brake.count([(counter, self._guard.takeovers_per_hour)], now) or Done(result=counter)


class WorkMover(Repeatable):
    """Gives tasks and meetings to another owner; the same owner twice changes nothing."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for a hundred tasks and one for a hundred meetings, whoever's they are.

        What somebody has deleted meanwhile needs nobody: a move is done when nothing is left that could be moved.
        """
        actions = [the_action(MoveWork, step) for step in steps]
        changes = [
            WorkChange(kind=kind, id=id_, owner_id=action.owner_id)
            for action in actions
            for kind, id_ in _items(action)
        ]
        moved = dict(zip(((change.kind, change.id) for change in changes), self._ports.work.move(changes), strict=True))
        return [self._of_one(action, moved) for action in actions]

    @staticmethod
    def _of_one(action: MoveWork, moved: dict[tuple[WorkKind, int], Outcome]) -> Outcome:
        own = [moved[item] for item in _items(action)]
        waiting = next((outcome for outcome in own if isinstance(outcome, TryLater)), None)
        return waiting or Done(result=str(sum(isinstance(outcome, Done) for outcome in own)))


class NoteLogger:
    """Puts notes on customers' timelines."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One vendor call for all of them."""
        return self._ports.timeline.log_notes([_note(step) for step in steps])

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the notes by our keys."""
        return self._ports.timeline.find_notes([_note(step) for step in steps])


class CardTaskCreator:
    """Makes tasks where the customers' cards are."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One call each; a key makes one task, however often it is asked for."""
        return self._ports.card_writer.create_card_tasks([_card_task(step) for step in steps])

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks for the tasks by our keys."""
        return self._ports.card_writer.find_card_tasks([_card_task(step) for step in steps])


class ManagerSetter:
    """Puts advisers on customers' cards."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, steps: Sequence[Step]) -> Sequence[Outcome | Stop]:
        """One call each, refused where somebody has changed the card since it was read."""
        return self._ports.card_writer.set_managers([_manager(step) for step in steps])

    def find(self, steps: Sequence[Step]) -> Sequence[Finding]:
        """Looks at who stands on the cards."""
        return self._ports.card_writer.find_managers([_manager(step) for step in steps])


class TakeoverKeeper(OneByOne):
    """Remembers how far takeovers have come; of two looks at one takeover the later one stands."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def _one(self, step: Step) -> Outcome:
        takeover = the_action(NoteTakeover, step).takeover
        self._ports.ledger.note_takeover(takeover)
        return Done(result=takeover.at.isoformat())


def _items(action: MoveWork) -> list[tuple[WorkKind, int]]:
    return [("tasks", id_) for id_ in action.tasks] + [("meetings", id_) for id_ in action.meetings]


def _note(step: Step) -> Note:
    action = the_action(LogNote, step)
    return Note(
        key=str(step.key), body=action.body, at=action.at, owner_id=action.owner_id, company_id=action.company_id
    )


def _card_task(step: Step) -> NewCardTask:
    action = the_action(CreateCardTask, step)
    return NewCardTask(
        key=str(step.key),
        assignee_id=action.assignee_id,
        card_id=action.card_id,
        title=action.title,
        body=action.body,
        due=action.due,
    )


def _manager(step: Step) -> ManagerChange:
    action = the_action(SetManager, step)
    return ManagerChange(card_id=action.card_id, version=action.version, user_id=action.user_id, role=action.role)
