"""What nobody can read, at the front door and on the queue: kept for a person, and no neighbour suffers."""

import json

import pytest

from tests.journeys.road import NO_ANSWER, Json, Road, eventually
from tests.journeys.watching import all_is_told_and_done, creation, dealt_with, is_silent, post, signed

pytestmark = pytest.mark.journey

BEYOND_FLOATS = 2**53 + 1


def kept(road: Road) -> dict[str, bytes]:
    """What lies in the inspection bucket."""
    s3, bucket = road.stack.client("s3"), road.outputs["InspectionBucketName"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


class TestTheFrontDoor:
    def test_keeps_nothing_of_a_request_that_hubspot_did_not_sign(self, road: Road) -> None:
        before = kept(road)
        call = road.log_call("@anne", hs_call_disposition="")
        eventually(lambda: road.plans(call), "the call is decided")
        body = json.dumps([creation(road, BEYOND_FLOATS)]).encode()
        v1_alone = {"X-HubSpot-Signature": "0" * 64, "X-HubSpot-Signature-Version": "v1"}
        another_body = signed(road, b"[]")
        late = {**signed(road, body), "X-HubSpot-Request-Timestamp": "1700000000000"}
        for headers in ({}, v1_alone, another_body, late):
            answer = post(road, body, headers)
            assert answer.status_code == 401
            assert answer.headers["Content-Type"] == "application/json"
            assert set(answer.json()) == {"error", "message"}
        dealt_with(road, call)
        assert kept(road) == before
        assert road.ledger(str(BEYOND_FLOATS)) == {}

    def test_keeps_a_signed_body_that_is_no_json_once(self, road: Road) -> None:
        before = kept(road)
        junk = b'[{"objectId": 12, \xc3\xb8'
        for _ in range(2):
            answer = post(road, junk, signed(road, junk))
            assert (answer.status_code, answer.json()["error"]) == (400, "not_json")
        [(key, body)] = [(key, body) for key, body in kept(road).items() if key not in before]
        assert key.startswith("not_json/")
        assert body == junk

    def test_lets_the_readable_go_on_and_keeps_the_batch_for_the_rest(self, road: Road) -> None:
        is_silent(road)
        before = kept(road)
        call = road.log_call("@anne")
        body = json.dumps([{"subscriptionType": "object.creation"}, creation(road, int(call)), "?"]).encode()
        answer = post(road, body, signed(road, body))
        assert (answer.status_code, answer.json()) == (200, {"published": 1})
        eventually(road.timeline, "the SMS stands on the timeline")
        [(key, stored)] = [(key, stored) for key, stored in kept(road).items() if key not in before]
        assert key.startswith("malformed_items/")
        assert stored == body

    def test_reads_escaped_letters_escaped_slashes_and_numbers_beyond_floats(self, road: Road) -> None:
        is_silent(road)
        record: Json = {
            "id": BEYOND_FLOATS,
            "properties": {
                "hs_call_direction": "OUTBOUND",
                "hs_call_disposition": NO_ANSWER,
                "hs_call_from_number": "+4722334400",
                "hubspot_owner_id": "@kari",
            },
            "associations": {"contacts": ["@anne"]},
        }
        road.hubspot("ui/calls", record)
        text = json.dumps([creation(road, BEYOND_FLOATS, eventId=2**63, note="Sør/Nord: blåbær")])
        body = text.replace("/", r"\/").encode()
        assert rb"S\u00f8r\/Nord" in body
        answer = post(road, body, signed(road, body))
        assert (answer.status_code, answer.json()) == (200, {"published": 1})
        eventually(road.timeline, "the SMS stands on the timeline")
        assert road.plans(str(BEYOND_FLOATS))
        assert len(road.messages()) == 1


class TestTheQueue:
    def test_sets_a_malformed_message_aside_alone_with_its_reason(self, road: Road) -> None:
        is_silent(road)
        before, after = road.log_call("@anne"), road.log_call("@cecilie")
        malformed = [
            "neither JSON nor anything else",
            json.dumps({"detail-type": "CallLogged", "detail": {"name": "CallLogged", "record_id": "nobody"}}),
        ]
        bodies = [_message(road, before), *malformed, _message(road, after)]
        sent = road.stack.client("sqs").send_message_batch(
            QueueUrl=road.outputs["NoAnswerQueueUrl"],
            Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)],
        )
        assert len(sent["Successful"]) == len(bodies)
        eventually(lambda: len(road.timeline()) == 2, "the neighbours' SMS stand on the timeline")
        eventually(lambda: len(road.dead_letters()) == 2, "the malformed are set aside")
        all_is_told_and_done(road)
        letters = road.dead_letters()
        assert {letter["body"] for letter in letters} == set(malformed)
        assert all(letter["reason"] for letter in letters)
        assert [len(road.messages()), len(road.tasks(None))] == [2, 2]
        assert "the message is not JSON" in [letter["reason"] for letter in letters]


def _message(road: Road, call: str) -> str:
    moment = "2026-11-23T09:00:00+00:00"
    detail = {
        "name": "CallLogged",
        "portal_id": int(road.stack.hubspot_portal_id),
        "record_id": int(call),
        "occurred_at": moment,
        "received_at": moment,
        "round": 0,
    }
    return json.dumps({"detail-type": "CallLogged", "detail": detail})
