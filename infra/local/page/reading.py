"""What the page shows, read where it stands: the vendors by their control planes, plans and actions in the ledger."""

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.memory import opened
from infra.local.stack import Stack
from infra.local.story import asked

Json = dict[str, Any]
FLOW = "no_answer"
"""The routine whose rules the page shows and lets a person change."""
CARDS = ("users", "customers", "orders", "documents", "tasks")
"""What the page shows of Metodika."""

_FRESH_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything at one moment: what the vendors have, the ledger's items and the rules in force."""

    at: datetime
    portal_id: str
    owners: list[Json]
    companies: list[Json]
    contacts: list[Json]
    calls: list[Json]
    tasks: list[Json]
    entries: list[Json]
    notes: list[Json]
    meetings: list[Json]
    webhooks: list[Json]
    messages: list[Json]
    deliveries: list[Json]
    metodika: dict[str, list[Json]]
    """Its users, customers' cards, orders, documents and tasks."""
    ledger: list[Json]
    rules: Json
    set_aside: dict[str, int]
    """Messages among the dead letters, by the queue's output name; only those with any."""


class Reading:
    """Looks at the stack of a folder; several onlookers share one look. Raises StackProblem when a part is silent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._stack: Stack | None = None
        self._clients: dict[str, Any] = {}
        self._outputs: dict[str, str] = {}
        self._last: tuple[float, Seen] | None = None

    @property
    def stack(self) -> Stack:
        """Read with the first question: the page starts a moment before stack.json is written."""
        if self._stack is None:
            stack = Stack.of(self._folder)
            self._outputs = stack.outputs()
            self._clients = {name: stack.client(name) for name in ("dynamodb", "sqs", "ssm")}
            self._stack = stack
        return self._stack

    def look(self) -> Seen:
        """The stack as it is now, or was less than a third of a second ago."""
        with self._turn:
            if self._last is None or time.monotonic() - self._last[0] > _FRESH_SECONDS:
                self._last = (time.monotonic(), self._look())
            return self._last[1]

    def rules(self) -> Json:
        """The routine's rules as they stand in the parameter; what is not there has its default."""
        parameter = self.stack.rules_parameters[FLOW]
        value = self._clients["ssm"].get_parameter(Name=parameter)["Parameter"]["Value"]
        rules: Json = json.loads(value)
        return rules

    def _look(self) -> Seen:
        stack = self.stack

        def hubspot(what: str) -> list[Json]:
            results: list[Json] = asked("HubSpot", stack.hubspot_url, f"state/{what}")["results"]
            return [record for record in results if what == "owners" or not record["archived"]]

        return Seen(
            at=datetime.now(UTC),
            portal_id=stack.hubspot_portal_id,
            # The ledger comes first: what it calls done has left its mark when the vendors are asked.
            ledger=self._ledger(),
            rules=self.rules(),
            set_aside=self._set_aside(),
            owners=hubspot("owners"),
            companies=hubspot("companies"),
            contacts=hubspot("contacts"),
            calls=hubspot("calls"),
            tasks=hubspot("tasks"),
            entries=hubspot("communications"),
            notes=hubspot("notes"),
            meetings=hubspot("meetings"),
            webhooks=asked("HubSpot", stack.hubspot_url, "outbox")["webhooks"],
            messages=asked("ITX", stack.itx_url, "outbox")["messages"],
            deliveries=asked("ITX", stack.itx_url, "deliveries")["webhooks"],
            metodika={kind: asked("Metodika", stack.metodika_url, f"state/{kind}")["results"] for kind in CARDS},
        )

    def _ledger(self) -> list[Json]:
        pages = (
            self._clients["dynamodb"]
            .get_paginator("scan")
            .paginate(TableName=self._outputs["LedgerTableName"], ConsistentRead=True)
        )
        return opened(item for page in pages for item in page["Items"])

    def _set_aside(self) -> dict[str, int]:
        counts = {}
        for output, url in self._outputs.items():
            if output.endswith("DeadLetterUrl"):
                attributes = self._clients["sqs"].get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
                )["Attributes"]
                counts[output.removesuffix("DeadLetterUrl")] = int(attributes["ApproximateNumberOfMessages"])
        return {name: count for name, count in counts.items() if count}
