"""What happens to one call on the stack, read where each hop leaves its mark: simulators, ledger, queues, logs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import requests

from infra.local.memory import opened
from infra.local.problems import StackProblem
from infra.local.stack import Stack

FLOW = "no_answer"
WANTED = ("the SMS at ITX", "the e-mail task", "the SMS on the timeline")
WHOSE = {"contacts": "the contact's", "companies": "the company's"}
OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, kw_only=True, order=True)
class Hop:
    """One thing that has happened: when, where, and what it was."""

    at: datetime
    where: str
    what: str = field(compare=False)
    key: str = field(compare=False)
    """The same happening seen again has the same key."""


class Story:
    """Follows one call from HubSpot's webhook to what stands in ITX and HubSpot afterwards."""

    def __init__(self, stack: Stack, call_id: str) -> None:
        self._stack = stack
        self._call_id = call_id
        self._subject = f"{FLOW}/{stack.hubspot_portal_id}/{call_id}"
        self._outputs = stack.outputs()
        self._dynamodb = stack.client("dynamodb")
        self._sqs = stack.client("sqs")

    def hops(self) -> list[Hop]:
        """Everything seen so far, in the order it happened."""
        return sorted([*self._webhooks(), *self._ledger(), *self._messages(), *self._made()])

    def missing(self) -> list[str]:
        """Which of the three things that make the story whole do not exist yet, and which actions have not ended."""
        kinds = {hop.key.partition(" ")[0] for hop in self.hops()}
        marks = dict(zip(WANTED, ("sms", "task", "communication"), strict=True))
        unfinished = [
            f"the action {item['name']}"
            for item in self._items()
            if item["sk"].startswith("ACTION/") and item["state"] == "started"
        ]
        return [thing for thing, kind in marks.items() if kind not in kinds] + unfinished

    def endings(self) -> list[str]:
        """How every action of the plan has ended, with the reasons of those not done; empty while one goes on."""
        items = {item["sk"]: item for item in self._items()}
        plans = [item for name, item in items.items() if name.startswith("PLAN/")]
        actions = [action for plan in plans for action in plan["plan"]["actions"]]
        names = dict.fromkeys(f"ACTION/{action['name']}" for action in actions)
        ended = [items.get(name, {}) for name in names]
        # A plan that comes back later has not said its last word.
        if any(action["kind"] == "wake_at" for action in actions) or not all("ended_at" in one for one in ended):
            return []
        return [_ending(item) for item in ended]

    def dead_letters(self) -> list[str]:
        """Why messages were set aside, if any were."""
        received = self._sqs.receive_message(
            QueueUrl=self._outputs["NoAnswerDeadLetterUrl"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )
        return [
            message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "no reason is written on it")
            for message in received.get("Messages", [])
        ]

    def last_words(self, lines: int = 12) -> Iterator[str]:
        """The end of what each function logged."""
        logs = self._stack.client("logs")
        for output in ("HubspotWebhookLogGroup", "NoAnswerLogGroup"):
            group = self._outputs[output]
            yield f"--- {group}"
            events = logs.filter_log_events(logGroupName=group)["events"]
            yield from (event["message"].rstrip() for event in events[-lines:])

    def _webhooks(self) -> Iterator[Hop]:
        for number, webhook in enumerate(asked("HubSpot", self._stack.hubspot_url, "outbox")["webhooks"]):
            about = [event for event in webhook["events"] if str(event.get("objectId")) == self._call_id]
            for attempt in webhook["attempts"] if about else []:
                names = sorted({event["subscriptionType"] for event in about})
                posted = "a signed event" if len(about) == 1 else f"{len(about)} signed events"
                yield Hop(
                    at=datetime.fromisoformat(attempt["at"]),
                    where="HubSpot",
                    what=f"posts {posted} ({', '.join(names)}); the front door answers "
                    f"{attempt['status'] or attempt['error']}",
                    key=f"webhook {number} {attempt['attemptNumber']}",
                )

    def _items(self) -> list[dict[str, Any]]:
        found = self._dynamodb.query(
            TableName=self._outputs["LedgerTableName"],
            KeyConditionExpression="pk = :subject",
            ExpressionAttributeValues={":subject": {"S": self._subject}},
            ConsistentRead=True,
        )
        return opened(found["Items"])

    def _ledger(self) -> Iterator[Hop]:
        for item in self._items():
            name = item["sk"]
            if name.startswith("PLAN/"):
                event = item["event"]
                yield Hop(
                    at=datetime.fromisoformat(event["received_at"]),
                    where="bus",
                    what=f"{event['name']} goes over the bus to the queue of {FLOW}",
                    key="event",
                )
                yield Hop(
                    at=datetime.fromisoformat(item["planned_at"]),
                    where="plan",
                    what=f"{item['because']} Planned: {_planned(item) or 'nothing'}.",
                    key=name,
                )
            elif "ended_at" in item:
                yield Hop(
                    at=datetime.fromisoformat(item["ended_at"]),
                    where="action",
                    what=_ending(item),
                    key=f"{name} {item['state']}",
                )

    def _messages(self) -> Iterator[Hop]:
        for number, message in enumerate(asked("ITX", self._stack.itx_url, "outbox")["messages"]):
            yield Hop(
                at=datetime.fromisoformat(message["at"]),
                where="ITX",
                what=f"has an SMS to {_masked(message['to'])}: “{message['text']}”",
                key=f"sms {number}",
            )

    def _made(self) -> Iterator[Hop]:
        for task in asked("HubSpot", self._stack.hubspot_url, "state/tasks")["results"]:
            properties = task["properties"]
            if properties.get("hs_task_type") == "EMAIL":
                due = datetime.fromisoformat(properties["hs_timestamp"]).astimezone(OSLO)
                yield Hop(
                    at=datetime.fromisoformat(task["createdAt"]),
                    where="HubSpot",
                    what=f"has an e-mail task: “{properties['hs_task_subject']}”, due {due:%d.%m.%Y kl. %H.%M}",
                    key=f"task {task['id']}",
                )
        for entry in asked("HubSpot", self._stack.hubspot_url, "state/communications")["results"]:
            yield Hop(
                at=datetime.fromisoformat(entry["createdAt"]),
                where="HubSpot",
                what=f"the {entry['properties']['hs_communication_channel_type']} stands on "
                f"{' and '.join(whose for kind, whose in WHOSE.items() if entry['associations'].get(kind))} timeline",
                key=f"communication {entry['id']}",
            )


def _planned(item: dict[str, Any]) -> str:
    return ", ".join(action["name"] for action in item["plan"]["actions"])


def _masked(number: str) -> str:
    return f"{number[:3]}{'•' * (len(number) - 6)}{number[-3:]}"


def _ending(action: dict[str, Any]) -> str:
    reason = action.get("reason")
    return f"{action['name']}: {action['state']}" + (f", {reason}" if reason else "")


def asked(vendor: str, server: str, what: str, body: object = None, *, method: str | None = None) -> dict[str, Any]:
    """What a simulator's control plane answers, to a POST when there is a body; raises StackProblem if it fails."""
    try:
        method = method or ("GET" if body is None else "POST")
        answer = requests.request(method, f"{server}/_sim/{what}", json=body, timeout=10)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
    except requests.RequestException as lost:
        where = f"{vendor} at {urlsplit(server).netloc}"
        raise StackProblem(f"{where} did not answer as it should ({type(lost).__name__}).") from lost
    return content
