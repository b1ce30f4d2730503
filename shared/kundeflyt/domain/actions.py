"""What a plan asks the world to do. Every action has a name: done once for what happened, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kundeflyt.domain.cards import Role
from kundeflyt.domain.delivery import Status
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.review import Entry, ReviewRequest
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.domain.sweeps import Sweep

TaskType = Literal["EMAIL", "CALL", "TODO"]
RecordKind = Literal["contact", "company"]

CHECK: Final = "check-"
"""How the task is named that asks a person what became of an action: this, and the action's name."""


BoxState = Literal["open", "verified", "ticked"]


class TakeoverRecord(BaseModel):
    """A customer's takeover as we remember it; company and `at` name it. Owner ids are the CRM's, times in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal_id: int
    company_id: int
    at: AwareDatetime
    previous_owner_id: int | None
    owner_id: int
    boxes: Mapping[str, BoxState]
    looked_at: AwareDatetime

    @property
    def finished(self) -> bool:
        """Every box is verified by the system or ticked by a person."""
        return "open" not in self.boxes.values()


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str


class Spread(BaseModel):
    """No day gets more than so many tasks of one kind for one person, as long as another day has room.

    The first working day with room is taken, from the day the task is due on. With a `latest`, none after that one,
    but then one before, from `earliest` on; when all of them are full, it stays due when it was. `counter` names kind
    and person; `country` decides the working days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    counter: str
    per_day: int
    country: str | None
    earliest: date
    latest: date | None = None


class CreateTask(_Action):
    """A person is given something to do, with all they need to do it.

    `slot` keeps one open task per slot: when another event holds it, its task is brought up to date instead.
    `replaces` is the finished task that may be followed by a new one in the same slot. `after` names actions of the
    plan without which there is nothing to do: the task is made only when all of them were done. `instead_of` names the
    one it stands in for: the task is made only when that was refused. `spread` moves the day it is due.
    """

    kind: Literal["create_task"] = "create_task"
    task_type: TaskType
    subject: str
    body: str
    due: AwareDatetime
    owner_id: int | None
    contact_id: int | None = None
    company_id: int | None = None
    slot: str | None = None
    replaces: int | None = None
    after: tuple[str, ...] = ()
    instead_of: str | None = None
    spread: Spread | None = None


class UpdateTask(_Action):
    """A task is brought up to date, or ticked off.

    The task is `task_id`, or the one that the action named `task_of` of the same event made.
    When `tells_about` names an action, `{outcome}` in the body becomes the line of `outcomes` for how that ended, and
    the task is ticked off only if it was done.
    """

    kind: Literal["update_task"] = "update_task"
    task_id: int | None = None
    task_of: str | None = None
    subject: str | None = None
    body: str | None = None
    due: AwareDatetime | None = None
    completed: bool = False
    tells_about: str | None = None
    outcomes: Mapping[str, str] = Field(default_factory=dict)


class SendSms(_Action):
    """A text message to one mobile, at most one per number in `once_per_hours`, whoever asks for it.

    `latest` is when it is too late to send it; `valid_until` when the vendor is to give up delivering it.
    """

    kind: Literal["send_sms"] = "send_sms"
    to: str = Field(repr=False)
    text: str = Field(repr=False)
    text_id: str
    once_per_hours: int
    latest: AwareDatetime
    valid_until: AwareDatetime
    owner_id: int | None
    sender: str | None = None


class LogSms(_Action):
    """The text message stands on the customer's timeline, once it has been accepted (`after`).

    `at` is when it was sent, where that is not when `after` ended.
    """

    kind: Literal["log_sms"] = "log_sms"
    after: str
    body: str = Field(repr=False)
    owner_id: int | None
    contact_id: int
    company_id: int | None = None
    at: AwareDatetime | None = None


class SendEmail(_Action):
    """An e-mail to one person at a customer, in an adviser's name: answers go to `reply_to`, who is `reply_name`.

    `sender_name` is whom it is from, `latest` when it is too late to send it. `owner_id` is the adviser.
    """

    kind: Literal["send_email"] = "send_email"
    to: str = Field(repr=False)
    subject: str = Field(repr=False)
    body: str = Field(repr=False)
    text_id: str
    sender_name: str
    reply_to: str = Field(repr=False)
    reply_name: str = Field(repr=False)
    latest: AwareDatetime
    owner_id: int
    contact_id: int


class LogEmail(_Action):
    """The e-mail stands on the contact's and the company's timeline, once it has been accepted (`after`)."""

    kind: Literal["log_email"] = "log_email"
    after: str
    subject: str = Field(repr=False)
    body: str = Field(repr=False)
    to: str = Field(repr=False)
    reply_to: str = Field(repr=False)
    owner_id: int
    contact_id: int
    company_id: int


class WakeAt(_Action):
    """Come back to this event at a better time, and look at it afresh then.

    With `instead_of`, only when the action of that name was refused. `bulk`: nobody waits for it by then, and what a
    person has just done goes first.
    """

    kind: Literal["wake_at"] = "wake_at"
    when: AwareDatetime
    bulk: bool = False
    instead_of: str | None = None


class NoteReceipt(_Action):
    """What the vendor says became of a message is remembered; done when that is what stands, refused when it is not.

    `doubted` is what we knew of our own sending; it is decided anew when that has come into doubt meanwhile.
    """

    kind: Literal["note_receipt"] = "note_receipt"
    reference: str
    part: int
    status: Status
    doubted: bool = False


class SettleSend(_Action):
    """A sending that nobody knew the end of is done after all: the vendor has told of the message."""

    kind: Literal["settle_send"] = "settle_send"
    flow: str
    subject: str
    send: str


class LogReply(_Action):
    """What a customer wrote to us stands on the timeline. The words are not here: `letter` says where they wait.

    `unasked`: when nobody can say whether it was logged, operations hears of it and no person gets a task.
    """

    kind: Literal["log_reply"] = "log_reply"
    letter: str
    at: AwareDatetime
    owner_id: int | None
    contact_id: int
    company_id: int | None = None
    unasked: bool = False


class EraseWords(_Action):
    """The words that waited are erased, once they stand where all of `after` have put them."""

    kind: Literal["erase_words"] = "erase_words"
    letter: str
    after: tuple[str, ...]


class Suppress(_Action):
    """Whoever has this number gets no more text messages. Nothing goes out by it, so it is done in a trial, too."""

    kind: Literal["suppress"] = "suppress"
    number_hashes: tuple[str, ...]
    contact_ids: tuple[int, ...] = ()


class MarkContact(_Action):
    """A contact gets these properties, for people to see."""

    kind: Literal["mark_contact"] = "mark_contact"
    contact_id: int
    properties: Mapping[str, str]


class ErasePerson(_Action):
    """Nothing is remembered of a person any more but that their number gets no SMS (000-33; GDPR article 17).

    `contact_ids` are all ids the person has had. `country` (ISO) is where a number without a country code belongs.
    """

    kind: Literal["erase_person"] = "erase_person"
    contact_ids: tuple[int, ...]
    country: str


class MoveHistory(_Action):
    """What we remember of records that were merged belongs to the one that survives."""

    kind: Literal["move_history"] = "move_history"
    record: RecordKind
    from_ids: tuple[int, ...]
    into: int


class PassGuard(_Action):
    """A customer changes hands as one of so many an hour; beyond that the flow stops itself, and everything waits.

    A mistake made for every customer at once must not reach everybody. It stands before what it guards.
    """

    kind: Literal["pass_guard"] = "pass_guard"


class MoveWork(_Action):
    """A customer's open tasks and meetings to come are somebody else's from now on."""

    kind: Literal["move_work"] = "move_work"
    tasks: tuple[int, ...]
    meetings: tuple[int, ...]
    owner_id: int


class LogNote(_Action):
    """A note stands on the customer's timeline, once all of `after` are done."""

    kind: Literal["log_note"] = "log_note"
    body: str
    at: AwareDatetime
    owner_id: int | None
    company_id: int
    after: tuple[str, ...] = ()


class CreateCardTask(_Action):
    """A person is given something to do in the customer cards' system, once all of `after` are done.

    `due` is a day there.
    """

    kind: Literal["create_card_task"] = "create_card_task"
    assignee_id: str
    card_id: str | None
    title: str
    body: str
    due: date
    after: tuple[str, ...] = ()


class SetManager(_Action):
    """The customer's card gets its new adviser, unless somebody has changed the card (`version`) since we read it."""

    kind: Literal["set_manager"] = "set_manager"
    card_id: str
    version: str
    user_id: str
    role: Role


class NoteTakeover(_Action):
    """How far a takeover has come is remembered: the state of each box, by its requirement."""

    kind: Literal["note_takeover"] = "note_takeover"
    takeover: TakeoverRecord


class NoteSweep(_Action):
    """How far a sweep has come is remembered, unless it has gone on since it was read (`seen`).

    Refused then: another delivery, or another sweep of the same name, is at it. `counted` are metrics of this page.
    """

    kind: Literal["note_sweep"] = "note_sweep"
    sweep: Sweep
    seen: Sweep | None = None
    counted: Mapping[str, int] = Field(default_factory=dict)


class LookAt(_Action):
    """Each of these records is looked at as if HubSpot had told of it: an event of that name, by record and time.

    It goes to the flow's own queue, as bulk work. Twice the same event is one to the flow.
    """

    kind: Literal["look_at"] = "look_at"
    event: str
    records: Mapping[int, AwareDatetime]


class Enrol(_Action):
    """A contact gets into a sequence, as an adviser who then is its sender; so many a day at the most (001-14).

    `user_id` is who the adviser is when they sign in, `sender` their own inbox.
    """

    kind: Literal["enrol"] = "enrol"
    contact_id: int
    sequence_id: int
    user_id: int
    sender: str = Field(repr=False)
    per_day: int


class NoteDifference(_Action):
    """A difference is remembered with the task that `task_of` made, so that it is told once."""

    kind: Literal["note_difference"] = "note_difference"
    difference: Difference
    task_of: str


class DropDifference(_Action):
    """A difference that is no more is forgotten: should it come back, it is a new one."""

    kind: Literal["drop_difference"] = "drop_difference"
    about: str
    mark: str


class GoOn(_Action):
    """The same event comes back at once, for the sweep's next page, when all of `after` are done."""

    kind: Literal["go_on"] = "go_on"
    after: tuple[str, ...] = ()


class StopFlow(_Action):
    """Too much is wrong at once for it to be true: the flow stops itself, and the event waits for a person."""

    kind: Literal["stop_flow"] = "stop_flow"
    reason: str


class OpenReviewCase(_Action):
    """A customer is to be assessed by customer service: the request goes to the review queue (001-18, 001-30)."""

    kind: Literal["open_review_case"] = "open_review_case"
    request: ReviewRequest


class WithdrawCase(_Action):
    """The company's open case is withdrawn by the system, with its reason; refused when there is none to withdraw.

    With `case_id` that case and no other.
    """

    kind: Literal["withdraw_case"] = "withdraw_case"
    company_id: int
    because: str
    case_id: str | None = None


class ReactivateCase(_Action):
    """A customer who became inactive by a decision (its mark) has been heard from: `entry` is what was first heard.

    Refused when something else was heard before, or the case is worked anew. It stands before all that follows.
    """

    kind: Literal["reactivate_case"] = "reactivate_case"
    case_id: str
    decision: str
    entry: Entry
    because: str


class BeginEffects(_Action):
    """From now on a decision stands and cannot be undone; refused when it has been undone.

    `decision` is its mark. It stands before everything that follows from the decision.
    """

    kind: Literal["begin_effects"] = "begin_effects"
    case_id: str
    decision: str


class CloseCase(_Action):
    """All that follows from a decision is done, once all of `after` are.

    A case in which somebody was asked for more waits for the answer instead, `waits_until` at the latest: `asked_by`
    names the action that made their task.
    """

    kind: Literal["close_case"] = "close_case"
    case_id: str
    decision: str
    asked_by: str | None = None
    waits_until: AwareDatetime | None = None
    after: tuple[str, ...] = ()


class EndWait(_Action):
    """A case that has waited goes to customer service, to be decided as fast as these rules say."""

    kind: Literal["end_wait"] = "end_wait"
    case_id: str
    because: str
    rules: ReviewCaseRules


class MarkCompany(_Action):
    """A company gets these properties, once all of `after` are done."""

    kind: Literal["mark_company"] = "mark_company"
    company_id: int
    properties: Mapping[str, str]
    after: tuple[str, ...] = ()


class ClearOwner(_Action):
    """Nobody looks after a company any more, once all of `after` are done: a decision that says so among them.

    `owner_id` is who it is taken from; refused when somebody else has the company by then.
    """

    kind: Literal["clear_owner"] = "clear_owner"
    company_id: int
    owner_id: int | None
    after: tuple[str, ...] = Field(min_length=1)


class Announce(_Action):
    """Our own flows, and whoever else listens, hear that something has happened, once all of `after` are done.

    Each of `about` is a review case, with its company. Hearing of it twice is hearing of it once.
    """

    kind: Literal["announce"] = "announce"
    event: Literal["CaseDecided", "CustomerBecameInactive", "CustomerReactivated"]
    about: Mapping[str, int]
    after: tuple[str, ...] = ()
    bulk: bool = False


Action = Annotated[
    CreateTask
    | UpdateTask
    | SendSms
    | LogSms
    | SendEmail
    | LogEmail
    | WakeAt
    | NoteReceipt
    | SettleSend
    | LogReply
    | EraseWords
    | Suppress
    | MarkContact
    | ErasePerson
    | MoveHistory
    | PassGuard
    | MoveWork
    | LogNote
    | CreateCardTask
    | SetManager
    | NoteTakeover
    | NoteSweep
    | LookAt
    | NoteDifference
    | DropDifference
    | Enrol
    | GoOn
    | StopFlow
    | OpenReviewCase
    | WithdrawCase
    | ReactivateCase
    | BeginEffects
    | CloseCase
    | EndWait
    | MarkCompany
    | ClearOwner
    | Announce,
    Field(discriminator="kind"),
]


class Plan(BaseModel):
    """What is to be done about one event and why; doing nothing is a plan too.

    `responsible` is the owner who hears of what could not be settled; contact and company are whom it is about.
    `problems` are things somebody in operations should know, such as a text nobody has approved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    because: str
    actions: tuple[Action, ...] = ()
    responsible: int | None = None
    contact_id: int | None = None
    company_id: int | None = None
    problems: tuple[str, ...] = ()

    def sms_numbers(self) -> tuple[str, ...]:
        """The numbers this plan would text."""
        return tuple(action.to for action in self.actions if isinstance(action, SendSms))

    def recipients(self) -> tuple[str, ...]:
        """The numbers and addresses this plan would write to."""
        return tuple(action.to for action in self.actions if isinstance(action, SendSms | SendEmail))


State = Literal["started", "done", "refused", "unsure"]


class ActionRecord(BaseModel):
    """How far one action has come: the ledger's word on it.

    `result` is the vendor's id of what was made; `reason` says why not, in words for the person who can act.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    state: State
    started_at: datetime
    ended_at: datetime | None = None
    lease_until: datetime | None = None
    result: str | None = None
    reason: str | None = None

    @property
    def settled(self) -> bool:
        """Nothing more will be done about it."""
        return self.state != "started"


class Slot(BaseModel):
    """The task last made in a slot, and the record it was made for where that is known."""

    model_config = ConfigDict(frozen=True)

    task_id: int
    record_id: int | None = None


class Past(BaseModel):
    """What we have already done about an event, for which contacts, and when we first heard of it."""

    model_config = ConfigDict(frozen=True)

    first_received_at: datetime | None = None
    contact_ids: frozenset[int] = frozenset()
    actions: Mapping[str, ActionRecord] = Field(default_factory=dict)

    def result_of(self, name: str) -> int | None:
        """The id of what an action made, if it was done."""
        record = self.actions.get(name)
        return int(record.result) if record and record.state == "done" and record.result else None


class Story(BaseModel):
    """All that was decided about one event, the first first, and how far each action has come."""

    model_config = ConfigDict(frozen=True)

    plans: tuple[Plan, ...] = ()
    actions: Mapping[str, ActionRecord] = Field(default_factory=dict)
