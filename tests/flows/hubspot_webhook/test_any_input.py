from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from contextlib import redirect_stdout
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.hubspot_webhook.at_the_door import (
    DOMAIN,
    NOW,
    PAYLOADS,
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
small: st.SearchStrategy[Any] = scalars | st.just([]) | st.just({})
real = [item for file in sorted(PAYLOADS.glob("*.json")) for item in json.loads(file.read_bytes())]
fields = sorted({field for item in real for field in item})
values = st.sampled_from([value for item in real for value in item.values()])
changes = st.dictionaries(st.sampled_from(fields), small | values, max_size=3)
items = st.builds(lambda item, changed: item | changed, st.sampled_from(real), changes) | small


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
    @given(st.lists(items, max_size=8))
    def test_as_items_puts_each_on_the_bus_or_counts_why_not(self, batch: list[Any]) -> None:
        stack, printed = Stack(), io.StringIO()
        with redirect_stdout(printed):
            status, answer = stack.post(json.dumps(batch).encode())
        [metrics] = [json.loads(line) for line in printed.getvalue().splitlines() if '"_aws"' in line]
        counts = {name: sum(values) for name, values in metrics.items() if isinstance(values, list)}
        assert status == 200
        assert answer["published"] == len(stack.clients.entries)
        kept = counts.get("KeptForInspection", 0)
        assert sum(counts.values()) - counts["Requests"] - kept == len(batch)
        assert bool(stack.clients.objects) is bool(kept) is any(name.startswith("Malformed") for name in counts)
        assert all(detail["portal_id"] == PORTAL_ID for detail in stack.clients.details)


headers = st.dictionaries(
    st.sampled_from(["X-HubSpot-Signature-v3", "x-hubspot-request-timestamp", "X-HubSpot-Signature"]) | st.text(),
    st.text() | st.just(milliseconds(NOW)) | st.none(),
)
# Good enough to be compared with what the secrets make of the request.
at_first_sight = st.fixed_dictionaries(
    {
        "X-HubSpot-Signature-v3": st.text(min_size=1),
        "X-HubSpot-Request-Timestamp": st.just(milliseconds(NOW)),
    }
)


class TestWhateverAStrangerSends:
    """Is answered 401, and leaves nothing behind."""

    @QUIET
    @given(
        body=st.text() | st.none() | st.just(base64.b64encode(LOGGED).decode()),
        in_base64=st.booleans(),
        given_headers=headers | at_first_sight,
        path=st.text() | st.none(),
        query=st.none() | st.text(),
        method=st.sampled_from(["POST", "GET", "post", None]),
    )
    def test_in_any_shape(
        self,
        body: str | None,
        in_base64: bool,
        given_headers: dict[str, Any],
        path: str | None,
        query: str | None,
        method: str | None,
    ) -> None:
        stack = Stack()
        request = gateway(LOGGED, {}) | {
            "body": body,
            "isBase64Encoded": in_base64,
            "headers": given_headers,
            "rawQueryString": query,
            "rawPath": path,
            "requestContext": {"domainName": DOMAIN, "http": {"method": method, "path": "/prod/hubspot/webhooks"}},
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
        part = data.draw(st.sampled_from(["x-hubspot-signature-v3", "x-hubspot-request-timestamp", "path", "method"]))
        held = request["requestContext"]["http"] | request["headers"]
        place = data.draw(st.integers(min_value=0, max_value=len(held[part]) - 1))
        sign = data.draw(st.characters(exclude_characters=held[part][place]))
        changed = held[part][:place] + sign + held[part][place + 1 :]
        match part:
            case "path" | "method":
                request["requestContext"]["http"] |= {part: changed}
            case _:
                request["headers"][part] = changed
        stack = Stack()
        assert stack.send(request)[0] == 401
        assert stack.clients.untouched
