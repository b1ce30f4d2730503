"""Everything a flow needs of the outside, in one hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kundeflyt.ports.cases import CaseStore
from kundeflyt.ports.ledger import Ledger
from kundeflyt.ports.notices import Notices
from kundeflyt.ports.people import Inspection
from kundeflyt.ports.readers import CardReader, CrmReader, CustomerReader, Readers, SequenceReader
from kundeflyt.ports.writers import (
    Announcer,
    CardWriter,
    CompanyWriter,
    ContactWriter,
    Inbox,
    MailWriter,
    ReviewQueue,
    Road,
    SequenceWriter,
    SmsWriter,
    TaskWriter,
    TimelineWriter,
    WorkWriter,
)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the engine works with.

    `number_hashes` gives the keyed hashes of a phone number, newest key first. `clock` stamps what the ledger
    records; rules get their one `now` from the door. `lease` is how long a worker can be at an action at most, and
    what it sent last on its way. `begin_within` is how long after the batch came in a new effect may be begun.
    """

    ledger: Ledger
    cases: CaseStore
    crm: CrmReader
    customers: CustomerReader
    sequences: SequenceReader
    sequence_writer: SequenceWriter
    tasks: TaskWriter
    work: WorkWriter
    timeline: TimelineWriter
    contacts: ContactWriter
    companies: CompanyWriter
    sms: SmsWriter
    mail: MailWriter
    inbox: Inbox
    cards: CardReader
    card_writer: CardWriter
    inspection: Inspection
    review_queue: ReviewQueue
    announcer: Announcer
    road: Road
    number_hashes: Callable[[str], tuple[str, ...]]
    notices: Notices
    clock: Callable[[], datetime]
    lease: timedelta
    begin_within: timedelta

    @property
    def readers(self) -> Readers:
        """The part of it that only reads, for facts."""
        return Readers(
            crm=self.crm,
            customers=self.customers,
            sequences=self.sequences,
            history=self.ledger,
            cases=self.cases,
            inbox=self.inbox,
            cards=self.cards,
            number_hashes=self.number_hashes,
        )
