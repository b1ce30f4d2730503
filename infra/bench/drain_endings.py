"""Ten thousand sequences that have run out in one night, found by the sweep and judged within HubSpot's limits."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.queues import Queue
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from infra.bench.drain import asked, hand_out, process, raise_vendors
from infra.bench.drain_parts import Batch, work
from infra.bench.endings import portal
from infra.bench.figure import Say
from infra.bench.takeovers import organisation_numbers
from infra.simulators.hubspot import Settings as HubspotSettings
from kundeflyt.domain.events import NIGHT_FELL, Event
from kundeflyt.domain.rules import CommonRules, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.flow import Flow
from sequence_ended.case import NAME, SWEEP
from sequence_ended.facts import gather
from sequence_ended.plan import basis, plan
from sequence_ended.rules import SequenceEndedRules

ENDINGS = 10_000
WORKERS = 2
"""As many as the template lets run at once."""
_SEEDED_AT_ONCE = 500
_PATIENCE = 1200.0


@dataclass(frozen=True, kw_only=True)
class EndingsDrain:
    """What was measured; seconds."""

    seconds: float
    calls: int
    searches: int
    refused: int
    wrong: Sequence[str]


def routine() -> tuple[Flow[Any, Any], Rules[Any]]:
    """The flow as it is deployed, with customer service to turn to."""
    rules = Rules(common=CommonRules(csc_owner_id=1), flow=SequenceEndedRules(), texts=TextBook({}), production=False)
    return Flow(name=NAME, rules=SequenceEndedRules, gather=gather, basis=basis, plan=plan), rules


def drain(say: Say) -> EndingsDrain:
    """Builds everything anew, lets the night fall, and counts the cases that were asked for."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack, TemporaryDirectory() as folder:
        key = os.urandom(16)
        there = raise_vendors(stack, context, Path(folder), key)
        contacts = _seed(there.hubspot, say)
        todo: Queue[Sequence[Event] | None] = context.Queue()
        done: Queue[Batch] = context.Queue()
        for _ in range(WORKERS):
            stack.enter_context(process(context, partial(work, there, key, todo, done, routine)))
        for _ in range(WORKERS):
            done.get(timeout=_PATIENCE)
        say(f"{ENDINGS} endings by {WORKERS} workers")
        seconds, batches = hand_out([_night()], todo, done, patience=_PATIENCE)
        log = asked(f"{there.hubspot}/_sim/log")["requests"]
        return EndingsDrain(
            seconds=seconds,
            calls=len(log),
            searches=sum(request["path"].endswith("/search") for request in log),
            refused=sum(request["status"] == 429 for request in log),
            wrong=_wrong(contacts, batches, log),
        )


def _wrong(contacts: Sequence[str], batches: Sequence[Batch], log: Sequence[Any]) -> list[str]:
    """What is not exactly as it should be: one case for each ending, and no task for anybody."""
    cases = Counter(key.split("/")[1] for batch in batches for key in batch.cases)
    wrong = [what for batch in batches for what in (*batch.broken, *batch.notes) if what != "SweepFinished"]
    if lost := set(contacts) - cases.keys():
        wrong.append(f"{len(lost)} endings are no case")
    if twice := [contact for contact, count in cases.items() if count > 1]:
        wrong.append(f"{len(twice)} endings are more than one case")
    if strange := cases.keys() - set(contacts):
        wrong.append(f"{len(strange)} cases are of nobody's ending")
    made = sum("batch/create" in request["path"] for request in log)
    return wrong + ([f"{made} creations in HubSpot"] if made else [])


def _seed(hubspot: str, say: Say) -> Sequence[str]:
    """A portal in which as many sequences have run out since yesterday, one after the other; whose they were."""
    numbers, now = organisation_numbers(ENDINGS), datetime.now(UTC)
    refs: dict[str, str] = {}
    for first in range(0, ENDINGS, _SEEDED_AT_ONCE):
        some = numbers[first : first + _SEEDED_AT_ONCE]
        # A second apart and never two at once, as HubSpot's own queue lets them end.
        seed = portal(some, now, first=first, ago=timedelta(hours=6, seconds=ENDINGS - first))
        answer = requests.post(f"{hubspot}/_sim/seed", json=seed, timeout=_PATIENCE)
        answer.raise_for_status()
        refs = answer.json()["refs"]
        say(f"{first + len(some)} of {ENDINGS} customers are in the portal")
    return [refs[f"contact{place}-0"] for place in range(ENDINGS)]


def _night() -> Event:
    now = datetime.now(UTC)
    return Event(
        name=NIGHT_FELL,
        portal_id=HubspotSettings().portal_id,
        about=SWEEP,
        occurred_at=now,
        received_at=now,
        bulk=True,
    )
