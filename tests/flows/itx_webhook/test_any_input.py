from __future__ import annotations

import base64
import io
import json
from contextlib import redirect_stdout
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.itx_webhook.at_the_door import (
    INBOUND,
    NOW,
    PAYLOADS,
    RECEIPTS,
    Stack,
    gateway,
    payload,
    signed,
)

REPLY = payload("SmsInbound__a_reply")
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)

paths = st.sampled_from([RECEIPTS, INBOUND])
numbers = st.integers() | st.floats() | st.integers(min_value=2**31, max_value=2**70)
scalars = st.none() | st.booleans() | numbers | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
small: st.SearchStrategy[Any] = scalars | st.just([]) | st.just({})
real: list[dict[str, Any]] = [
    item for file in sorted(PAYLOADS.glob("SmsReceipt__*.json")) for item in json.loads(file.read_bytes())
]
messages: list[dict[str, Any]] = [json.loads(file.read_bytes()) for file in sorted(PAYLOADS.glob("SmsInbound__*.json"))]


def changed(items: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
    fields = sorted({field for item in items for field in item})
    values = st.sampled_from([value for item in items for value in item.values()])
    changes = st.dictionaries(st.sampled_from(fields), small | values, max_size=3)
    return st.builds(lambda item, change: item | change, st.sampled_from(items), changes) | small


def tells_nothing(body: bytes) -> bool:
    """A batch without a receipt."""
    try:
        return bool(json.loads(body) == [])
    except ValueError:
        return False


class TestWhateverItxSigns:
    """Is answered 204, never with an exception or a 5xx, and is on the bus, counted or kept."""

    @QUIET
    @given(paths, st.binary())
    def test_as_bytes(self, path: str, body: bytes) -> None:
        stack = Stack()
        assert stack.post(path, body) == 204
        assert stack.clients.keys("inspection") or tells_nothing(body)

    @QUIET
    @given(paths, anything)
    def test_as_json(self, path: str, value: object) -> None:
        assert Stack().post(path, json.dumps(value).encode()) == 204

    @QUIET
    @given(st.lists(changed(real), max_size=8))
    def test_as_receipts_puts_each_on_the_bus_or_counts_why_not(self, batch: list[Any]) -> None:
        stack, printed = Stack(), io.StringIO()
        with redirect_stdout(printed):
            assert stack.post(RECEIPTS, json.dumps(batch).encode()) == 204
        [metrics] = [json.loads(line) for line in printed.getvalue().splitlines() if '"_aws"' in line]
        counts = {name: sum(values) for name, values in metrics.items() if isinstance(values, list)}
        assert counts.get("PublishedSmsReceipt", 0) == len(stack.clients.entries)
        kept = counts.get("KeptForInspection", 0)
        assert sum(counts.values()) - counts["Requests"] - kept == len(batch)
        assert bool(stack.clients.objects) is bool(kept) is any(name.startswith("Malformed") for name in counts)

    @QUIET
    @given(changed(messages))
    def test_as_a_message_is_told_of_with_its_words_waiting_or_kept(self, message: Any) -> None:
        stack = Stack()
        assert stack.post(INBOUND, json.dumps(message).encode()) == 204
        assert len(stack.clients.entries) == len(stack.clients.keys("inbound"))
        assert len(stack.clients.entries) + len(stack.clients.keys("inspection")) == 1
        for detail in stack.clients.details:
            [letter] = stack.inbox.letters([detail["about"]]).values()
            assert letter.text == message["text"].encode("utf-8", "replace").decode()


headers = st.dictionaries(
    st.sampled_from(["X-Itx-Signature", "x-itx-timestamp"]) | st.text(),
    st.text() | st.just(str(int(NOW.timestamp()))) | st.none(),
)
# Good enough to be compared with what the secrets make of the request.
at_first_sight = st.fixed_dictionaries(
    {"X-Itx-Signature": st.text(min_size=1), "X-Itx-Timestamp": st.just(str(int(NOW.timestamp())))}
)


class TestWhateverAStrangerSends:
    """Is answered 401, and leaves nothing behind."""

    @QUIET
    @given(
        path=paths | st.text() | st.none(),
        body=st.text() | st.none() | st.just(base64.b64encode(REPLY).decode()),
        in_base64=st.booleans(),
        given_headers=headers | at_first_sight,
    )
    def test_in_any_shape(
        self, path: str | None, body: str | None, in_base64: bool, given_headers: dict[str, Any]
    ) -> None:
        stack = Stack()
        request = gateway(INBOUND, REPLY, {}) | {
            "routeKey": path and f"POST {path}",
            "rawPath": path,
            "body": body,
            "isBase64Encoded": in_base64,
            "headers": given_headers,
        }
        assert stack.send(request) == 401
        assert not stack.clients.asked

    @QUIET
    @given(place=st.integers(min_value=0, max_value=len(REPLY) - 1), change=st.integers(min_value=1, max_value=255))
    def test_by_changing_any_byte_of_a_signed_body(self, place: int, change: int) -> None:
        forged = bytearray(REPLY)
        forged[place] ^= change
        stack = Stack()
        assert stack.post(INBOUND, bytes(forged), signed(REPLY)) == 401
        assert not stack.clients.asked

    @QUIET
    @given(st.data())
    def test_by_changing_any_sign_of_a_signed_header(self, data: st.DataObject) -> None:
        given_headers = signed(REPLY)
        name = data.draw(st.sampled_from(["X-Itx-Signature", "X-Itx-Timestamp"]))
        held = given_headers[name]
        place = data.draw(st.integers(min_value=0, max_value=len(held) - 1))
        sign = data.draw(st.characters(exclude_characters=held[place]))
        given_headers[name] = held[:place] + sign + held[place + 1 :]
        stack = Stack()
        assert stack.post(INBOUND, REPLY, given_headers) == 401
        assert not stack.clients.asked
