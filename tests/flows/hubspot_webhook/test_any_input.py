from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.hubspot_webhook.at_the_door import (
    APP_ID,
    CALL_ID,
    NOW,
    PORTAL_ID,
    SECRET,
    URL,
    Stack,
    gateway,
    milliseconds,
    payload,
    signed,
)

LOGGED = payload("CallLogged__logged_by_a_user")
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)

numbers = st.integers() | st.floats() | st.integers(min_value=2**31, max_value=2**70)
scalars = st.none() | st.booleans() | numbers | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
subscriptions = st.sampled_from(
    ["object.creation", "object.propertyChange", "object.associationChange", "company.propertyChange", "object.merge"]
)
types = st.sampled_from(["0-48", "0-1", "0-2"])
ids = st.sampled_from([CALL_ID, str(CALL_ID), PORTAL_ID, APP_ID, str(APP_ID), 1763980200123])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "subscriptionType": subscriptions | anything,
    "eventType": subscriptions | anything,
    "portalId": st.just(PORTAL_ID) | anything,
    "objectTypeId": types | anything,
    "fromObjectTypeId": types | anything,
    "toObjectTypeId": types | anything,
    "associationType": st.sampled_from(["CALL_TO_CONTACT", "CONTACT_TO_CALL"]) | anything,
    "associationRemoved": anything,
    "objectId": ids | anything,
    "fromObjectId": ids | anything,
    "toObjectId": ids | anything,
    "occurredAt": ids | anything,
    "propertyName": st.sampled_from(["hs_call_disposition", "hubspot_owner_id"]) | anything,
    "changeSource": st.just("INTEGRATION") | anything,
    "sourceId": ids | anything,
}
items = st.fixed_dictionaries({}, optional=FIELDS)


def signed_bytes(body: bytes) -> dict[str, str]:
    """Signs bytes that need not be text, which HubSpot's SDK can't; written out from its documentation."""
    timestamp = milliseconds(NOW)
    digest = hmac.new(SECRET.encode(), b"POST" + URL.encode() + body + timestamp.encode(), hashlib.sha256).digest()
    return {
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
        "x-hubspot-request-timestamp": timestamp,
    }


class TestWhateverHubSpotSigns:
    """Is answered 200 or 400, never with an exception or a 5xx."""

    @QUIET
    @given(st.binary())
    def test_as_bytes(self, body: bytes) -> None:
        assert Stack().post(body, signed_bytes(body))[0] in {200, 400}

    @QUIET
    @given(anything)
    def test_as_json(self, value: object) -> None:
        body = json.dumps(value).encode()
        assert Stack().post(body)[0] == (200 if isinstance(value, list) else 400)

    @QUIET
    @given(st.lists(items, max_size=12))
    def test_as_items_puts_each_on_the_bus_or_counts_or_stores_it(self, batch: list[dict[str, Any]]) -> None:
        stack = Stack()
        status, answer = stack.post(json.dumps(batch).encode())
        assert (status, answer["published"]) == (200, len(stack.clients.entries))
        assert all(detail["portal_id"] == PORTAL_ID for detail in stack.clients.details)


headers = st.dictionaries(
    st.sampled_from(["X-HubSpot-Signature-v3", "x-hubspot-request-timestamp", "X-HubSpot-Signature"]) | st.text(),
    st.text() | st.just(milliseconds(NOW)) | st.none(),
)


class TestWhateverAStrangerSends:
    """Is answered 401, and leaves nothing behind."""

    @QUIET
    @given(
        body=st.text() | st.none() | st.just(base64.b64encode(LOGGED).decode()),
        in_base64=st.booleans(),
        given_headers=headers,
        only_several=st.booleans(),
        path=st.text() | st.none(),
        query=st.none() | st.dictionaries(st.text(), st.lists(st.text())),
        method=st.sampled_from(["POST", "GET", "post", None]),
    )
    def test_in_any_shape(
        self,
        body: str | None,
        in_base64: bool,
        given_headers: dict[str, Any],
        only_several: bool,
        path: str | None,
        query: dict[str, list[str]] | None,
        method: str | None,
    ) -> None:
        stack = Stack()
        request = gateway(LOGGED, {}) | {
            "body": body,
            "isBase64Encoded": in_base64,
            "headers": None if only_several else given_headers,
            "multiValueHeaders": {name: [value] for name, value in given_headers.items()},
            "multiValueQueryStringParameters": query,
            "path": path,
            "httpMethod": method,
        }
        assert stack.send(request)[0] == 401
        assert stack.clients.untouched

    @QUIET
    @given(place=st.integers(min_value=0, max_value=len(LOGGED) - 1), change=st.integers(min_value=1, max_value=255))
    def test_by_changing_any_byte_of_a_signed_body(self, place: int, change: int) -> None:
        changed = bytearray(LOGGED)
        changed[place] ^= change
        stack = Stack()
        assert stack.post(bytes(changed), signed(LOGGED))[0] == 401
        assert stack.clients.untouched

    @QUIET
    @given(st.data())
    def test_by_changing_any_sign_of_a_signed_header_or_path(self, data: st.DataObject) -> None:
        request = gateway(LOGGED, signed(LOGGED))
        part = data.draw(st.sampled_from(["X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp", "path", "method"]))
        held = {
            "path": request["requestContext"]["path"],
            "method": request["httpMethod"],
        } | request["headers"]
        place = data.draw(st.integers(min_value=0, max_value=len(held[part]) - 1))
        sign = data.draw(st.characters(exclude_characters=held[part][place]))
        changed = held[part][:place] + sign + held[part][place + 1 :]
        match part:
            case "path":
                request["requestContext"] |= {"path": changed}
            case "method":
                request["httpMethod"] = changed
            case _:
                request["headers"][part] = changed
        stack = Stack()
        assert stack.send(request)[0] == 401
        assert stack.clients.untouched
