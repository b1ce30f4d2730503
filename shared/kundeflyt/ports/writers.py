"""What we ask the world to do.

Only the engine calls these; each answers row by row, in the order it was asked. A row's outcome is Done, or the
failure that says who must act; no row's failure is raised. A writer never repeats an effect on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from kundeflyt.domain.actions import TaskType
from kundeflyt.domain.cards import Role
from kundeflyt.domain.crm import WorkKind
from kundeflyt.domain.events import Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.ports.failures import Done, Failure, Outcome
from kundeflyt.ports.readers import InboxReader

Finding = Done | None | Failure
"""What a look-up says of one row: it was done, it certainly was not (None), or Unsure or TryLater."""


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A task to make; `key` is ours and finds it again after a crash."""

    key: str
    task_type: TaskType
    subject: str
    body: str
    due: datetime
    owner_id: int | None
    contact_id: int | None
    company_id: int | None


@dataclass(frozen=True, kw_only=True)
class TaskChange:
    """What is to stand in a task from now on; None leaves a field as it is."""

    task_id: int
    subject: str | None = None
    body: str | None = None
    due: datetime | None = None
    completed: bool = False


@dataclass(frozen=True, kw_only=True)
class ContactChange:
    """What is to stand in a contact's properties from now on."""

    contact_id: int
    properties: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CompanyChange:
    """What is to stand in a company's properties from now on; with `without_owner` nobody looks after it any more."""

    company_id: int
    properties: Mapping[str, str] = field(default_factory=dict)
    without_owner: bool = False


@dataclass(frozen=True, kw_only=True)
class SmsEntry:
    """A text message to show on the timeline."""

    key: str
    body: str = field(repr=False)
    at: datetime
    owner_id: int | None
    contact_id: int
    company_id: int | None


@dataclass(frozen=True, kw_only=True)
class Sms:
    """One message to one mobile; `to` is E.164, `reference` is ours, unique and without personal data."""

    reference: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    sender: str | None
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One e-mail to one person in plain text; `key` is ours, and no vendor can be asked about it."""

    key: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    sender_name: str
    reply_to: str = field(repr=False)
    reply_name: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class EmailEntry:
    """An e-mail to show on the timeline; `reply_to` is the adviser in whose name it went."""

    key: str
    subject: str = field(repr=False)
    body: str = field(repr=False)
    to: str = field(repr=False)
    reply_to: str = field(repr=False)
    at: datetime
    owner_id: int
    contact_id: int
    company_id: int


@dataclass(frozen=True, kw_only=True)
class NewCardTask:
    """A task to make there; `key` is ours and finds it again. Without a card it is about no customer in particular.

    A title longer than the system's own limit is cut, and so is a body: what must be read stands first.
    """

    key: str
    assignee_id: str
    card_id: str | None
    title: str
    body: str = field(repr=False)
    due: date


@dataclass(frozen=True, kw_only=True)
class ManagerChange:
    """Who is to look after the customer from now on (None: nobody), as decided on this `version` of the card."""

    card_id: str
    version: str
    user_id: str | None
    role: Role


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note to show on a company's timeline."""

    key: str
    body: str = field(repr=False)
    at: datetime
    owner_id: int | None
    company_id: int


@dataclass(frozen=True, kw_only=True)
class WorkChange:
    """Whose a task or a meeting is from now on."""

    kind: WorkKind
    id: int
    owner_id: int


@dataclass(frozen=True, kw_only=True)
class NewEnrolment:
    """Who is to get into which sequence, as whom; found again by an enrolment that is not older than `since`."""

    contact_id: int
    sequence_id: int
    user_id: int
    sender: str = field(repr=False)
    since: datetime


class SequenceWriter(Protocol):
    """Gets contacts into sequences."""

    def enrol(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Outcome]:
        """One call each; a contact who is in a sequence already is Refused."""
        ...

    def find_enrolments(self, enrolments: Sequence[NewEnrolment]) -> Sequence[Finding]:
        """Whether the contacts are in these sequences since then, also when that is over already."""
        ...


class WorkWriter(Protocol):
    """Gives what is planned to another owner."""

    def move(self, changes: Sequence[WorkChange]) -> Sequence[Outcome]:
        """Sets owners; may be repeated harmlessly."""
        ...


class TaskWriter(Protocol):
    """Gives people work in the CRM."""

    def create_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Outcome]:
        """Makes the tasks; `Done.result` is the task's id."""
        ...

    def update_tasks(self, changes: Sequence[TaskChange]) -> Sequence[Outcome]:
        """Changes tasks; may be repeated harmlessly."""
        ...

    def find_tasks(self, tasks: Sequence[NewTask]) -> Sequence[Finding]:
        """Looks the tasks up by their keys; `Done.result` is the task's id."""
        ...


class ContactWriter(Protocol):
    """Marks contacts for people to see."""

    def update_contacts(self, changes: Sequence[ContactChange]) -> Sequence[Outcome]:
        """Sets properties; may be repeated harmlessly."""
        ...


class CompanyWriter(Protocol):
    """Says how it stands with a customer, for people to see."""

    def update_companies(self, changes: Sequence[CompanyChange]) -> Sequence[Outcome]:
        """Sets properties and clears owners; may be repeated harmlessly."""
        ...


class ReviewQueue(Protocol):
    """Asks customer service to assess customers."""

    def put(self, requests: Sequence[ReviewRequest]) -> Sequence[Outcome]:
        """Puts the requests on the review queue; one that comes twice is one to whoever takes it in."""
        ...


class Announcer(Protocol):
    """Tells of what has happened, for whoever listens."""

    def publish(self, events: Sequence[Event]) -> None:
        """Every event is told of when this returns; raises TryLater if even one may not be."""
        ...


class TimelineWriter(Protocol):
    """Shows on the customer's timeline what was written, by us and to us."""

    def log_sms(self, entries: Sequence[SmsEntry]) -> Sequence[Outcome]:
        """Logs text messages; it sends nothing."""
        ...

    def find_sms_entries(self, entries: Sequence[SmsEntry]) -> Sequence[Finding]:
        """Looks the entries up by their keys; `Done.result` is the entry's id."""
        ...

    def log_emails(self, entries: Sequence[EmailEntry]) -> Sequence[Outcome]:
        """Logs e-mails on a contact and its company; it sends nothing."""
        ...

    def find_email_entries(self, entries: Sequence[EmailEntry]) -> Sequence[Finding]:
        """Looks the entries up by their keys; `Done.result` is the entry's id."""
        ...

    def log_notes(self, notes: Sequence[Note]) -> Sequence[Outcome]:
        """Logs notes on companies."""
        ...

    def find_notes(self, notes: Sequence[Note]) -> Sequence[Finding]:
        """Looks the notes up by their keys; `Done.result` is the note's id."""
        ...


class SmsWriter(Protocol):
    """Sends text messages."""

    def send(self, messages: Sequence[Sms]) -> Sequence[Outcome]:
        """Hands each message to the vendor once; accepted means queued, not delivered."""
        ...

    def find_sms(self, messages: Sequence[Sms]) -> Sequence[Finding]:
        """Asks whether the vendor has the messages, by their references."""
        ...


class MailWriter(Protocol):
    """Sends e-mails. Nobody can be asked about one afterwards, so one with a lost answer stays unsure."""

    def send_mails(self, mails: Sequence[Mail]) -> Sequence[Outcome]:
        """Hands each e-mail over once, never a second time; accepted means queued, not delivered.

        `Done.result` is the vendor's id of it.
        """
        ...


class CardWriter(Protocol):
    """Gives people work where the customers' cards are, and says who looks after a customer.

    What is Refused may be NotOffered, where that system cannot do it at all, or Outdated.
    """

    def create_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Outcome]:
        """Makes the tasks, one for each key however often it is asked for; `Done.result` is the task's id."""
        ...

    def find_card_tasks(self, tasks: Sequence[NewCardTask]) -> Sequence[Finding]:
        """Looks the tasks up by their keys."""
        ...

    def set_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Outcome]:
        """Sets or removes managers; Outdated where the card is no longer the version that was decided on.

        `Done.result` is the card's new version.
        """
        ...

    def find_managers(self, changes: Sequence[ManagerChange]) -> Sequence[Finding]:
        """Whether the cards have the managers that were to be set; None where they have not."""
        ...


class Inbox(InboxReader, Protocol):
    """Where customers' words wait, for the one who empties it."""

    def all_letters(self) -> Mapping[str, InboundSms]:
        """Everything that waits, by its mark. Raises TryLater."""
        ...

    def erase(self, marks: Sequence[str]) -> Sequence[Outcome]:
        """Erases what waits; may be repeated harmlessly."""
        ...


class Road(Protocol):
    """Puts an event back on its flow's own queue, or others beside it."""

    def bring(self, events: Sequence[Event]) -> None:
        """Puts new events on the queue, at once. Raises TryLater; then some may be there, and come twice."""
        ...

    def wake_at(self, event: Event, when: datetime, *, key: str) -> None:
        """Brings the event's next round at a time; the same key twice is one return. Raises TryLater."""
        ...

    def put_back(self, event: Event, *, after: timedelta, key: str) -> None:
        """Brings the event's next round after a while, however short or long. Raises TryLater."""
        ...
