"""Five thousand unanswered calls worked off by eight processes, against a HubSpot that keeps its limits."""

from __future__ import annotations

import heapq
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from multiprocessing.context import SpawnContext
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import Any

import requests
from starlette.types import ASGIApp

from infra.bench.drain_parts import Addresses, Batch, serve_dynamodb, serve_ledger, sweep, work
from infra.bench.figure import Say
from infra.simulators.hubspot import Settings as HubspotSettings
from infra.simulators.hubspot import build as hubspot_app
from infra.simulators.itx import Settings as ItxSettings
from infra.simulators.itx import build as itx_app
from infra.simulators.serving import as_a_process
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.domain.rules import NO_ANSWER

EVENTS = 5000
WORKERS = 8
AT_ONCE = 100
SWEPT = 20_000
_CONTACTS_PER_COMPANY = 10
_ADVISERS = 5
_PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Drain:
    """What was measured. Seconds; `waits` are those for leave to make a call, one per call."""

    seconds: float
    calls: int
    refused: int
    bookings: int
    waits: Sequence[float]
    wrong: Sequence[str]
    swept_seconds: float | None


def drain(say: Say, *, with_sweep: bool) -> Drain:
    """Builds everything anew, lets the workers at it and counts what came of it at the vendors."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack, TemporaryDirectory() as folder:
        key = os.urandom(16)
        there = raise_vendors(stack, context, Path(folder), key)
        refs = _seed(there.hubspot, swept=SWEPT if with_sweep else 0)
        calls = [int(refs[f"call{n}"]) for n in range(EVENTS)]
        todo: Queue[Sequence[Event] | None] = context.Queue()
        done: Queue[Batch] = context.Queue()
        swept: Queue[tuple[int, float]] = context.Queue()
        for _ in range(WORKERS):
            stack.enter_context(process(context, partial(work, there, key, todo, done)))
        for _ in range(WORKERS):
            done.get(timeout=_PATIENCE)
        say(f"{EVENTS} events by {WORKERS} workers{f', beside a sweep of {SWEPT} records' if with_sweep else ''}")
        if with_sweep:
            ids = [int(refs[f"swept{n}"]) for n in range(SWEPT)]
            stack.enter_context(process(context, partial(sweep, there, ids, swept)))
        seconds, batches = hand_out([_event(call) for call in calls], todo, done)
        read, swept_seconds = swept.get(timeout=_PATIENCE) if with_sweep else (0, None)
        log = asked(f"{there.hubspot}/_sim/log")["requests"]
        wrong = [*_wrong(there, calls), *(what for batch in batches for what in (*batch.broken, *batch.notes))]
        if with_sweep and read != SWEPT:
            wrong.append(f"the sweep read {read} records of {SWEPT}")
        return Drain(
            seconds=seconds,
            calls=len(log),
            refused=sum(request["status"] == 429 for request in log),
            bookings=sum(batch.bookings for batch in batches),
            waits=[wait for batch in batches for wait in batch.waits],
            wrong=wrong,
            swept_seconds=swept_seconds,
        )


def hand_out(
    events: Sequence[Event],
    todo: Queue[Sequence[Event] | None],
    done: Queue[Batch],
    *,
    patience: float = _PATIENCE,
) -> tuple[float, Sequence[Batch]]:
    """Hands the events out, brings back what is left for later when its time has come, and stops the watch.

    What a batch has put on the queue itself is handed out, too.
    """
    began = time.monotonic()

    def hand(out: Sequence[Event]) -> int:
        for first in range(0, len(out), AT_ONCE):
            todo.put(out[first : first + AT_ONCE])
        return len(out)

    left, batches = hand(events), []
    waiting: list[tuple[float, int, Sequence[Event]]] = []
    while left and time.monotonic() - began < patience:
        due = waiting[0][0] - time.monotonic() if waiting else 1.0
        if due <= 0:
            todo.put(heapq.heappop(waiting)[2])
            continue
        try:
            batch = done.get(timeout=min(due, 1.0))
        except Empty:
            continue
        batches.append(batch)
        left += hand(batch.brought) - batch.finished - len(batch.broken)
        if batch.later:
            after = max(after for _, after in batch.later)
            heapq.heappush(waiting, (time.monotonic() + after, len(batches), [event for event, _ in batch.later]))
    return time.monotonic() - began, batches


def _wrong(there: Addresses, calls: Sequence[int]) -> list[str]:
    """What is not exactly as it should be: one SMS, one task and one entry on the timeline for each call."""
    messages = asked(f"{there.itx}/_sim/outbox")["messages"]
    tasks = asked(f"{there.hubspot}/_sim/state/tasks")["results"]
    entries = asked(f"{there.hubspot}/_sim/state/communications")["results"]
    counted: Mapping[str, Counter[str]] = {
        "SMS to a number": Counter(message["to"] for message in messages),
        "SMS with a reference": Counter(message["reference"] for message in messages),
        "tasks of a call": Counter(task["properties"]["kundeflyt_key"].split("/")[2] for task in tasks),
        "timeline entries of a call": Counter(entry["properties"]["kundeflyt_key"].split("/")[2] for entry in entries),
    }
    wrong = [
        f"{what}: {len(of)} of {len(calls)}, {sum(count > 1 for count in of.values())} more than once"
        for what, of in counted.items()
        if len(of) != len(calls) or set(of.values()) != {1}
    ]
    return wrong


def _seed(hubspot: str, *, swept: int) -> Mapping[str, str]:
    """A portal with as many missed calls as events, each to a contact of its own, and others to sweep over."""
    at = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    companies = [f"company{n}" for n in range(EVENTS // _CONTACTS_PER_COMPANY)]
    records: dict[str, list[dict[str, Any]]] = {
        "owners": [
            {"ref": f"owner{n}", "id": str(n + 1), "firstName": "Rådgiver", "lastName": str(n)}
            for n in range(_ADVISERS)
        ],
        "companies": [{"ref": name, "properties": {"name": name, "hubspot_owner_id": "1"}} for name in companies],
        "contacts": [
            {
                "ref": f"contact{n}",
                "properties": {"firstname": "Kunde", "mobilephone": f"+479{n:07}"},
                "associations": {"companies": [f"@{companies[n % len(companies)]}"]},
            }
            for n in range(EVENTS)
        ]
        + [{"ref": f"swept{n}", "properties": {"firstname": "Kunde"}} for n in range(swept)],
        "calls": [
            {
                "ref": f"call{n}",
                "properties": {
                    "hs_timestamp": at,
                    "hs_call_direction": "OUTBOUND",
                    "hs_call_disposition": NO_ANSWER,
                    "hs_call_title": "Kurs i førstehjelp",
                    "hubspot_owner_id": str(n % _ADVISERS + 1),
                },
                "associations": {"contacts": [f"@contact{n}"]},
            }
            for n in range(EVENTS)
        ],
    }
    answer = requests.post(f"{hubspot}/_sim/seed", json=records, timeout=_PATIENCE)
    answer.raise_for_status()
    refs: Mapping[str, str] = answer.json()["refs"]
    return refs


def _event(call: int) -> Event:
    now = datetime.now(UTC)
    return Event(
        name=CALL_LOGGED,
        portal_id=HubspotSettings().portal_id,
        record_id=call,
        occurred_at=now,
        received_at=now,
    )


def raise_vendors(stack: ExitStack, context: SpawnContext, folder: Path, key: bytes) -> Addresses:
    """Starts the vendors, the ledger and DynamoDB, each in a process of its own."""
    hubspot, itx = folder / "hubspot", folder / "itx"
    for serve in (partial(_hubspot, hubspot), partial(_itx, itx)):
        stack.enter_context(process(context, serve))
    dynamodb, ours = context.Pipe()
    stack.enter_context(process(context, partial(serve_dynamodb, ours)))
    ledger, ours = context.Pipe()
    stack.enter_context(process(context, partial(serve_ledger, str(folder / "ledger"), key, ours)))
    url, table = dynamodb.recv()
    ledger.recv()
    return Addresses(
        hubspot=_url(hubspot),
        hubspot_token=HubspotSettings().access_token,
        itx=_url(itx),
        itx_key=ItxSettings().key,
        dynamodb=url,
        table=table,
        ledger=str(folder / "ledger"),
    )


def _hubspot(port_file: Path) -> None:
    _serve(hubspot_app(HubspotSettings()), port_file)


def _itx(port_file: Path) -> None:
    _serve(itx_app(ItxSettings()), port_file)


def _serve(app: ASGIApp, port_file: Path) -> None:
    with redirect_stdout(StringIO()):  # a simulator prints its port, and figures alone belong there
        as_a_process(app, port=0, port_file=port_file)


def _url(port_file: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while not port_file.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the simulated {port_file.name} did not start")
        time.sleep(0.05)
    return f"http://127.0.0.1:{port_file.read_text(encoding='ascii')}"


@contextmanager
def process(context: SpawnContext, target: Callable[[], None]) -> Iterator[None]:
    """Runs beside us while the block lasts, and is killed then."""
    running = context.Process(target=target, daemon=True)
    running.start()
    try:
        yield
    finally:
        running.kill()
        running.join()


def asked(url: str) -> Any:
    """What a vendor's control plane answers."""
    answer = requests.get(url, timeout=_PATIENCE)
    answer.raise_for_status()
    return answer.json()
