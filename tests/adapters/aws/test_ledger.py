"""What the ledger promises of DynamoDB alone; what every ledger promises is in tests/contracts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.domain.actions import Plan, WakeAt
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, Beginning, Begun, Ending, Held, Move, StoredPlan, Suppression
from tests import ledger_steps as steps
from tests.adapters.aws.answers import answers, counting, finds_one_key_at_a_time, loses_the_first_answer
from tests.fakes.aws import LocalAws

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(hours=1)
TWO_YEARS = timedelta(days=730)
KEY = ActionKey(flow="no_answer", subject="7/1", name="sms")
EVENT = Event(name=CALL_LOGGED, portal_id=7, record_id=1, occurred_at=NOW, received_at=NOW)
PLAN = StoredPlan(
    flow="no_answer",
    event=EVENT,
    basis="no-answer",
    mode="on",
    plan=Plan(because="ikke svar", actions=(WakeAt(name="wake", when=LATER),), contact_id=3, company_id=4),
    planned_at=NOW,
)
TRIES_TWICE = Config(retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=20)


class Store:
    """A ledger on a table of its own, with the client it uses and the items that lie there."""

    def __init__(self, aws: LocalAws) -> None:
        self.table = aws.ledger_table()
        self.client: Any = aws.client("dynamodb", config=TRIES_TWICE)
        self.ledger = DynamoDbLedger(self.client, self.table)
        self._aws = aws

    def other(self) -> DynamoDbLedger:
        """The ledger as another worker sees it, whose connection is sound."""
        return DynamoDbLedger(self._aws.client("dynamodb"), self.table)

    def items(self) -> list[dict[str, Any]]:
        return list(self._aws.client("dynamodb").scan(TableName=self.table)["Items"])

    def upset(self, hook: Any, operation: str = "*") -> None:
        self.client.meta.events.register(f"before-send.dynamodb.{operation}", hook)


def size_of(item: dict[str, Any]) -> int:
    """Bytes as DynamoDB counts them."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: dict[str, Any]) -> int:
    match value:
        case {"S": text}:
            return len(text.encode())
        case {"N": number}:
            return len(number) // 2 + 2
        case {"B": content}:
            return len(content)
        case {"M": inner}:
            return 3 + sum(len(name) + 1 + _size(one) for name, one in inner.items())
        case _:
            return 1


@pytest.fixture
def store(aws: LocalAws) -> Store:
    return Store(aws)


class TestWhatLiesInTheTable:
    def test_an_event_is_one_item(self, store: Store) -> None:
        store.ledger.begin([Beginning(stored=PLAN, starting=("wake",))], now=NOW, lease_until=SOON)
        ended = Ending(name="wake", state="done", at=SOON, result="x")
        moved = Move(flow="no_answer", subject="7/1", ended=(ended,), starting=("sms",))
        store.ledger.advance([moved], now=LATER, lease_until=LATER)
        steps.finish(store.ledger, KEY, state="refused", now=LATER, reason="ugyldig nummer")

        [item] = store.items()

        assert (item["pk"], item["sk"]) == ({"S": "no_answer/7/1"}, {"S": "EVENT"})
        assert (item["basis"], item["mode"]) == ({"S": "no-answer"}, {"S": "on"})
        assert item["received_at"] == item["at"] == {"S": "2026-03-02T09:30:00.000000+00:00"}
        assert item["!wake"]["M"] == {
            "s": {"S": "d"},
            "b": {"N": "1772443800000000"},
            "e": {"N": "1772444100000000"},
            "r": {"S": "x"},
        }
        assert item["!sms"]["M"]["w"] == {"S": "ugyldig nummer"}

    def test_another_state_of_the_event_stands_beside_it(self, store: Store) -> None:
        steps.store(store.ledger, [PLAN])
        steps.store(store.ledger, [replace(PLAN, basis="reached")])

        assert sorted(item["sk"]["S"] for item in store.items()) == ["EVENT", "PLAN/reached/0"]

    def test_a_whole_no_answer_stays_below_a_kilobyte(self, store: Store) -> None:
        """One unit for each write: a name or a text that our dictionary does not know costs a few bytes more."""
        plan = json.loads((Path(__file__).parent / "a_plan.json").read_text())
        whole = replace(PLAN, plan=Plan.model_validate(plan))
        names = [action.name for action in whole.plan.actions]
        store.ledger.begin([Beginning(stored=whole, starting=(names[0],))], now=NOW, lease_until=SOON)
        for name in names:
            steps.finish(store.ledger, replace(KEY, name=name), state="done", now=LATER, result="9007199254740993")

        [item] = store.items()

        assert len(json.dumps(plan)) > 2500
        assert size_of(item) < 900

    @pytest.mark.parametrize(
        ("contact_id", "company_id", "customer"), [(3, 4, "company/4"), (3, None, "contact/3"), (None, None, None)]
    )
    def test_a_plan_is_found_by_its_customer(
        self, store: Store, contact_id: int | None, company_id: int | None, customer: str | None
    ) -> None:
        plan = PLAN.plan.model_copy(update={"contact_id": contact_id, "company_id": company_id})
        steps.store(store.ledger, [replace(PLAN, plan=plan)])

        found = store.client.query(
            TableName=store.table,
            IndexName="customer",
            KeyConditionExpression="customer = :customer AND #at >= :since",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":customer": {"S": str(customer)}, ":since": {"S": "2026-03-02"}},
        )

        assert found["Count"] == (1 if customer else 0)

    def test_a_plan_that_replaces_another_leaves_nothing_of_it(self, store: Store) -> None:
        steps.store(store.ledger, [replace(PLAN, plan=PLAN.plan.model_copy(update={"actions": ()}))])
        bare = PLAN.plan.model_copy(update={"contact_id": None, "company_id": None})
        steps.store(store.ledger, [replace(PLAN, plan=bare)])

        [item] = store.items()

        assert "customer" not in item

    def test_everything_is_forgotten_in_time(self, store: Store) -> None:
        """Plans, actions and holds after 24 months; counts soon after they have run out, and claims, unless who held
        them is to be known for longer."""
        ledger = store.ledger
        steps.store(ledger, [PLAN])
        steps.start(ledger, [KEY], now=NOW, lease_until=SOON)
        ledger.claim("slot", holder="a", now=NOW)
        ledger.claim("sms/abc", holder="a", now=NOW, until=LATER)
        ledger.claim("sms/def", holder="a", now=NOW, until=LATER, known_until=NOW)
        ledger.claim("sms/ghi", holder="a", now=NOW, until=LATER, known_until=NOW + TWO_YEARS)
        ledger.count_together({"sms": (1, 9)}, of="sms", keep_until=LATER)
        ledger.hold("no_answer", Held(id="7/1/0", event=EVENT, reason="på vent", held_at=NOW))
        ledger.stop_flow("no_answer", reason="for mange", now=NOW)

        kept = {
            item["pk"]["S"] + "|" + item["sk"]["S"]: datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - NOW
            for item in store.items()
        }

        assert len(kept) == 8
        short = {"CLAIM/sms/abc|CLAIM", "CLAIM/sms/def|CLAIM", "COUNT/sms|COUNT"}
        assert all(TWO_YEARS <= age <= TWO_YEARS + timedelta(days=2) for key, age in kept.items() if key not in short)
        assert all(timedelta(hours=1) < kept[key] < timedelta(days=3) for key in short)

    def test_what_has_run_out_decides_even_while_it_still_lies_there(self, store: Store) -> None:
        store.ledger.claim("sms/abc", holder="a", now=NOW, until=SOON)
        [before] = store.items()

        assert store.ledger.claim("sms/abc", holder="b", now=LATER, until=LATER) is None
        assert before["holder"] == {"S": "a"}


class TestCost:
    def test_an_event_costs_one_read_and_a_write_for_each_step(self, store: Store) -> None:
        requests: list[str] = []
        store.upset(counting(requests))

        store.ledger.past("no_answer", [EVENT])
        store.ledger.begin([Beginning(stored=PLAN, starting=("task",))], now=NOW, lease_until=SOON)
        for ended, starting in (("task", ("sms",)), ("sms", ("entry", "told"))):
            end = Ending(name=ended, state="done", at=NOW)
            move = Move(flow="no_answer", subject="7/1", ended=(end,), starting=starting)
            store.ledger.advance([move], now=NOW, lease_until=SOON)
        ends = tuple(Ending(name=name, state="done", at=NOW) for name in ("entry", "told"))
        store.ledger.advance([Move(flow="no_answer", subject="7/1", ended=ends)], now=NOW, lease_until=SOON)

        assert requests == ["Query", *["UpdateItem"] * 4]

    def test_what_is_asked_for_many_is_one_request(self, store: Store) -> None:
        requests: list[str] = []
        store.upset(counting(requests))

        store.ledger.suppressed(["k1:1", "k1:2"])
        store.ledger.forgotten([101, 102])
        store.ledger.slots(["slot 1", "slot 2"])

        assert requests == ["BatchGetItem"] * 3

    def test_what_stands_in_the_way_is_told_without_another_read(self, store: Store) -> None:
        steps.start(store.other(), [KEY], now=NOW, lease_until=SOON)
        store.other().claim("slot", holder="a", now=NOW)
        requests: list[str] = []
        store.upset(counting(requests))

        assert steps.start(store.ledger, [KEY], now=NOW, lease_until=SOON) != [None]
        assert store.ledger.claim("slot", holder="b", now=NOW)
        assert requests == ["UpdateItem", "UpdateItem", "PutItem"]


class TestLostAnswers:
    def test_knows_its_own_beginning_when_it_meets_it(self, store: Store) -> None:
        store.upset(loses_the_first_answer(), "UpdateItem")

        [begun] = store.ledger.begin([Beginning(stored=PLAN, starting=("wake",))], now=NOW, lease_until=SOON)

        assert begun == Begun(stored=PLAN, started=("wake",))

    def test_knows_its_own_step_when_it_meets_it(self, store: Store) -> None:
        steps.start(store.ledger, [KEY], now=NOW, lease_until=SOON)
        store.upset(loses_the_first_answer(), "UpdateItem")
        ended = Ending(name="sms", state="done", at=SOON, result="x")
        move = Move(flow="no_answer", subject="7/1", ended=(ended,), starting=("entry",))

        assert store.ledger.advance([move], now=SOON, lease_until=LATER) == [{}]

        records = store.other().past("no_answer", [EVENT])["7/1"].actions
        assert {name: record.state for name, record in records.items()} == {"sms": "done", "entry": "started"}

    def test_knows_its_own_start_when_it_meets_it(self, store: Store) -> None:
        """Else an SMS nobody has sent would wait for its lease and then be unsure."""
        store.upset(loses_the_first_answer(), "UpdateItem")

        assert list(steps.start(store.ledger, [KEY], now=NOW, lease_until=SOON)) == [None]

    def test_knows_its_own_take_over_when_it_meets_it(self, store: Store) -> None:
        steps.start(store.ledger, [KEY], now=NOW, lease_until=SOON)
        [seen] = steps.start(store.ledger, [KEY], now=NOW, lease_until=SOON)
        assert seen
        store.upset(loses_the_first_answer(), "UpdateItem")

        assert store.ledger.take_over(KEY, seen, lease_until=LATER)

    def test_knows_its_own_plan_and_claim_when_it_meets_them(self, store: Store) -> None:
        store.upset(loses_the_first_answer(), "UpdateItem")
        store.upset(loses_the_first_answer(), "PutItem")

        assert list(steps.store(store.ledger, [PLAN])) == [PLAN]
        assert store.ledger.claim("sms/abc", holder="a", now=NOW, until=LATER) is None

    def test_counts_too_many_rather_than_too_few(self, store: Store) -> None:
        store.upset(loses_the_first_answer(), "UpdateItem")

        full = [store.ledger.count_together({"sms": (1, 3)}, of="sms", keep_until=LATER) for _ in range(3)]
        assert full == [None, None, "sms"]


class TestWhenDynamoDbIsNotWell:
    @pytest.mark.parametrize(
        ("code", "status"),
        [("ProvisionedThroughputExceededException", 400), ("ThrottlingException", 400), ("InternalServerError", 500)],
    )
    def test_busy_means_try_later(self, store: Store, code: str, status: int) -> None:
        store.upset(answers(code, status))

        with pytest.raises(TryLater, match=code):
            store.ledger.past("no_answer", [EVENT])
        with pytest.raises(TryLater, match=code):
            store.ledger.claim("sms/abc", holder="a", now=NOW)

    def test_silent_means_try_later(self, aws: LocalAws) -> None:
        nobody = LocalAws("http://127.0.0.1:9").client("dynamodb")

        with pytest.raises(TryLater, match="did not answer"):
            DynamoDbLedger(nobody, "ledger").stopped("no_answer")

    def test_what_is_our_own_fault_is_not_hidden_as_try_later(self, store: Store) -> None:
        store.upset(answers("AccessDeniedException", 400))

        with pytest.raises(ClientError, match="AccessDenied"):
            store.ledger.stopped("no_answer")

    @pytest.mark.parametrize("how", ["begin", "advance"])
    def test_a_step_that_fails_in_part_leaves_nothing_started(self, store: Store, how: str) -> None:
        """What is started and not done is looked into as if its worker had died."""
        subjects = [f"7/{number}" for number in range(1, 6)]
        store.upset(answers("ThrottlingException", 400, when=lambda body: b"no_answer/7/3" in body), "UpdateItem")

        with pytest.raises(TryLater):
            if how == "begin":
                plans = [replace(PLAN, event=replace(EVENT, record_id=number)) for number in range(1, 6)]
                rows = [Beginning(stored=plan, starting=("wake",)) for plan in plans]
                store.ledger.begin(rows, now=NOW, lease_until=SOON)
            else:
                moves = [Move(flow="no_answer", subject=subject, starting=("wake",)) for subject in subjects]
                store.ledger.advance(moves, now=NOW, lease_until=SOON)

        assert not any("!wake" in item for item in store.items())

    def test_a_batch_that_fails_in_part_leaves_others_starts_alone(self, store: Store) -> None:
        """Also that of the row whose answer we did not get."""
        silent = replace(KEY, subject="7/3")
        steps.start(store.other(), [KEY, silent], now=NOW, lease_until=SOON)
        store.upset(answers("ThrottlingException", 400, when=lambda body: b"no_answer/7/3" in body), "UpdateItem")

        with pytest.raises(TryLater):
            steps.start(store.ledger, [KEY, silent], now=NOW, lease_until=SOON)

        begun = [item["pk"]["S"] for item in store.items() if "!sms" in item]
        assert sorted(begun) == ["no_answer/7/1", "no_answer/7/3"]

    def test_who_said_stop_is_found_however_little_it_answers_at_once(self, store: Store) -> None:
        """Short of capacity DynamoDB gives keys back: what it has not looked up may well be there."""
        hashes = [f"k1:{number}" for number in range(5)]
        store.ledger.suppress(Suppression(number_hashes=(hashes[3],), since=NOW))
        store.ledger.forget([103], now=NOW)
        store.upset(finds_one_key_at_a_time(), "BatchGetItem")

        assert store.ledger.suppressed(hashes) == {hashes[3]}
        assert store.ledger.forgotten([101, 102, 103]) == {103}

    def test_more_people_than_one_call_takes_are_all_looked_for(self, store: Store) -> None:
        store.ledger.forget([7, 1_203], now=NOW)

        assert store.ledger.forgotten([*range(1, 1_300), 7]) == {7, 1_203}

    def test_more_than_one_page_is_read_to_its_end(self, store: Store) -> None:
        # Not to be packed, and DynamoDB gives a megabyte a page.
        words = random.Random(1).randbytes(150_000).hex()  # noqa: S311 - repeatable, and no secret
        for number in range(1, 8):
            plan = PLAN.plan.model_copy(update={"because": f"{number}{words}"})
            steps.store(store.ledger, [replace(PLAN, basis=f"state-{number}", plan=plan)])

        assert len(store.ledger.story("no_answer", "7/1").plans) == 7
