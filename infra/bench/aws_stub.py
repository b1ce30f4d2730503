"""The few answers of AWS that our functions wait for, from a process of their own that keeps nobody waiting.

Every condition of a write holds and nothing is found: so it is when an event is dealt with for the first time and once.
Only how far a sweep has come is remembered. What is written is counted with its size.
`python -m infra.bench.aws_stub` writes its address on the first line and answers until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from hashlib import md5
from typing import IO, Any, Final, cast

Json = dict[str, Any]

HANDED_OVER: Final = "BENCH_STACK_VALUES"
_CLAUSE: Final = re.compile(r"(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)")
_SET: Final = re.compile(r"([#\w.]+) = (if_not_exists\([#\w.]+, )?(:\w+)")
_ADD: Final = re.compile(r"(#\w+) (:\w+)")


@dataclass(frozen=True)
class Stub:
    """A running stub."""

    url: str

    def forget(self) -> None:
        """Starts counting afresh."""
        self._ask("Bench.Forget")

    def counted(self) -> Json:
        """Entries on the bus, messages sent, items read, and of each write its size and which attributes were and are.

        Of those that are there, the ones that it changed are named besides.
        """
        return self._ask("Bench.Counted")

    def sent(self) -> list[str]:
        """The messages that were put on a queue since it was last asked."""
        bodies: list[str] = self._ask("Bench.Sent")["bodies"]
        return bodies

    def _ask(self, what: str) -> Json:
        request = urllib.request.Request(self.url, b"{}", {"X-Amz-Target": what})  # noqa: S310 our own address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 as above
            told: Json = json.load(answer)
        return told


@contextmanager
def running(
    secret: Mapping[str, Any], *, rules: Mapping[str, Any] | None = None, seconds: Mapping[str, float] | None = None
) -> Iterator[Stub]:
    """The stub runs on a free port of this machine while the block lasts.

    `secret` is the stack's secret and `rules` are parameters by their names' ends; every other parameter is "-".
    `seconds` is how long a service takes to answer, by the beginning of its requests' targets.
    """
    values = {"secret": secret, "rules": rules or {}, "seconds": seconds or {}}
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {HANDED_OVER: json.dumps(values)},
    ) as process:
        try:
            yield Stub(cast("IO[str]", process.stdout).readline().strip())
        finally:
            cast("IO[str]", process.stdin).close()


class _Aws:
    """What the stub knows and counts."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._items: dict[str, Json] = {}
        self._counted: Json = {}
        self._sent: list[str] = []
        self._answers: Mapping[str, Callable[[Json], Json]] = {
            "AWSEvents.PutEvents": self._put_events,
            "secretsmanager.GetSecretValue": self._secret,
            "AmazonSSM.GetParameter": self._parameter,
            "DynamoDB_20120810.GetItem": self._get,
            "DynamoDB_20120810.BatchGetItem": self._get_many,
            "DynamoDB_20120810.Query": self._query,
            "DynamoDB_20120810.PutItem": self._put,
            "DynamoDB_20120810.UpdateItem": self._update,
            "AmazonSQS.SendMessage": self._send,
            "AmazonSQS.SendMessageBatch": self._send_messages,
            "POST /schedules": lambda _request: {"ScheduleArn": "arn:aws:scheduler:::schedule/bench/wake"},
            "Bench.Counted": lambda _request: self._counted,
            "Bench.Sent": lambda _request: {"bodies": [self._sent.pop() for _ in range(len(self._sent))]},
            "Bench.Forget": self._forget,
        }
        self._forget({})

    def answer(self, target: str, request: Json) -> tuple[bytes, float]:
        """The whole answer to a request, and after how many seconds it is given."""
        if target not in self._answers:
            return _http("400 Bad Request", {"__type": "ValidationException", "message": f"unknown: {target}"}), 0
        waits = [wait for service, wait in self._values["seconds"].items() if target.startswith(service)]
        return _http("200 OK", self._answers[target](request)), sum(waits)

    def _forget(self, _request: Json) -> Json:
        self._items.clear()
        self._counted = {"entries": 0, "sent": 0, "reads": 0, "written": []}
        return {}

    def _put_events(self, request: Json) -> Json:
        self._counted["entries"] += len(request["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": f"event-{n}"} for n in range(len(request["Entries"]))]}

    def _send_messages(self, request: Json) -> Json:
        self._counted["sent"] += len(request["Entries"])
        taken = [
            {
                "Id": entry["Id"],
                "MessageId": f"message-{entry['Id']}",
                "MD5OfMessageBody": md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest(),
            }
            for entry in request["Entries"]
        ]
        return {"Successful": taken, "Failed": []}

    def _secret(self, request: Json) -> Json:
        return {"Name": request["SecretId"], "SecretString": json.dumps(self._values["secret"])}

    def _parameter(self, request: Json) -> Json:
        rules = self._values["rules"].get(request["Name"].rsplit("/", 1)[-1])
        value = "-" if rules is None else json.dumps(rules)
        return {"Parameter": {"Name": request["Name"], "Type": "String", "Value": value}}

    def _read(self, _request: Json) -> Json:
        self._counted["reads"] += 1
        return {}

    def _get(self, request: Json) -> Json:
        self._read(request)
        item = self._items.get(json.dumps(request["Key"]))
        return {"Item": item} if item and request["Key"]["pk"]["S"].startswith("SWEEP/") else {}

    def _get_many(self, request: Json) -> Json:
        # As with single reads, each item asked for costs, found or not.
        ((table, asked),) = request["RequestItems"].items()
        answers = [self._get({"Key": key}) for key in asked["Keys"]]
        return {"Responses": {table: [found["Item"] for found in answers if found]}, "UnprocessedKeys": {}}

    def _send(self, request: Json) -> Json:
        self._sent.append(request["MessageBody"])
        return {"MessageId": f"message-{len(self._sent)}"}

    def _query(self, request: Json) -> Json:
        self._read(request)
        return {"Items": [], "Count": 0}

    def _put(self, request: Json) -> Json:
        item = request["Item"]
        return self._written({name: item[name] for name in ("pk", "sk")}, item)

    def _update(self, request: Json) -> Json:
        names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
        key: Json = request["Key"]
        item = deepcopy(self._items.get(json.dumps(key), key))
        for clause, content in _CLAUSE.findall(request["UpdateExpression"]):
            if clause == "SET":
                for path, once, value in _SET.findall(content):
                    holder, name = _place(item, path, names)
                    if not (once and name in holder):
                        holder[name] = values[value]
            elif clause == "REMOVE":
                for path in content.split(", "):
                    holder, name = _place(item, path, names)
                    holder.pop(name, None)
            else:
                for path, value in _ADD.findall(content):
                    holder, name = _place(item, path, names)
                    before = int(holder.get(name, {"N": "0"})["N"])
                    holder[name] = {"N": str(before + int(values[value]["N"]))}
        self._written(key, item)
        return {"Attributes": item} if "ReturnValues" in request else {}

    def _written(self, key: Json, item: Json) -> Json:
        place = json.dumps(key)
        before = self._items.get(place, {})
        size = sum(len(name.encode()) + _size(value) for name, value in item.items())
        # DynamoDB charges for the larger of the item as it was and as it is.
        size = max(size, sum(len(name.encode()) + _size(value) for name, value in before.items()))
        changed = [name for name in item if item[name] != before.get(name)]
        self._counted["written"].append({"size": size, "was": list(before), "now": list(item), "changed": changed})
        self._items[place] = item
        return {}


def _place(item: Json, path: str, names: Json) -> tuple[Json, str]:
    """Where a path of an expression leads: the attributes it is one of, and its name among them."""
    *outer, last = [names.get(part, part) for part in path.split(".")]
    holder = item
    for name in outer:
        holder = holder[name]["M"]
    return holder, last


def _size(value: Json) -> int:
    """The bytes DynamoDB counts for a value."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 2
        case "B":
            return len(b64decode(content))
        case "M":
            return 3 + sum(len(name.encode()) + _size(inner) + 1 for name, inner in content.items())
        case "L":
            return 3 + sum(_size(inner) + 1 for inner in content)
        case _:
            return 1


class _Connection(asyncio.Protocol):
    """One kept-alive connection; each answer is one write, and asyncio's sockets do not wait to fill a packet."""

    def __init__(self, aws: _Aws) -> None:
        self._aws = aws
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(map(_header, lines))
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        answer, seconds = self._aws.answer(headers.get("x-amz-target") or _target(request), json.loads(rest[:length]))
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _target(request: str) -> str:
    """The scheduler is asked by path: what comes after the first part of it is a name."""
    method, path, _ = request.split(" ")
    return f"{method} /{path.split('/')[1]}"


def _http(status: str, content: Json) -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    aws = _Aws(json.loads(os.environ[HANDED_OVER]))
    server = await loop.create_server(lambda: _Connection(aws), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
