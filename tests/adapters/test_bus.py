from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from kundeflyt.adapters.aws.bus import CALLS_AT_ONCE, LONGEST_WAITS, EventBus
from kundeflyt.domain.events import Event
from kundeflyt.ports.failures import TryLater

NOW = datetime(2025, 11, 24, 10, 30, tzinfo=UTC)
FIRST = 874716779721
TRIES = len(LONGEST_WAITS) + 1


def events(count: int) -> list[Event]:
    return [
        Event(name="CallLogged", portal_id=7, record_id=FIRST + number, occurred_at=NOW, received_at=NOW)
        for number in range(count)
    ]


@dataclass
class BusServer:
    """Answers PutEvents over HTTP as AWS does; `refuses` is asked for each record and the number of its offer."""

    refuses: Callable[[int, int], bool] = lambda _record, _offer: False
    status: int = 200
    at_once: threading.Barrier | None = None
    sizes: list[int] = field(default_factory=list)
    offers: Counter[int] = field(default_factory=Counter)
    taken: list[int] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.at_once:
            self.at_once.wait(timeout=5)
        with self.lock:
            records = [json.loads(entry["Detail"])["record_id"] for entry in json.loads(body)["Entries"]]
            self.sizes.append(len(records))
            self.offers.update(records)
            if self.status != 200:
                return self.status, {"__type": "InternalException", "message": "down"}
            refused = {record for record in records if self.refuses(record, self.offers[record])}
            self.taken += [record for record in records if record not in refused]
            return 200, {
                "FailedEntryCount": len(refused),
                "Entries": [
                    {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
                    if record in refused
                    else {"EventId": f"event-{record}"}
                    for record in records
                ],
            }


@contextmanager
def served(server: BusServer) -> Iterator[EventBus]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, answer = server.answer(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = boto3.client(
        "events",
        endpoint_url=f"http://127.0.0.1:{http.server_port}",
        region_name="eu-north-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=5),
    )
    try:
        yield EventBus(client, "bus", source="kundeflyt.hubspot", pause=lambda _seconds: None)
    finally:
        client.close()
        http.shutdown()
        http.server_close()
        thread.join()


class TestEventBus:
    def test_offers_ten_entries_a_call_and_each_event_once(self) -> None:
        server = BusServer()
        with served(server) as bus:
            bus.publish(events(23))
        assert sorted(server.sizes) == [3, 10, 10]
        assert set(server.offers.values()) == {1}
        assert len(server.taken) == 23

    def test_makes_its_calls_side_by_side(self) -> None:
        """The server answers none before all have come."""
        server = BusServer(at_once=threading.Barrier(CALLS_AT_ONCE))
        with served(server) as bus:
            bus.publish(events(100))
        assert len(server.taken) == 100

    def test_calls_nobody_when_there_is_nothing(self) -> None:
        server = BusServer()
        with served(server) as bus:
            bus.publish([])
        assert server.sizes == []

    def test_offers_only_what_was_refused_again(self) -> None:
        server = BusServer(refuses=lambda record, offer: record in {FIRST + 3, FIRST + 11} and offer == 1)
        with served(server) as bus:
            bus.publish(events(12))
        assert sorted(server.sizes) == [1, 1, 2, 10]
        assert sorted(server.taken) == [event.record_id for event in events(12)]

    def test_gives_up_when_one_event_is_never_taken(self) -> None:
        server = BusServer(refuses=lambda record, _offer: record == FIRST + 11)
        with served(server) as bus, pytest.raises(TryLater, match="1 of 12 events"):
            bus.publish(events(12))
        assert server.offers[FIRST + 11] == TRIES
        assert len(server.taken) == 11

    def test_gives_up_when_aws_answers_with_errors_only(self) -> None:
        server = BusServer(status=500)
        with served(server) as bus, pytest.raises(TryLater, match="3 of 3 events"):
            bus.publish(events(3))
        assert server.sizes == [3] * TRIES

    def test_gives_up_when_nobody_answers(self) -> None:
        with served(BusServer()) as bus:
            pass
        with pytest.raises(TryLater):
            bus.publish(events(1))

    def test_waits_well_below_the_five_seconds_that_hubspot_waits(self) -> None:
        waits: list[float] = []
        server = BusServer(status=500)
        with served(server) as bus:
            patient = EventBus(bus._client, "bus", source="kundeflyt.hubspot", pause=waits.append)
            with pytest.raises(TryLater):
                patient.publish(events(1))
        assert len(waits) == len(LONGEST_WAITS)
        assert all(longest / 2 <= wait <= longest for wait, longest in zip(waits, LONGEST_WAITS, strict=True))
        assert sum(LONGEST_WAITS) < 1

    def test_reaches_the_flows_queue_by_a_rule_on_source_and_name(self) -> None:
        with mock_aws():
            session = boto3.Session("x", "x", region_name="eu-north-1")
            bus, queues = session.client("events"), session.client("sqs")
            queue = queues.create_queue(QueueName="NoAnswerQueue")["QueueUrl"]
            attributes = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
            pattern = {"source": ["kundeflyt.hubspot"], "detail-type": ["CallLogged"]}
            bus.create_event_bus(Name="bus")
            bus.put_rule(Name="rule", EventBusName="bus", EventPattern=json.dumps(pattern))
            arn = attributes["Attributes"]["QueueArn"]
            bus.put_targets(Rule="rule", EventBusName="bus", Targets=[{"Id": "queue", "Arn": arn}])
            EventBus(bus, "bus", source="kundeflyt.hubspot").publish(events(1))
            [message] = queues.receive_message(QueueUrl=queue)["Messages"]
        envelope = json.loads(message["Body"])
        assert envelope["detail-type"] == "CallLogged"
        assert [Event.from_json(envelope["detail"])] == events(1)
