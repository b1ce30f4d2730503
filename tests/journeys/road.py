"""The deployed road as a journey sees it: the vendors at both ends, and what stands in the ledger in between."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psutil
import requests

from infra.local.memory import opened
from infra.local.rules import AT_ONCE, put_rules
from infra.local.stack import Stack

Json = dict[str, Any]
SeenT = TypeVar("SeenT")

ROUND_THE_CLOCK = {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True}
USUAL: dict[str, Mapping[str, object]] = {
    "common": {},
    "no_answer": {"contact_hours": ROUND_THE_CLOCK},
    "sms_receipt": {},
    "sms_inbound": {},
    "contact_erased": {},
    "records_merged": {},
    "owner_reconcile": {"grace_days": 0},
    "review_intake": {},
    "review_decided": {"inactive_properties": {"industry": "Inaktiv kunde"}},
    **AT_ONCE,
}
# In this order: whoever gives another flow work stands before it, or `is_quiet` would look at the other too early.
FLOWS = (
    "no_answer",
    "sms_receipt",
    "sms_inbound",
    "contact_erased",
    "records_merged",
    "owner_change",
    "owner_reconcile",
    "sequence_ended",
    "review_intake",
    "review_decided",
    "sequence_due",
    "customer_reached",
)
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
OSLO = ZoneInfo("Europe/Oslo")
LONG_ENOUGH = 90.0
"""Seconds that a journey has left of its day when it begins."""
PATIENCE = 40.0
"""Seconds until something that should happen counts as not happening; a function's cold start is in it."""


class Road:
    """A stack that a session of tests shares; `fresh` gives each journey an empty one."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        """A road on a stack that was raised with the rules `USUAL`."""
        self.stack = stack
        self.outputs = stack.outputs()
        self.folder = folder
        self._dynamodb = stack.client("dynamodb")
        self._sqs = stack.client("sqs")
        self._scheduler = stack.client("scheduler")
        self._ids = count(300_000_000_001)
        self._rules = dict(USUAL)

    # --- the vendors

    def hubspot(self, path: str, body: Json | None = None, *, method: str | None = None) -> Any:
        """The HubSpot simulator's control plane, such as `state/tasks` or `ui/calls`; with a body it is a POST."""
        return _control(self.stack.hubspot_url, path, body, method)

    def itx(self, path: str, body: Json | None = None, *, method: str | None = None) -> Any:
        """The ITX simulator's control plane, such as `outbox` or `settings`."""
        return _control(self.stack.itx_url, path, body, method)

    def metodika(self, path: str, body: Json | None = None, *, method: str | None = None) -> Any:
        """The Metodika simulator's control plane, such as `state/tasks` or `settings`."""
        return _control(self.stack.metodika_url, path, body, method)

    def log_call(self, *contacts: str, **properties: str) -> str:
        """An adviser logs an outbound call, No Answer unless said otherwise; gives the call's id."""
        usual = {
            "hs_call_direction": "OUTBOUND",
            "hs_call_disposition": NO_ANSWER,
            "hs_call_from_number": "+4722334400",
            "hubspot_owner_id": "@kari",
        }
        given = {name: value for name, value in (usual | properties).items() if value}
        associations = {"contacts": list(contacts)} if contacts else {}
        call = {"id": self.new_id(), "properties": given, "associations": associations}
        return str(self.hubspot("ui/calls", call)["id"])

    def new_id(self) -> str:
        """An id that no record of any journey has: what is still on its way about an earlier one finds nobody."""
        return str(next(self._ids))

    def tasks(self, kind: str | None = "EMAIL") -> list[Json]:
        """The tasks in HubSpot, of one kind or (None) of all."""
        tasks: list[Json] = self.hubspot("state/tasks")["results"]
        return [task for task in tasks if kind is None or task["properties"].get("hs_task_type") == kind]

    def timeline(self) -> list[Json]:
        """The communications in HubSpot."""
        entries: list[Json] = self.hubspot("state/communications")["results"]
        return entries

    def messages(self) -> list[Json]:
        """The SMS that ITX has taken."""
        messages: list[Json] = self.itx("outbox")["messages"]
        return messages

    # --- the stack

    def ledger(self, call_id: str, flow: str = "no_answer") -> dict[str, Json]:
        """What the ledger holds of one call, by sort key: `PLAN/…` and `ACTION/…`."""
        found = self._dynamodb.query(
            TableName=self.outputs["LedgerTableName"],
            KeyConditionExpression="pk = :subject",
            ExpressionAttributeValues={":subject": {"S": f"{flow}/{self.stack.hubspot_portal_id}/{call_id}"}},
            ConsistentRead=True,
        )
        return {item["sk"]: item for item in opened(found["Items"])}

    def plans(self, call_id: str, flow: str = "no_answer") -> list[Json]:
        """The plans made about one call, the oldest first."""
        items = self.ledger(call_id, flow).items()
        return sorted((item for name, item in items if name.startswith("PLAN/")), key=lambda plan: plan["planned_at"])

    def action(self, call_id: str, name: str, flow: str = "no_answer") -> Json | None:
        """How far one action of a call has come."""
        return self.ledger(call_id, flow).get(f"ACTION/{name}")

    def items(self) -> list[Json]:
        """Everything in the ledger."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.outputs["LedgerTableName"])
        return opened(item for page in pages for item in page["Items"])

    def cases(self) -> list[Json]:
        """The review cases as they stand."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.outputs["CasesTableName"])
        items = opened(item for page in pages for item in page["Items"])
        return [item["case"] for item in items if "case" in item]

    def dead_letters(self, flow: str = "no_answer") -> list[Json]:
        """What was set aside, with its reason: `body` and `reason`."""
        received = self._sqs.receive_message(
            QueueUrl=self.outputs[f"{_camel(flow)}DeadLetterUrl"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )
        return [
            {
                "body": message["Body"],
                "reason": message.get("MessageAttributes", {}).get("reason", {}).get("StringValue"),
            }
            for message in received.get("Messages", [])
        ]

    def enqueue(self, body: str) -> None:
        """Puts a message straight on the flow's queue."""
        self._sqs.send_message(QueueUrl=self.outputs["NoAnswerQueueUrl"], MessageBody=body)

    def wakes(self) -> list[Json]:
        """The wake-ups that are booked, with their `ScheduleExpression`."""
        names = [one["Name"] for one in self._schedules()]
        group = self.stack.stack_name
        return [dict(self._scheduler.get_schedule(Name=name, GroupName=group)) for name in names]

    def bring_forward(self) -> None:
        """Time goes by: what is booked for the next moment comes now, as the scheduler would bring it."""
        booked = self.wakes()
        soonest = min(wake["ScheduleExpression"] for wake in booked)
        for wake in (one for one in booked if one["ScheduleExpression"] == soonest):
            queue = self._sqs.get_queue_url(QueueName=wake["Target"]["Arn"].rpartition(":")[2])["QueueUrl"]
            self._sqs.send_message(QueueUrl=queue, MessageBody=wake["Target"]["Input"])
            self._scheduler.delete_schedule(Name=wake["Name"], GroupName=self.stack.stack_name)

    def use_rules(self, **rules: Mapping[str, object]) -> None:
        """Rules by flow, in force for the next event: on this stack they are read each time."""
        changed = {flow: values for flow, values in rules.items() if self._rules.get(flow) != values}
        for flow, values in changed.items():
            put_rules(self.folder, self.stack, flow, values)
        self._rules |= changed

    def rules_in_force(self, flow: str) -> Json:
        """The rules of a flow as they stand in the parameter."""
        parameter = self.stack.client("ssm").get_parameter(Name=self.stack.rules_parameters[flow])
        rules: Json = json.loads(parameter["Parameter"]["Value"])
        return rules

    def rules_changed_elsewhere(self) -> None:
        """Somebody else has put rules: the next `fresh` puts every one anew."""
        self._rules = {}

    def kill_flow(self, flow: str = "no_answer") -> None:
        """Kills the flow's processes as a crash would (-9), in the middle of their work or idle."""
        pids = [entry["pid"] for entry in json.loads((self.folder / "processes.json").read_text())]
        children = [child for pid in pids for child in psutil.Process(pid).children(recursive=True)]
        workers = [child for child in children if _runs(child, flow)]
        for worker in workers:
            worker.kill()
        eventually(lambda: not any(_runs(worker, flow) for worker in workers), "the flow's processes have ended")

    def is_quiet(self) -> bool:
        """No message waits or is being worked on, apart from those put off."""
        return not any(self._is_busy(flow) for flow in FLOWS)

    def words_waiting(self) -> list[str]:
        """The marks under which customers' words wait to be put on a timeline."""
        listed = self.stack.client("s3").list_objects_v2(Bucket=self.outputs["InboundBucketName"])
        return [item["Key"] for item in listed.get("Contents", [])]

    def _is_busy(self, flow: str) -> bool:
        counts = self._sqs.get_queue_attributes(
            QueueUrl=self.outputs[f"{_camel(flow)}QueueUrl"],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return any(int(count) for count in counts.values())

    def fresh(self, **rules: Mapping[str, object]) -> None:
        """Empties everything: vendors as on the first day, no messages, no memory, the usual rules of journeys.

        What an earlier journey left in the middle of something is killed; an event of its that is still on the way
        is about a call that no longer exists, since no id is used twice. The journey has one day to itself.
        """
        _wait_out_midnight()
        # First, so that whoever has read facts of the earlier journey is at work when we look who is.
        self.hubspot("reset", {})
        busy = [flow for flow in FLOWS if self._is_busy(flow)]
        for flow in FLOWS:
            for queue in (f"{_camel(flow)}QueueUrl", f"{_camel(flow)}DeadLetterUrl"):
                self._sqs.purge_queue(QueueUrl=self.outputs[queue])
        for flow in busy:
            self.kill_flow(flow)
        for mark in self.words_waiting():
            self.stack.client("s3").delete_object(Bucket=self.outputs["InboundBucketName"], Key=mark)
        for empty in (self.hubspot, self.itx, self.metodika):
            empty("reset", {})
        for schedule in self._schedules():
            self._scheduler.delete_schedule(Name=schedule["Name"], GroupName=self.stack.stack_name)
        for table in ("LedgerTableName", "CasesTableName"):
            self._empty(self.outputs[table])
        for seed in (self.hubspot, self.metodika):
            seed("seed", {"name": "norway"})
        self.use_rules(**(USUAL | rules))

    def _empty(self, table: str) -> None:
        """Every item as it lies there: `items` shows more of them than there are."""
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk, sk"):
            for key in page["Items"]:
                self._dynamodb.delete_item(TableName=table, Key=key)

    def _schedules(self) -> list[Json]:
        listed: list[Json] = self._scheduler.list_schedules(GroupName=self.stack.stack_name)["Schedules"]
        # The nights' own schedules stand there too, and belong to the stack.
        return [schedule for schedule in listed if schedule["Name"].startswith("wake-")]


def _wait_out_midnight() -> None:
    """A call before midnight and one after it are of two days, and an SMS is good until its day ends."""
    here = datetime.now(OSLO)  # noqa: TID251 a journey has no clock of its own
    left = (datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), OSLO) - here).total_seconds()
    if left < LONG_ENOUGH:
        time.sleep(left)


def eventually(look: Callable[[], SeenT], what: str, *, seconds: float = PATIENCE) -> SeenT:
    """Looks again and again until there is something to see; fails, saying what is missing, when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; last seen: {seen!r}")
        time.sleep(0.1)


def _control(server: str, path: str, body: Json | None, method: str | None) -> Any:
    answer = requests.request(
        method or ("GET" if body is None else "POST"), f"{server}/_sim/{path}", json=body, timeout=30
    )
    assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def _runs(process: psutil.Process, flow: str) -> bool:
    try:
        # One that was killed lies there as a zombie until its parent looks.
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get("POWERTOOLS_SERVICE_NAME") == flow
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def _camel(flow: str) -> str:
    return "".join(part.capitalize() for part in flow.split("_"))
