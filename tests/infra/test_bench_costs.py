"""How what is measured becomes a figure: medians of pairs, and what AWS charges for what was counted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import boto3
import pytest

from infra.bench import aws_stub, prices
from infra.bench.aws_stub import Stub
from infra.bench.deployed import Run, Write
from infra.bench.pairs import by_turns
from infra.bench.prices import bill_of, price, summed, write_units

PRICES = Path(prices.__file__).parent / "prices.json"
IDLE = Run(seconds=0, cpu_seconds=0, log_bytes=0, log_lines=0, entries=0, reads=0, writes=())


@pytest.fixture
def stub() -> Iterator[Stub]:
    with aws_stub.running({}) as running:
        yield running


class TestPairs:
    def test_are_not_moved_by_one_pause(self) -> None:
        value, floor = iter([2.0, 4.0, 90.0]), iter([1.0, 2.0, 3.0])

        compared = by_turns(lambda: next(value), lambda: next(floor), pairs=3)

        assert compared.ratio == 2
        assert (compared.value, compared.floor) == (4, 2)

    def test_take_turns_at_being_first(self) -> None:
        order: list[str] = []

        def measuring(what: str) -> float:
            order.append(what)
            return 1.0

        by_turns(lambda: measuring("v"), lambda: measuring("f"), pairs=3)

        assert "".join(order) == "vffvvf"


FOUND = ["pk", "sk", "customer", "at"]


class TestWriteUnits:
    def test_are_begun_kilobytes(self) -> None:
        assert write_units(replace(IDLE, writes=[Write(size=size) for size in (1, 1024, 1025)])) == 4

    @pytest.mark.parametrize(
        ("was", "now", "changed", "units"),
        [
            ([], FOUND, FOUND, 1),
            (["pk", "sk"], FOUND, ["customer", "at"], 1),
            ([], ["pk", "sk"], ["pk", "sk"], 0),
            (FOUND, FOUND, ["plan"], 0),
            (FOUND, FOUND, ["at"], 2),
            (FOUND, ["pk", "sk"], [], 1),
        ],
        ids=["new", "found from now on", "not found", "as it was", "found elsewhere", "found no more"],
    )
    def test_count_what_comes_into_an_index_of_keys_and_goes_however_large_the_item(
        self, was: list[str], now: list[str], changed: list[str], units: int
    ) -> None:
        write = Write(size=3000, was=was, now=now, changed=changed)

        assert write_units(replace(IDLE, writes=[write])) == 3 + units


class TestTheBill:
    def test_makes_processor_time_longer_by_the_functions_share(self) -> None:
        waiting = bill_of(replace(IDLE, seconds=1.0), "NoAnswerFunction")["Lambda time"]
        working = bill_of(replace(IDLE, seconds=1.0, cpu_seconds=1.0), "NoAnswerFunction")["Lambda time"]

        assert waiting == pytest.approx(256 / 1024 * price("lambda_gb_second"))
        assert working == pytest.approx(waiting * 1769 / 256)

    def test_adds_up(self) -> None:
        assert summed(({"a": 1.0, "b": 2.0}, 1), ({"a": 10.0}, 0.5)) == {"a": 6.0, "b": 2.0}

    def test_stands_on_dated_prices_with_their_pages(self) -> None:
        table = json.loads(PRICES.read_text())

        assert date.fromisoformat(table["looked_up"]) <= date(2026, 11, 23)
        assert all(
            row["usd"] > 0 and row["page"].startswith("https://aws.amazon.com/") and row["confirmed"]
            for row in table["prices"].values()
        )


class TestTheStub:
    def test_counts_what_is_written_with_the_size_of_the_whole_item(self, stub: Stub) -> None:
        table = boto3.client(
            "dynamodb",
            endpoint_url=stub.url,
            region_name="eu-north-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
        table.put_item(TableName="t", Item={**key, "text": {"S": "x" * 100}})
        table.update_item(
            TableName="t",
            Key=key,
            UpdateExpression="SET #more = :more, #text = if_not_exists(#text, :text)",
            ExpressionAttributeNames={"#more": "more", "#text": "text"},
            ExpressionAttributeValues={":more": {"S": "y" * 10}, ":text": {"S": "x"}},
        )
        table.get_item(TableName="t", Key=key)

        counted = stub.counted()

        first, second = counted["written"]
        assert (first["size"], first["was"], first["changed"]) == (110, [], ["pk", "sk", "text"])
        assert (second["size"], second["now"], second["changed"]) == (124, ["pk", "sk", "text", "more"], ["more"])
        assert counted["reads"] == 1

    def test_counts_fields_of_maps_bytes_and_what_is_removed(self, stub: Stub) -> None:
        """The larger of what was and what is counts, as it does at DynamoDB."""
        table = boto3.client(
            "dynamodb",
            endpoint_url=stub.url,
            region_name="eu-north-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
        table.put_item(TableName="t", Item={**key, "m": {"M": {"l": {"S": "x" * 50}}}, "p": {"B": b"z" * 100}})
        table.update_item(
            TableName="t",
            Key=key,
            UpdateExpression="SET #m.#s = :s REMOVE #m.#l, #p ADD #n :n",
            ExpressionAttributeNames={"#m": "m", "#s": "s", "#l": "l", "#p": "p", "#n": "n"},
            ExpressionAttributeValues={":s": {"S": "y"}, ":n": {"N": "1"}},
        )
        table.update_item(
            TableName="t",
            Key=key,
            UpdateExpression="SET #n = :n",
            ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":n": {"N": "2"}},
        )

        sizes = [write["size"] for write in stub.counted()["written"]]

        assert sizes == [163, 163, 16]
