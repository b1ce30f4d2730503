"""The processes of a drain: the ledger, its DynamoDB for what the workers book, the workers and a sweep."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.managers import BaseManager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, cast

import boto3

from kundeflyt.adapters.aws.calls import DYNAMODB_CONFIG
from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.pace import HubSpotPace
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.sequences import HubSpotSequenceReader, HubSpotSequenceWriter
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.adapters.itx.sms import ItxSmsWriter
from kundeflyt.domain.calendar import ContactHours
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import BlastGuard, CommonRules, CrmLimits, Rules
from kundeflyt.engine.flow import Broken, Finished, Flow, Later
from kundeflyt.engine.run import run
from kundeflyt.ports.bundle import Ports
from kundeflyt.ports.failures import TryLater
from kundeflyt.wiring.texts import load_texts
from no_answer.facts import gather
from no_answer.plan import basis, plan
from no_answer.rules import NoAnswerRules
from tests.fakes.aws import running
from tests.fakes.cards import FakeCards
from tests.fakes.cases import FakeAnnouncer, FakeReviewQueue, InMemoryCases
from tests.fakes.inbox import FakeInbox
from tests.fakes.inspection import FakeInspection
from tests.fakes.ledger import InMemoryLedger, InMemoryRoad
from tests.fakes.mail import FakeMail

ROOT = Path(__file__).resolve().parents[2]
RECORDS_AT_ONCE = 100
_LEASE = timedelta(minutes=4)
_BEGIN_WITHIN = timedelta(minutes=1)
_MANY = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a worker finds what it works with; beside these it shares nothing with the others."""

    hubspot: str
    hubspot_token: str
    itx: str
    itx_key: str
    dynamodb: str
    table: str
    ledger: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of one batch: how many events are done, which come back and when, and how long each call waited.

    `broken` names what our own code tripped over, `bookings` counts writes to DynamoDB. `brought` are events put on
    the flow's own queue, `cases` the keys of those asked for. Seconds.
    """

    finished: int
    later: Sequence[tuple[Event, float]]
    broken: Sequence[str]
    waits: Sequence[float]
    notes: Sequence[str]
    bookings: int
    brought: Sequence[Event] = ()
    cases: Sequence[str] = ()


@dataclass
class _TimedPace:
    """The product's own pace, with a watch beside it."""

    pace: HubSpotPace
    waits: list[float] = field(default_factory=list)
    bookings: int = 0

    def booked(self, **_: object) -> None:
        self.bookings += 1

    def take(self, limit: str) -> None:
        before = time.monotonic()
        try:
            self.pace.take(limit)
        finally:
            self.waits.append(time.monotonic() - before)

    def announce(self, limit: str, calls: int) -> None:
        """Passed on."""
        self.pace.announce(limit, calls)

    def exceeded(self, limit: str) -> None:
        self.pace.exceeded(limit)


@dataclass
class _Notes:
    heard: list[str] = field(default_factory=list)

    def note(self, what: str, *, flow: str, **ids: str | int) -> None:
        del flow, ids
        self.heard.append(what)

    def count(self, what: str, number: int, *, flow: str) -> None:
        """No flow that is drained counts anything in numbers."""


class _LedgerServer(BaseManager):
    """One ledger for all processes."""


def serve_dynamodb(ready: Connection) -> None:
    """A DynamoDB that takes one request after the other; tells its address and the table it has made."""
    with running() as aws:
        ready.send((aws.url, aws.ledger_table()))
        signal.pause()


def serve_ledger(address: str, key: bytes, ready: Connection) -> None:
    """The ledger in one process's memory, over a socket: the one its contract tests hold to the real one's promises."""
    ledger = InMemoryLedger()
    _LedgerServer.register("ledger", callable=lambda: ledger)
    server = _LedgerServer(address=address, authkey=key).get_server()
    ready.send(None)
    server.serve_forever()


def no_answer() -> tuple[Flow[Any, Any], Rules[Any]]:
    """Unanswered calls, at any hour and without a guard."""
    rules = Rules(
        common=CommonRules(
            fallback_owner_id=1,
            callback_number="22 33 44 55",
            blast_guard=BlastGuard(sms_per_hour=_MANY, sms_per_hour_per_adviser=_MANY),
        ),
        flow=NoAnswerRules(contact_hours=ContactHours(opens="00:00", closes="24:00")),
        texts=load_texts(ROOT / "functions" / "no_answer" / "texts"),
        production=False,
    )
    return Flow(name="no_answer", rules=NoAnswerRules, gather=gather, basis=basis, plan=plan), rules


def work(
    there: Addresses,
    key: bytes,
    todo: Queue[Sequence[Event] | None],
    done: Queue[Batch],
    routine: Callable[[], tuple[Flow[Any, Any], Rules[Any]]] = no_answer,
) -> None:
    """A worker: takes batches until there are no more."""
    notes = _Notes()
    hubspot, timed = _hubspot(there, bulk=False, notes=notes)
    flow, rules = routine()
    road = InMemoryRoad()
    reviews = FakeReviewQueue()
    ports = _ports(there, key, hubspot, notes, road, reviews)
    done.put(Batch(finished=0, later=(), broken=(), waits=(), notes=(), bookings=0))
    while events := todo.get():
        timed.pace.begin(rules.common.crm_limits, bulk=all(event.bulk for event in events))
        results = run(flow, events, ports, rules, _now())
        done.put(
            Batch(
                finished=sum(isinstance(result, Finished) for result in results.values()),
                later=[
                    (event, result.after.total_seconds())
                    for event, result in results.items()
                    if isinstance(result, Later)
                ],
                broken=[repr(result.error) for result in results.values() if isinstance(result, Broken)],
                waits=list(timed.waits),
                notes=list(notes.heard),
                bookings=timed.bookings,
                brought=[*road.brought, *(event for event, _ in road.put_backs.values())],
                cases=[request.key for request in reviews.asked_for],
            )
        )
        reviews.asked_for.clear()
        road.brought.clear()
        road.put_backs.clear()
        timed.bookings = 0
        timed.waits.clear()
        notes.heard.clear()


def sweep(there: Addresses, ids: Sequence[int], done: Queue[tuple[int, float]]) -> None:
    """Reads so many contacts as bulk work, and says how many it got and how many seconds it took."""
    hubspot, timed = _hubspot(there, bulk=True, notes=_Notes())
    reader = HubSpotReader(hubspot, clock=_now)
    began, read = time.monotonic(), 0
    batches = [ids[first : first + RECORDS_AT_ONCE] for first in range(0, len(ids), RECORDS_AT_ONCE)]
    while batches:
        timed.pace.begin(CrmLimits(), bulk=True)
        try:
            read += len(reader.contacts(batches[-1], properties=()))
        except TryLater:
            time.sleep(1)  # a queue would let it wait longer; here it has to show that it stays out of the way
        else:
            batches.pop()
    done.put((read, time.monotonic() - began))


def _hubspot(there: Addresses, *, bulk: bool, notes: _Notes) -> tuple[HubSpotClient, _TimedPace]:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=there.dynamodb,
        region_name="eu-north-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the emulator asks for one
        config=DYNAMODB_CONFIG,
    )
    pace = HubSpotPace(
        DynamoDbTimeBook(dynamodb, there.table),
        clock=_now,
        unknown=lambda: notes.note("HubSpotPaceUnknown", flow="no_answer"),
    )
    pace.begin(CrmLimits(), bulk=bulk)
    timed = _TimedPace(pace)
    dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", timed.booked)
    return HubSpotClient(base_url=there.hubspot, access_token=there.hubspot_token, pace=timed), timed


def _ports(
    there: Addresses, key: bytes, hubspot: HubSpotClient, notes: _Notes, road: InMemoryRoad, reviews: FakeReviewQueue
) -> Ports:
    _LedgerServer.register("ledger")
    server = _LedgerServer(address=there.ledger, authkey=key)
    server.connect()
    writer, cards = HubSpotWriter(hubspot), FakeCards(today=_now().date())
    return Ports(
        ledger=cast("Any", server).ledger(),  # registered by name
        cases=InMemoryCases(),
        crm=HubSpotReader(hubspot, clock=_now),
        customers=HubSpotCustomerReader(hubspot),
        sequences=HubSpotSequenceReader(hubspot),
        sequence_writer=HubSpotSequenceWriter(hubspot),
        tasks=writer,
        work=writer,
        timeline=writer,
        contacts=writer,
        companies=writer,
        sms=ItxSmsWriter(base_url=there.itx, key=there.itx_key),
        mail=FakeMail(),
        inbox=FakeInbox(),
        inspection=FakeInspection(),
        review_queue=reviews,
        announcer=FakeAnnouncer(),
        cards=cards,
        card_writer=cards,
        road=road,
        number_hashes=lambda number: (number,),
        notices=notes,
        clock=_now,
        lease=_LEASE,
        begin_within=_BEGIN_WITHIN,
    )


def _now() -> datetime:
    return datetime.now(UTC)
