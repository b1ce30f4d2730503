"""A customer's history, read out of the ledger's table."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.ledger_items import (
    Item,
    action_records,
    has_plan,
    may_have_plan,
    stored_plan,
    takeovers_of,
    takeovers_to,
)
from kundeflyt.adapters.aws.table import Table
from kundeflyt.domain.actions import SendSms, TakeoverRecord
from kundeflyt.domain.delivery import reference_of
from kundeflyt.ports.history import BadCursorError, EventStory, StoryPage
from kundeflyt.ports.ledger import Held

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


KEY: Final = ("at", "pk", "sk")
"""Where an entry stands in a customer's history."""


class LedgerHistory:
    """The CustomerHistory in DynamoDB; the index by customer is a moment behind the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)
        self._ledger = DynamoDbLedger(client, table)

    def story(self, flow: str, subject: str) -> EventStory | None:
        """Everything about one event; None when nothing was decided and nothing waits."""
        return self._story(flow, subject, self._ledger.held(flow))

    def _story(self, flow: str, subject: str, waiting: Sequence[Held]) -> EventStory | None:
        return self._told(flow, subject, self._table.query(f"{flow}/{subject}"), waiting)

    def _told(self, flow: str, subject: str, items: list[Item], waiting: Sequence[Held]) -> EventStory | None:
        plans = sorted((stored_plan(item) for item in items if has_plan(item)), key=lambda plan: plan.planned_at)
        held = tuple(one for one in waiting if one.event.subject == subject)
        if not plans and not held:
            return None
        references = {
            action.name: reference_of(f"{flow}/{subject}/{action.name}")
            for stored in plans
            for action in stored.plan.actions
            if isinstance(action, SendSms)
        }
        sent = self._ledger.sent_sms(references.values())
        return EventStory(
            flow=flow,
            subject=subject,
            plans=tuple(plans),
            actions=action_records(items),
            sent={name: sent[reference] for name, reference in references.items() if reference in sent},
            held=held,
        )

    def of_company(self, company_id: int, *, cursor: str | None, size: int) -> StoryPage:
        """What touched a company, the last decided first: each event once, where its last plan stands."""
        after = key_of(cursor) if cursor else None
        stories: list[EventStory] = []
        while True:
            keys = self._table.keys_of_customer(f"company/{company_id}", after=after, size=size)
            found = self._stories_of(keys)
            for key in keys:
                if len(stories) == size:
                    return StoryPage(stories=tuple(stories), next=cursor_of(after or key))
                after = {name: key[name] for name in KEY}
                story, last = found.get(str(key["pk"]), (None, ""))
                if story and key["sk"] == last:
                    stories.append(story)
            if len(keys) < size:
                return StoryPage(stories=tuple(stories), next=None)

    def _stories_of(self, keys: Sequence[Item]) -> Mapping[str, tuple[EventStory, str]]:
        """The events whose plans these keys may be, by their partition, and where the last plan of each stands."""
        partitions = list(dict.fromkeys(str(key["pk"]) for key in keys if may_have_plan(key)))
        waiting = {flow: self._ledger.held(flow) for flow in {one.partition("/")[0] for one in partitions}}

        def told(partition: str) -> tuple[EventStory | None, str]:
            flow, _, subject = partition.partition("/")
            items = self._table.query(partition)
            return self._told(flow, subject, items, waiting[flow]), _last_plan(items)

        found = zip(partitions, self._table.side_by_side(told, partitions), strict=True)
        return {partition: (story, last) for partition, (story, last) in found if story}

    def takeovers(self, portal_id: int, company_id: int) -> Sequence[TakeoverRecord]:
        """A company's takeovers, the newest first."""
        return _newest_first(self._table.query(takeovers_of(portal_id, company_id)))

    def takeovers_of_owner(self, portal_id: int, owner_id: int, *, last: int) -> Sequence[TakeoverRecord]:
        """The last takeovers in which this adviser got a customer, the newest first."""
        return _newest_first(self._table.of_customer(takeovers_to(portal_id, owner_id), last=last))


def _last_plan(items: Sequence[Item]) -> str:
    """The sort key of the plan that was made last; of two at one moment it is the same one each time."""
    return max(((item["at"], item["sk"]) for item in items if has_plan(item)), default=("", ""))[1]


def _newest_first(items: Sequence[Item]) -> list[TakeoverRecord]:
    found = [TakeoverRecord.model_validate(item["takeover"]) for item in items]
    return sorted(found, key=lambda takeover: takeover.at, reverse=True)


def cursor_of(key: Item) -> str:
    """A place in a history, as whoever asks keeps it."""
    return base64.urlsafe_b64encode(json.dumps([key[name] for name in KEY]).encode()).decode()


def key_of(cursor: str) -> Item:
    """The place that a cursor stands for; raises BadCursorError when it is none of ours."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(values, list) and all(isinstance(value, str) and value for value in values):
            return dict(zip(KEY, values, strict=True))
    except (ValueError, RecursionError):
        pass
    raise BadCursorError("the cursor is not one that was given out")
