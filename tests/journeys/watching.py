"""What a journey waits for, and how what people see is read."""

import html
from datetime import UTC, datetime, timedelta

import pytest
import requests
from hubspot.utils.signature import Signature

from tests.journeys.road import OSLO, Json, Road, eventually

UNTIL_ALL_IS_DONE = 90.0
"""Seconds; two workers with events of one call wait for each other as long as a worker may take, perhaps twice."""
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


def now() -> datetime:
    """The time on the wall: the stack under test lives by it."""
    return datetime.now(UTC)  # noqa: TID251 a journey has no clock of its own


def each_time_of_day_comes_once() -> None:
    """Skips what sets contact hours by the clock around its change, when a time of day comes twice or never."""
    around = {(now() + timedelta(hours=hours)).astimezone(OSLO).utcoffset() for hours in (-1, 0, 1)}
    if len(around) > 1:
        pytest.skip("the clock is changed about now: a time of day does not name one moment")


def in_words(moment: datetime) -> str:
    """A moment as advisers read it."""
    return f"{moment.astimezone(OSLO):%d.%m.%Y kl. %H.%M}"


def dealt_with(road: Road, *calls: str, webhooks: int = 1) -> None:
    """All is told and done, and HubSpot has told of each of the calls, in so many webhooks at least."""

    def is_told_of(call: str) -> bool:
        return len([hook for hook in road.hubspot("outbox")["webhooks"] if _is_about(hook, call)]) >= webhooks

    eventually(lambda: all(map(is_told_of, calls)), f"calls {', '.join(calls)} are told of")
    all_is_told_and_done(road)


def all_is_told_and_done(road: Road, *, seconds: float = UNTIL_ALL_IS_DONE) -> None:
    """Every webhook of HubSpot and ITX is taken in, twice where it is sent twice, and worked to its end."""

    def is_over() -> bool:
        told = _told(road)
        # What the flows did last may be told of in turn: it is over when nothing more came while we looked.
        return told is not None and road.is_quiet() and _told(road) == told

    eventually(is_over, "everything is told and dealt with", seconds=seconds)


def is_taken_in(road: Road) -> None:
    """Every webhook of HubSpot and ITX that there is to send has come to the road, if not to its end."""
    eventually(lambda: _told(road) is not None, "everything is told")


def the_only(things: list[Json]) -> Json:
    """The one there is; it fails when there are none or several."""
    assert len(things) == 1, f"{len(things)} instead of one: {things}"
    return things[0]


def body_of(task: Json) -> str:
    """A task's text as HubSpot shows it."""
    return html.unescape(str(task["properties"]["hs_task_body"]).replace("<br>", "\n"))


def subject_of(task: Json) -> str:
    """What a task is called."""
    return str(task["properties"]["hs_task_subject"])


def ids_of(road: Road, kind: str) -> dict[str, str]:
    """Ids of HubSpot's records by the seed's names."""
    return {record["ref"]: record["id"] for record in road.hubspot(f"state/{kind}")["results"] if record["ref"]}


def owner_of(road: Road, record: Json) -> str:
    """Whose a record is, by e-mail address."""
    owners = {owner["id"]: owner.get("email") for owner in road.hubspot("state/owners")["results"]}
    return str(owners[record["properties"]["hubspot_owner_id"]])


def change(road: Road, call: str, **properties: str) -> None:
    """A person changes a call in HubSpot."""
    road.hubspot(f"ui/calls/{call}", {"properties": properties}, method="PATCH")


def tie(road: Road, call: str, contact: str) -> None:
    """A person puts a contact on a call."""
    ends = {"from": {"type": "calls", "id": call}, "to": {"type": "contacts", "id": contact}}
    road.hubspot("ui/associations", ends)


def untie(road: Road, call: str, contact: str) -> None:
    """A person takes a contact off a call."""
    ends = {"from": {"type": "calls", "id": call}, "to": {"type": "contacts", "id": contact}}
    road.hubspot("ui/associations", ends, method="DELETE")


def reasons(road: Road, call: str) -> list[str]:
    """Why each plan about a call is what it is, the oldest first."""
    return [plan["because"] for plan in road.plans(call)]


def creation(road: Road, call: int, **fields: object) -> Json:
    """The event of a logged call as HubSpot writes it."""
    return {
        "eventId": 3_100_999_001,
        "subscriptionId": 5_204_101,
        "portalId": int(road.stack.hubspot_portal_id),
        "appId": int(road.stack.hubspot_app_id),
        "occurredAt": round(now().timestamp() * 1000),
        "subscriptionType": "object.creation",
        "attemptNumber": 0,
        "objectId": call,
        "objectTypeId": "0-48",
        "changeFlag": "CREATED",
        "changeSource": "CRM_UI",
        "sourceId": "userId:61002001",
        **fields,
    }


def signed(road: Road, body: bytes) -> dict[str, str]:
    """The headers of a webhook with this body, signed by HubSpot's own SDK."""
    timestamp = str(round(now().timestamp() * 1000))
    signature = Signature.get_signature(
        road.stack.hubspot_client_secret, body.decode(), "v3", road.stack.webhook_url, "POST", timestamp
    )
    return {"X-HubSpot-Signature-v3": str(signature), "X-HubSpot-Request-Timestamp": timestamp}


def post(road: Road, body: bytes, headers: dict[str, str]) -> requests.Response:
    """Posts to the deployed front door."""
    return requests.post(
        road.stack.webhook_url, data=body, headers={"Content-Type": "application/json", **headers}, timeout=30
    )


def is_silent(road: Road) -> None:
    """HubSpot sends no webhooks of its own from here on: the journey posts them itself."""
    road.hubspot("settings", {"subscriptions": []})


def logged(road: Road) -> dict[str, str]:
    """All that the functions have logged, by log group."""
    logs = road.stack.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    pages = logs.get_paginator("filter_log_events")
    return {
        group: "\n".join(event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"])
        for group in groups
    }


def _told(road: Road) -> int | None:
    """How many webhooks have been taken in; None while one is still on its way."""
    outbox, deliveries = road.hubspot("outbox"), road.itx("deliveries")
    webhooks: list[Json] = outbox["webhooks"] + deliveries["webhooks"]
    all_in = not outbox["waiting"] and all(hook["state"] == "delivered" for hook in webhooks)
    return len(webhooks) if all_in else None


def _is_about(webhook: Json, call: str) -> bool:
    return any(
        call in (str(event.get(name)) for name in ("objectId", "fromObjectId", "toObjectId"))
        for event in webhook["events"]
    )
