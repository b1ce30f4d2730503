"""What we need to know, not how it is found out.

Every method takes many ids, because each costs a vendor call. All raise TryLater when the world does not answer;
a record that does not exist is left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kundeflyt.domain.actions import Past, RecordKind, Slot, Story
from kundeflyt.domain.cards import Card, CardUser, CollaborationPlan, Document, Order
from kundeflyt.domain.crm import Call, Company, Contact, EntryKind, Owner, Reached, TaskNow, Work
from kundeflyt.domain.delivery import SentSms
from kundeflyt.domain.differences import Difference
from kundeflyt.domain.events import Event
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.review import Entry, RecordType
from kundeflyt.domain.sequences import EndedPage, Enrolment, Heard, TriedPage
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.cases import CaseReader


class CrmReader(Protocol):
    """The customer records."""

    def calls(self, ids: Collection[int]) -> Mapping[int, Call]:
        """The calls as they are now."""
        ...

    def contacts_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Who each call is logged on; a call without contacts is left out."""
        ...

    def companies_of_calls(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Which companies each call is logged on."""
        ...

    def companies_of_contacts(self, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Where each contact works, the primary company first."""
        ...

    def contacts(self, ids: Collection[int], *, properties: Collection[str]) -> Mapping[int, Contact]:
        """The contacts, with the properties that the rules name."""
        ...

    def contacts_with_numbers(
        self, numbers: Collection[str], *, default_country: str
    ) -> Mapping[str, tuple[Contact, ...]]:
        """Whose each number (E.164) is, the oldest record first; a number that nobody has is left out.

        A contact's number without a country code is read in the contact's country, else in `default_country` (ISO).
        """
        ...

    def companies(self, ids: Collection[int], *, properties: Collection[str] = ()) -> Mapping[int, Company]:
        """The companies as they are now, with the properties that the rules name."""
        ...

    def owners(self, ids: Collection[int]) -> Mapping[int, Owner]:
        """The advisers, those who have left included."""
        ...

    def owners_of_users(self, user_ids: Collection[int]) -> Mapping[int, Owner]:
        """Who these users are as owners; a user who owns nothing is left out."""
        ...

    def reached_since(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Reached]:
        """Which contacts were reached after their time in `since`, and when that was last.

        A Connected call, an inbound e-mail or a meeting counts; `connected` are the portal's ids of that outcome.
        """
        ...

    def open_tasks(self, ids: Collection[int]) -> frozenset[int]:
        """Which of these tasks still wait for somebody."""
        ...


class CustomerReader(Protocol):
    """A customer as a whole: who has looked after it, who works there, and what is planned with it."""

    def companies(
        self, ids: Collection[int], *, properties: Collection[str], dated: Collection[str] = ()
    ) -> Mapping[int, Company]:
        """The companies as they are now, with everybody who has owned them and the properties that the rules name.

        Those of the properties that are in `dated` come with the time at which they were set.
        """
        ...

    def listed(
        self, after: int, *, limit: int, having: str, values: Collection[str], properties: Collection[str]
    ) -> Sequence[Company]:
        """The companies with ids after `after` that have the property `having` (one of `values`, if any), by id.

        At most `limit`; fewer mean that there are no more. One that was changed a moment ago may be missed.
        """
        ...

    def contacts_of_companies(self, ids: Collection[int]) -> Mapping[int, Mapping[int, bool]]:
        """Who works at each company, and whether they mainly work there; those who do stand first."""
        ...

    def told(
        self, text_id: str, subjects: Collection[str], *, by: Collection[int], since: datetime
    ) -> Mapping[tuple[int, int], datetime]:
        """Which contacts have had an e-mail made from the text, from which of these owners, and when last.

        It is known by the text's id in its words, or by one of these subjects, also with `Re:` or the like before it.
        Keys are contact and owner.
        """
        ...

    def work(self, ids: Collection[int], *, now: datetime) -> Mapping[int, tuple[Work, ...]]:
        """The open tasks and the meetings to come at each company."""
        ...

    def latest(self, kind: EntryKind, ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The newest notes or meetings at each company, the newest first."""
        ...

    def tasks(self, ids: Collection[int]) -> Mapping[int, TaskNow]:
        """These tasks as they stand now."""
        ...


class SequenceReader(Protocol):
    """What became of those whom nobody could reach: sequences, and what was tried and heard meanwhile."""

    def enrolments(self, contact_ids: Collection[int]) -> Mapping[int, Enrolment]:
        """What each contact was last enrolled in; one who never was is left out."""
        ...

    def ended_since(self, since: datetime, *, most: int) -> EndedPage:
        """Whose sequence has ended since then, the first to end first, some `most` at a time."""
        ...

    def written_to(self, since: datetime, until: datetime, *, most: int) -> TriedPage:
        """Which companies were written to in that time, outside a sequence, the first first; some `most` e-mails."""
        ...

    def missed_meetings(self, meeting_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """Of these meetings those to which the customer did not come, with the companies they were with."""
        ...

    def heard(
        self, record: RecordType, ids: Collection[int], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, Heard]:
        """Those of these records by which a customer was heard from, with the companies they are about.

        A record on no company is about where its contacts mainly work. `connected` as in `traces`.
        """
        ...

    def traces(
        self, since: Mapping[int, datetime], *, connected: Collection[str], now: datetime
    ) -> Mapping[int, tuple[Entry, ...]]:
        """What stands about each company since its own time: what was tried and what was heard.

        Open tasks and meetings to come are there whenever they were made, but for the tasks this routine has made
        itself. `connected` are the portal's ids of a conversation.
        """
        ...


class HistoryReader(Protocol):
    """What we ourselves have done before."""

    def past(self, flow: str, events: Collection[Event]) -> Mapping[str, Past]:
        """What has been done about each event, by subject."""
        ...

    def story(self, flow: str, subject: str) -> Story:
        """All that we decided and did about one event."""
        ...

    def slots(self, names: Collection[str]) -> Mapping[str, Slot]:
        """The task that was last made in each slot; an empty slot is left out."""
        ...

    def sent_sms(self, references: Collection[str]) -> Mapping[str, SentSms]:
        """Our messages with these references, and how far each has come (consistent read)."""
        ...

    def last_sms_to(self, number_hashes: Collection[str]) -> SentSms | None:
        """The last message we sent to the number with any of these hashes."""
        ...

    def sweep(self, flow: str, name: str) -> Sweep | None:
        """How far the flow's last sweep of that name has come, ended or not; None when there was none."""
        ...

    def differences(self, flow: str, first: str, last: str) -> Mapping[str, Difference]:
        """The flow's standing differences about records from `first` to `last`, both included."""
        ...

    def ids_of_person(self, contact_id: int) -> frozenset[int]:
        """Every id the person has had that we know of, this one included."""
        ...

    def survivor(self, record: RecordKind, record_id: int) -> int:
        """The record that this one has become by merges; itself when it has become none."""
        ...

    def forgotten(self, contact_ids: Collection[int]) -> frozenset[int]:
        """Which of these contacts have been forgotten lately."""
        ...


class InboxReader(Protocol):
    """Where customers' words wait until they stand on the timeline."""

    def letters(self, marks: Collection[str]) -> Mapping[str, InboundSms]:
        """The messages that wait under these marks; one that is erased is left out."""
        ...


class CardReader(Protocol):
    """The customers' cards, where the occupational health service keeps its own records.

    All of it is about companies: nothing about a patient or a named employee is read, and nothing may be added.
    Every method may also raise NotOffered: that system cannot tell such things at all, so a person looks them up.
    """

    def cards(self, numbers: Collection[OrganisationNumber]) -> Mapping[OrganisationNumber, tuple[Card, ...]]:
        """The cards of each customer with their managers; a number that is on no card is left out.

        Serves a takeover and the nightly reconciliation alike: the one who walks through all customers keeps the
        place, and asks for as many at a time as may be lost when one answer fails.
        """
        ...

    def users(self, emails: Collection[str]) -> Mapping[str, CardUser]:
        """Who these people are there, by e-mail address as given; those who have left are told apart."""
        ...

    def active_orders(self, card_ids: Collection[str]) -> Mapping[str, tuple[Order, ...]]:
        """The orders that are being worked on for each card; a card that does not exist is left out."""
        ...

    def documents(self, card_ids: Collection[str]) -> Mapping[str, tuple[Document, ...]]:
        """The documents on each card; a card that does not exist is left out."""
        ...

    def plans(self, card_ids: Collection[str], *, year: int) -> Mapping[str, CollaborationPlan]:
        """Each card's collaboration plan of that year; a card without one is left out."""
        ...


@dataclass(frozen=True, kw_only=True)
class Readers:
    """All that facts are read from.

    `number_hashes` gives the keyed hashes of a phone number (E.164), newest key first.
    """

    crm: CrmReader
    customers: CustomerReader
    sequences: SequenceReader
    history: HistoryReader
    cases: CaseReader
    inbox: InboxReader
    cards: CardReader
    number_hashes: Callable[[str], tuple[str, ...]]
