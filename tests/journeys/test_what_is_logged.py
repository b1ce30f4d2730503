"""Nothing personal in the functions' logs, whatever the journeys of this session have met; so this comes last."""

import json
import re

import pytest

from tests.journeys.road import Json, Road, eventually
from tests.journeys.watching import dealt_with, logged, post, signed

pytestmark = pytest.mark.journey

SENDING = "POST /sms/messages"


def personal(road: Road) -> dict[str, re.Pattern[str]]:
    """What tells of a person in the portal, however it is written."""
    contacts: list[Json] = [record["properties"] for record in road.hubspot("state/contacts")["results"]]
    owners: list[Json] = road.hubspot("state/owners")["results"]
    numbers = {
        re.sub(r"\D", "", values[name])[-8:]
        for values in contacts
        for name in ("phone", "mobilephone")
        if name in values
    }
    names = {values[name] for values in contacts for name in ("firstname", "lastname") if name in values}
    names |= {owner[name] for owner in owners for name in ("firstName", "lastName") if owner.get(name)}
    addresses = {values["email"] for values in contacts if "email" in values}
    addresses |= {owner["email"] for owner in owners if owner.get("email")}
    patterns = {number: r"(?<!\d)(\+|00)?(4\d)?[ -]?" + r"[ -]?".join(number) + r"(?!\d)" for number in numbers}
    patterns |= {name: rf"(?<!\w){re.escape(name)}(?!\w)" for name in names}
    patterns |= {address: re.escape(address) for address in addresses}
    return {what: re.compile(pattern) for what, pattern in patterns.items()}


def with_traces(road: Road, calls: list[str]) -> dict[str, str]:
    """The logs, once they tell of what was done about a call; nothing before that."""
    logs = logged(road)
    return logs if any(call in logs[road.outputs["NoAnswerLogGroup"]] for call in calls) else {}


class TestLogs:
    def test_hold_ids_and_nobodys_name_number_or_address(self, road: Road) -> None:
        blocked = {"firstname": "Sperret", "lastname": "Kunde", "country": "Norway", "mobilephone": "+47 400 00 424"}
        road.hubspot("seed", {"contacts": [{"ref": "blocked", "properties": blocked}]})
        patterns = personal(road)

        road.itx("fail-next", {"match": SENDING, "drop": True, "after_effect": True})
        road.itx("fail-next", {"match": SENDING, "status": 400, "body": {"code": "BAD", "message": "+4740612345"}})
        road.itx("fail-next", {"match": SENDING, "status": 503, "headers": {"Retry-After": "1"}})
        odd = {"hs_call_title": "Anne Berg, 406 12 345, anne@fjellbygg.example", "hs_call_to_number": "+4740612345"}
        everybody = ["@anne", "@bjorn", "@cecilie", "@david", "@erik", "@frida", "@geir", "@hanne", "@blocked"]
        calls = [road.log_call(contact, **odd) for contact in everybody]
        calls.append(road.log_call(*everybody))
        for body in (b'["Anne Berg +4740612345"', b'["Anne Berg +4740612345", {"subscriptionType": "Anne Berg"}]'):
            assert post(road, body, signed(road, body)).status_code in {200, 400}
            assert post(road, body, {"X-HubSpot-Signature-v3": "Anne Berg +4740612345"}).status_code == 401
        road.enqueue("Anne Berg +4740612345")
        road.enqueue(json.dumps({"detail": {"name": "Anne Berg", "record_id": "+4740612345"}}))
        eventually(lambda: all(road.plans(call) for call in calls), "every call is decided")
        dealt_with(road, *calls)

        logs = eventually(lambda: with_traces(road, calls), "the functions' logs tell of the calls")
        assert {road.outputs["HubspotWebhookLogGroup"], road.outputs["NoAnswerLogGroup"]} <= set(logs)
        told = {
            (group, what) for group, text in logs.items() for what, pattern in patterns.items() if pattern.search(text)
        }
        assert not told
