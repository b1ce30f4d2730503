"""`python -m infra.played TABLE BUS`: reads what has been from standard input, and plays it into the cases' table.

Each step is taken as people and flows take it, by domain/cases.py at the moment it is said to have happened; so a case
that could not have come to be stops the play. What was decided and not carried out is told on the bus, as the console
tells it: what follows from it is the flow's, and really happens.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import boto3

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.domain.events import CASE_DECIDED, Event
from kundeflyt.domain.review import ReviewRequest
from kundeflyt.domain.rules import ReviewCaseRules

Json = dict[str, Any]

RULES: Final = ReviewCaseRules()
"""As they are built in: the demo has no others."""


def steps_of(story: Json) -> list[cases.Step]:
    """A case from its beginning, one step after the other; raises NotAllowed where it cannot have gone so."""
    request = ReviewRequest.model_validate(story["request"])
    taken = [cases.opened(request, datetime.fromisoformat(story["at"]), RULES)]
    for step in story["steps"]:
        taken.append(_taken(taken[-1][0], **step))
    return taken


def _taken(case: ReviewCase, *, do: str, at: str, who: str = "", **more: Any) -> cases.Step:
    now = datetime.fromisoformat(at)
    mark = case.decision.mark if case.decision else ""
    match do:
        case "claim":
            return cases.claim(case, who, now, RULES)
        case "comment":
            return cases.comment(case, who, now, RULES, **more)
        case "decide":
            return cases.decide(case, who, now, RULES, **more)
        case "begin_effects":
            return cases.begin_effects(case, mark, now)
        case "effected":
            return cases.effected(case, mark, now)
        case "asked":
            until = datetime.fromisoformat(more["until"])
            return cases.asked(case, mark, now, task_id=more["task_id"] or None, until=until)
        case "end_wait":
            return cases.end_wait(case, now, RULES, **more)
        case "withdraw":
            return cases.withdraw(case, now, **more)
        case "reopen":
            return cases.reopen(case, who, now, RULES, **more)
    raise ValueError(f"nobody takes a step called {do}")


def play(stories: Sequence[Json], store: DynamoDbCaseStore, bus: EventBus, now: datetime) -> None:
    """Stores every step of every case, and tells of those that wait for what follows from a decision."""
    ends: list[ReviewCase] = []
    for story in stories:
        (first, audit), *later = steps_of(story)
        stored = [store.open(first, audit)]
        stored += [store.save(case, entry, seen_version=case.version - 1) for case, entry in later]
        if not all(stored):
            raise SystemExit(
                f"Case {first.id} could not be stored: there is one of company {first.company.id} already."
            )
        ends.append(later[-1][0] if later else first)
    decided = [(case, case.decision) for case in ends if case.state == "decided" and case.decision]
    bus.publish(
        [
            Event(
                name=CASE_DECIDED,
                portal_id=case.portal_id,
                record_id=case.company.id,
                about=case.id,
                occurred_at=decision.at,
                received_at=now,
            )
            for case, decision in decided
        ]
    )


if __name__ == "__main__":
    table, bus_name = sys.argv[1:]
    play(
        json.load(sys.stdin),
        DynamoDbCaseStore(boto3.client("dynamodb"), table),
        EventBus(boto3.client("events"), bus_name, source="kundeflyt.cases"),
        datetime.now(UTC),
    )
