"""Carries plans out, action by action, each exactly once, with the vendors' batches filled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from kundeflyt.domain.actions import (
    Action,
    ActionRecord,
    Announce,
    BeginEffects,
    ClearOwner,
    CloseCase,
    CreateCardTask,
    CreateTask,
    DropDifference,
    EndWait,
    Enrol,
    ErasePerson,
    EraseWords,
    GoOn,
    LogEmail,
    LogNote,
    LogReply,
    LogSms,
    LookAt,
    MarkCompany,
    MarkContact,
    MoveHistory,
    MoveWork,
    NoteDifference,
    NoteReceipt,
    NoteSweep,
    NoteTakeover,
    OpenReviewCase,
    PassGuard,
    Plan,
    ReactivateCase,
    SendEmail,
    SendSms,
    SetManager,
    SettleSend,
    State,
    StopFlow,
    Suppress,
    UpdateTask,
    WakeAt,
    WithdrawCase,
)
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.engine.cases import CaseKeeper, CaseOpener, CompanyKeeper, EventAnnouncer
from kundeflyt.engine.differences import DifferenceDropper, DifferenceKeeper
from kundeflyt.engine.flow import Finished, Later, Result
from kundeflyt.engine.mail import EmailLogger, EmailSender
from kundeflyt.engine.people import HistoryMover, PersonEraser
from kundeflyt.engine.replies import ContactMarker, ReplyLogger, Suppressor, WordsEraser
from kundeflyt.engine.sequences import Enroller
from kundeflyt.engine.sms import ReceiptNoter, SendSettler, SmsSender
from kundeflyt.engine.step import Doer, Step, Stop
from kundeflyt.engine.sweeps import FlowStopper, GoerOn, Looker, SweepKeeper
from kundeflyt.engine.takeovers import (
    CardTaskCreator,
    GuardKeeper,
    ManagerSetter,
    NoteLogger,
    TakeoverKeeper,
    WorkMover,
)
from kundeflyt.engine.tasks import SmsLogger, TaskCreator, TaskUpdater, Waker
from kundeflyt.engine.unsure import task_to_look_into
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import Done, Failure, Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.ledger import ActionKey, Begun, Ending, Held, Move, StoredPlan


@dataclass
class _Walk:
    """One plan on its way through its actions.

    `begun` are those ahead that are on record as started. What else the ledger has yet to hear is `untold`, how actions
    ended, and `dropped`, what was started and certainly not done.
    """

    stored: StoredPlan
    ahead: list[Action]
    recipients_now: frozenset[str]
    begun: set[str] = field(default_factory=set)
    untold: list[Ending] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    records: dict[str, ActionRecord] = field(default_factory=dict)
    result: Result = field(default_factory=Finished)

    def stop(self, result: Result) -> None:
        self.result = result
        self.go_on_with([])

    def go_on_with(self, ahead: list[Action]) -> None:
        self.ahead = ahead
        needless = self.begun - {action.name for action in ahead}
        self.begun -= needless
        self.dropped += sorted(needless)

    def move(self, starting: tuple[str, ...] = ()) -> Move:
        """All that the ledger has yet to hear, and what begins with it."""
        return Move(
            flow=self.stored.flow,
            subject=self.stored.event.subject,
            ended=tuple(self.untold),
            dropped=tuple(self.dropped),
            starting=starting,
        )

    def told(self, begun: Iterable[str]) -> None:
        """The ledger has heard it all, and these are on record as started."""
        self.untold.clear()
        self.dropped.clear()
        self.begun.update(begun)


_Row = tuple[_Walk, Step]

# A message cannot be taken back: few at a time, each written down before the next ones go.
_MESSAGES = (SendSms, SendEmail)
_MESSAGES_AT_ONCE = 5
_SOON = timedelta(seconds=1)
# What a crash may leave open without harm: it is looked up by our key in HubSpot, or done again. Such actions may be
# started together, and their ends are told with whatever the ledger is told next; every other kind alone, and at once.
_FOUND_AGAIN: Final = (CreateTask, UpdateTask, LogSms, LogEmail)
# One call comes as several webhooks: most often the other worker is done in a moment. Only a dead one takes its lease.
_A_MOMENT = timedelta(seconds=5)


_WAITING_FOR_OTHERS = (
    CreateTask,
    EraseWords,
    LogNote,
    GoOn,
    CreateCardTask,
    MarkCompany,
    ClearOwner,
    Announce,
    CloseCase,
)


class Performer:
    """Walks plans through the ledger and the writers.

    The order of a plan's actions is kept; plans walk side by side, so that a hundred tasks are one vendor call.
    """

    def __init__(self, flow: str, ports: Ports, guard: BlastGuard, *, begin_until: datetime) -> None:
        self._flow = flow
        self._ports = ports
        self._begin_until = begin_until
        self._doers: Mapping[type, Doer] = {
            CreateTask: TaskCreator(ports),
            UpdateTask: TaskUpdater(ports),
            SendSms: SmsSender(flow, ports, guard),
            LogSms: SmsLogger(ports),
            SendEmail: EmailSender(flow, ports, guard),
            LogEmail: EmailLogger(ports),
            WakeAt: Waker(ports),
            NoteReceipt: ReceiptNoter(ports),
            SettleSend: SendSettler(ports),
            LogReply: ReplyLogger(ports),
            EraseWords: WordsEraser(ports),
            Suppress: Suppressor(ports),
            MarkContact: ContactMarker(ports),
            ErasePerson: PersonEraser(ports),
            MoveHistory: HistoryMover(ports),
            PassGuard: GuardKeeper(flow, ports, guard),
            MoveWork: WorkMover(ports),
            LogNote: NoteLogger(ports),
            CreateCardTask: CardTaskCreator(ports),
            SetManager: ManagerSetter(ports),
            NoteTakeover: TakeoverKeeper(ports),
            NoteSweep: SweepKeeper(flow, ports),
            LookAt: Looker(ports),
            NoteDifference: DifferenceKeeper(flow, ports),
            DropDifference: DifferenceDropper(flow, ports),
            GoOn: GoerOn(ports),
            Enrol: Enroller(ports),
            StopFlow: FlowStopper(flow, ports),
            OpenReviewCase: CaseOpener(ports),
            WithdrawCase: CaseKeeper(ports),
            ReactivateCase: CaseKeeper(ports),
            BeginEffects: CaseKeeper(ports),
            CloseCase: CaseKeeper(ports),
            EndWait: CaseKeeper(ports),
            MarkCompany: CompanyKeeper(ports),
            ClearOwner: CompanyKeeper(ports),
            Announce: EventAnnouncer(ports),
        }

    def perform(self, plans: Sequence[tuple[Begun, Plan]]) -> Mapping[tuple[str, str, int], Result]:
        """Carries the plans out as far as they go now; says, per plan, whether something is left for later.

        Each plan comes with what would be decided now: nobody is written to whom we would not write to now.
        """
        walks = [
            _Walk(begun.stored, list(begun.stored.plan.actions), frozenset(fresh.recipients()), set(begun.started))
            for begun, fresh in plans
        ]
        try:
            self._walk(walks)
        except Exception:
            # What was done is done, whatever has failed now; nobody would do what has only been started.
            for walk in walks:
                walk.stop(walk.result)
            with suppress(TryLater):
                self._tell(walks)
            raise
        return {(walk.stored.event.subject, walk.stored.basis, walk.stored.event.round): walk.result for walk in walks}

    def _walk(self, walks: Sequence[_Walk]) -> None:
        while ready := [walk for walk in walks if walk.ahead]:
            # Whoever has the longest way to go: the others wait for them at the next action that they share.
            kind = type(max(ready, key=lambda walk: len(walk.ahead)).ahead[0])
            together = [walk for walk in ready if isinstance(walk.ahead[0], kind)]
            size = _MESSAGES_AT_ONCE if kind in _MESSAGES else len(together)
            for first in range(0, len(together), size):
                some = together[first : first + size]
                self._perform_together(self._doers[kind], some)
                self._tell(walk for walk in some if not walk.ahead or kind not in _FOUND_AGAIN)

    def _tell(self, walks: Iterable[_Walk]) -> None:
        """Writes down what has ended, and that what follows it begins."""
        telling = [walk for walk in walks if walk.untold or walk.dropped]
        if telling:
            self._advance(telling, [_early(walk.ahead, walk.records, walk.begun) for walk in telling])

    def _advance(
        self, walks: Sequence[_Walk], starting: Sequence[tuple[str, ...]]
    ) -> Sequence[Mapping[str, ActionRecord]]:
        """Tells the ledger all it has yet to hear of these, and starts their next actions."""
        now = self._ports.clock()
        moves = [walk.move(names) for walk, names in zip(walks, starting, strict=True)]
        standing = self._ports.ledger.advance(moves, now=now, lease_until=now + self._ports.lease)
        for walk, names, records in zip(walks, starting, standing, strict=True):
            walk.told(name for name in names if name not in records)
        return standing

    def _perform_together(self, doer: Doer, walks: Sequence[_Walk]) -> None:
        if self._ports.clock() > self._begin_until:
            for walk in walks:
                walk.stop(Later(after=_SOON, reason="there is no time left for more in this batch"))
            return
        unbegun = [walk for walk in walks if walk.ahead[0].name not in walk.begun]
        records: Sequence[Mapping[str, ActionRecord]] = (
            self._advance(unbegun, [_starting(walk) for walk in unbegun]) if unbegun else ()
        )
        standing = {id(walk): found for walk, found in zip(unbegun, records, strict=True)}
        fresh: list[_Row] = []
        left: list[_Row] = []
        for walk in walks:
            action = walk.ahead.pop(0)
            walk.begun.discard(action.name)
            step = Step(
                key=ActionKey(flow=self._flow, subject=walk.stored.event.subject, name=action.name),
                action=action,
                stored=walk.stored,
                records=walk.records,
                recipients_now=walk.recipients_now,
            )
            record = standing.get(id(walk), {}).get(action.name)
            if record is None:
                fresh.append((walk, step))
            elif record.settled:
                self._go_on(walk, step, record)
            elif self._take_over(walk, step, record):
                left.append((walk, step))
        # Those left to us go first: the fresh ones may want a slot or a number that these fill or give back.
        self._do(doer, self._look(doer, left))
        self._tell(walk for walk, _ in left)
        self._do(doer, fresh)

    def _take_over(self, walk: _Walk, step: Step, record: ActionRecord) -> bool:
        """Somebody started this and did not say how it ended: they are still at it, or they have left it to us."""
        now = self._ports.clock()
        lease_until = record.lease_until or record.started_at + self._ports.lease
        if now < lease_until:
            wait = min(lease_until - now, _A_MOMENT)
            walk.stop(Later(after=wait, reason=f"{step.key} is being done by another worker"))
            return False
        if not self._ports.ledger.take_over(step.key, record, lease_until=now + self._ports.lease):
            walk.stop(Later(after=_A_MOMENT, reason=f"{step.key} was taken over by another worker"))
            return False
        return True

    def _do(self, doer: Doer, rows: Sequence[_Row]) -> None:
        """Does what nobody has done, and looks at once for what had no answer."""
        if not rows:
            return
        unanswered: list[_Row] = []
        outcomes = doer.do([step for _, step in rows])
        for (walk, step), outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Unsure):
                unanswered.append((walk, step))
            else:
                self._settle(walk, step, outcome)
        if unanswered:
            # What is known to have ended is written down before we ask about the rest: we may die while we ask.
            self._tell(walk for walk, _ in rows)
        for walk, step in self._look(doer, unanswered):
            # What we sent a moment ago may still be on its way in: only a later look can call it absent.
            walk.stop(Later(after=self._ports.lease, reason=f"{step.key} had no answer; it will be looked for"))

    def _look(self, doer: Doer, rows: Sequence[_Row]) -> Sequence[_Row]:
        """Asks the vendor what was done, before anybody repeats it; gives back what it certainly does not have."""
        if not rows:
            return []
        absent: list[_Row] = []
        for (walk, step), found in zip(rows, doer.find([step for _, step in rows]), strict=True):
            match found:
                case None:
                    absent.append((walk, step))
                case Done():
                    self._settle(walk, step, found)
                case Unsure() as failure:
                    self._ports.notices.note("ActionUnsure", flow=self._flow, action=str(step.key))
                    self._finish(walk, step, "unsure", reason=str(failure))
                case TryLater() as failure:
                    # It stays started: nobody could say whether it was done.
                    walk.stop(Later(after=max(failure.after, self._ports.lease), reason=str(failure)))
                case Failure():
                    raise TypeError(f"a look-up answered {type(found).__name__} for {step.key}: it may not")
        return absent

    def _settle(self, walk: _Walk, step: Step, outcome: Outcome | Stop) -> None:
        match outcome:
            case Done(result=result):
                self._finish(walk, step, "done", result=result)
            case Refused(reason=reason):
                self._ports.notices.note("ActionRefused", flow=self._flow, action=str(step.key))
                self._finish(walk, step, "refused", reason=reason)
            case TryLater() as failure:
                walk.dropped.append(step.key.name)
                walk.stop(Later(after=failure.after, reason=str(failure)))
            case Stop():
                walk.dropped.append(step.key.name)
                try:
                    self._set_aside(step, outcome)
                except TryLater as failure:
                    # Its neighbours' ends are still to be heard: what was sent must not look as if nobody knew.
                    walk.stop(Later(after=failure.after, reason=str(failure)))
                else:
                    walk.stop(Finished())
            case Failure():
                raise TypeError(f"a writer answered {type(outcome).__name__} for {step.key}: not one of the three")

    def _set_aside(self, step: Step, stop: Stop) -> None:
        event, now = step.stored.event, self._ports.clock()
        if stop.until is None:
            held = Held(id=f"{event.subject}/{event.round}", event=event, reason=stop.reason, held_at=now)
            self._ports.ledger.hold(self._flow, held)
        else:
            # Each round books its own return: one that is spent could be taken for the next one.
            key = f"{step.key}/{stop.until:%Y%m%d%H}/{event.round}"
            self._ports.road.wake_at(replace(event, bulk=True), stop.until, key=key)

    def _finish(
        self, walk: _Walk, step: Step, state: State, *, result: str | None = None, reason: str | None = None
    ) -> None:
        now = self._ports.clock()
        walk.untold.append(Ending(name=step.key.name, state=state, at=now, result=result, reason=reason))
        record = ActionRecord(
            name=step.key.name, state=state, started_at=now, ended_at=now, result=result, reason=reason
        )
        self._go_on(walk, step, record)

    def _go_on(self, walk: _Walk, step: Step, record: ActionRecord) -> None:
        walk.records[record.name] = record
        ahead = walk.ahead
        if record.state != "done":
            # Not recorded as refused: another plan of the same event may yet have reason to do it.
            ahead = [action for action in ahead if record.name not in _depends_on(action)]
        if record.state != "refused":
            ahead = [action for action in ahead if record.name != _stands_in_for(action)]
        if record.state == "unsure":
            # Asked for again on every delivery: its own name sees to it that it is made once.
            check = task_to_look_into(step, self._ports.clock())
            ahead = [check, *ahead] if check else ahead
        walk.go_on_with(ahead)


def first_of(plan: Plan) -> tuple[str, ...]:
    """The actions that are started with the plan itself: those at its beginning that may wait as started."""
    return _early(plan.actions, {}, begun=())


def _starting(walk: _Walk) -> tuple[str, ...]:
    """What is started when it is the next action's turn: that one, and what may be started with it."""
    return _early(walk.ahead, walk.records, walk.begun) or (walk.ahead[0].name,)


def _early(ahead: Sequence[Action], records: Mapping[str, ActionRecord], begun: Collection[str]) -> tuple[str, ...]:
    """What may be started before its turn: nothing whose being done at all depends on what has yet to end."""
    names: list[str] = []
    for action in ahead:
        open_ends = {*_depends_on(action), _stands_in_for(action)} - {None, *records}
        if not isinstance(action, _FOUND_AGAIN) or open_ends:
            break
        names.append(action.name)
    return tuple(name for name in names if name not in begun)


def _depends_on(action: Action) -> tuple[str, ...]:
    return action.after if isinstance(action, _WAITING_FOR_OTHERS) else ()


def _stands_in_for(action: Action) -> str | None:
    return action.instead_of if isinstance(action, CreateTask | WakeAt) else None
