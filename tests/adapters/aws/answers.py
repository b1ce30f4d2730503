"""What AWS says when it is not well, and what it did all the same."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

Hook = Callable[..., AWSResponse | None]


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def saying(code: str, status: int) -> AWSResponse:
    """An error as AWS words it."""
    said = _Body(json.dumps({"__type": f"com.amazonaws#{code}", "message": "no"}).encode())
    headers = HTTPHeaders.from_dict({"x-amzn-errortype": code, "content-type": "application/x-amz-json-1.0"})
    return AWSResponse("http://127.0.0.1", status, headers, said)


def answers(code: str, status: int, *, when: Callable[[bytes], bool] = lambda _body: True) -> Hook:
    """Every request that fits is refused with this error, and not carried out."""

    def hook(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return saying(code, status) if when(_body_of(request)) else None

    return hook


def loses_the_first_answer() -> Hook:
    """The first request is carried out, but says that it was not: boto3 sends it again."""
    sent: list[AWSPreparedRequest] = []

    def hook(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        sent.append(request)
        if len(sent) > 1:
            return None
        _carried_out(request, _body_of(request))
        return saying("InternalServerError", 500)

    return hook


def finds_one_key_at_a_time() -> Hook:
    """As DynamoDB when it is short of capacity: of many keys the first is looked up, the rest are given back."""

    def hook(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        asked = json.loads(_body_of(request))
        ((table, wanted),) = asked["RequestItems"].items()
        first, *left = wanted["Keys"]
        answer = _carried_out(request, json.dumps({"RequestItems": {table: wanted | {"Keys": [first]}}}).encode())
        answer["UnprocessedKeys"] = {table: wanted | {"Keys": left}} if left else {}
        headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse("http://127.0.0.1", 200, headers, _Body(json.dumps(answer).encode()))

    return hook


def counting(requests: list[str]) -> Hook:
    """Writes down the name of every operation that is sent."""

    def hook(request: AWSPreparedRequest, event_name: str = "", **_: Any) -> None:
        requests.append(event_name.rsplit(".", 1)[-1])

    return hook


def _carried_out(request: AWSPreparedRequest, body: bytes) -> dict[str, Any]:
    """What the server says to the request with this body."""
    headers = {name: v.decode() if isinstance(v, bytes) else v for name, v in request.headers.items()}
    headers.pop("Content-Length", None)
    again = urllib.request.Request(request.url, body, headers, method=request.method)  # noqa: S310
    with urllib.request.urlopen(again) as answer:  # noqa: S310 - our own server on the loopback
        said: dict[str, Any] = json.load(answer)
    return said


def _body_of(request: AWSPreparedRequest) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""
