"""What the ledger promises of DynamoDB alone; what every ledger promises is in tests/contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.domain.actions import Plan, WakeAt
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import ActionKey, Held, StoredPlan
from tests.adapters.aws.answers import answers, counting, loses_the_first_answer
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


@pytest.fixture
def store(aws: LocalAws) -> Store:
    return Store(aws)


class TestWhatLiesInTheTable:
    def test_a_plan_can_be_read_by_people(self, store: Store) -> None:
        store.ledger.store_plans([PLAN])

        [item] = store.items()

        assert item["pk"] == {"S": "no_answer/7/1"}
        assert item["sk"] == {"S": "PLAN/no-answer/0"}
        assert item["because"] == {"S": "ikke svar"}
        assert item["mode"] == {"S": "on"}
        assert item["plan"]["M"]["actions"]["L"][0]["M"]["kind"] == {"S": "wake_at"}
        assert item["received_at"] == item["planned_at"] == {"S": "2026-03-02T09:30:00.000000+00:00"}

    def test_an_action_lies_beside_its_plan(self, store: Store) -> None:
        store.ledger.store_plans([PLAN])
        store.ledger.start([KEY], now=NOW, lease_until=SOON)
        store.ledger.finish(KEY, state="refused", now=LATER, reason="ugyldig nummer")

        action = next(item for item in store.items() if item["sk"]["S"] == "ACTION/sms")

        assert action["pk"] == {"S": "no_answer/7/1"}
        assert action["reason"] == {"S": "ugyldig nummer"}
        assert "lease_until" not in action

    @pytest.mark.parametrize(
        ("contact_id", "company_id", "customer"), [(3, 4, "company/4"), (3, None, "contact/3"), (None, None, None)]
    )
    def test_a_plan_is_found_by_its_customer(
        self, store: Store, contact_id: int | None, company_id: int | None, customer: str | None
    ) -> None:
        plan = PLAN.plan.model_copy(update={"contact_id": contact_id, "company_id": company_id})
        store.ledger.store_plans([replace(PLAN, plan=plan)])

        found = store.client.query(
            TableName=store.table,
            IndexName="customer",
            KeyConditionExpression="customer = :customer AND #at >= :since",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":customer": {"S": str(customer)}, ":since": {"S": "2026-03-02"}},
        )

        assert found["Count"] == (1 if customer else 0)

    def test_a_plan_that_replaces_another_leaves_nothing_of_it(self, store: Store) -> None:
        store.ledger.store_plans([replace(PLAN, plan=PLAN.plan.model_copy(update={"actions": ()}))])
        bare = PLAN.plan.model_copy(update={"contact_id": None, "company_id": None})
        store.ledger.store_plans([replace(PLAN, plan=bare)])

        [item] = store.items()

        assert "customer" not in item

    def test_everything_is_forgotten_in_time(self, store: Store) -> None:
        """Plans, actions and holds after 24 months; claims and counts soon after they have run out."""
        ledger = store.ledger
        ledger.store_plans([PLAN])
        ledger.start([KEY], now=NOW, lease_until=SOON)
        ledger.claim("slot", holder="a", now=NOW)
        ledger.claim("sms/abc", holder="a", now=NOW, until=LATER)
        ledger.count("sms", limit=9, keep_until=LATER)
        ledger.hold("no_answer", Held(id="7/1/0", event=EVENT, reason="på vent", held_at=NOW))
        ledger.stop_flow("no_answer", reason="for mange", now=NOW)

        kept = {
            item["pk"]["S"] + "|" + item["sk"]["S"]: datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - NOW
            for item in store.items()
        }

        assert len(kept) == 7
        short = {"CLAIM/sms/abc|CLAIM", "COUNT/sms|COUNT"}
        assert all(TWO_YEARS <= age <= TWO_YEARS + timedelta(days=2) for key, age in kept.items() if key not in short)
        assert all(timedelta(hours=1) < kept[key] < timedelta(days=3) for key in short)

    def test_what_has_run_out_decides_even_while_it_still_lies_there(self, store: Store) -> None:
        store.ledger.claim("sms/abc", holder="a", now=NOW, until=SOON)
        [before] = store.items()

        assert store.ledger.claim("sms/abc", holder="b", now=LATER, until=LATER) is None
        assert before["holder"] == {"S": "a"}


class TestCost:
    def test_an_event_with_one_action_costs_one_read_and_three_writes(self, store: Store) -> None:
        requests: list[str] = []
        store.upset(counting(requests))

        store.ledger.past("no_answer", [EVENT])
        store.ledger.store_plans([PLAN])
        store.ledger.start([KEY], now=NOW, lease_until=SOON)
        store.ledger.finish(KEY, state="done", now=NOW)

        assert requests == ["Query", "UpdateItem", "PutItem", "UpdateItem"]

    def test_what_stands_in_the_way_is_told_without_another_read(self, store: Store) -> None:
        store.other().start([KEY], now=NOW, lease_until=SOON)
        store.other().claim("slot", holder="a", now=NOW)
        requests: list[str] = []
        store.upset(counting(requests))

        assert store.ledger.start([KEY], now=NOW, lease_until=SOON) != [None]
        assert store.ledger.claim("slot", holder="b", now=NOW)
        assert requests == ["PutItem", "PutItem"]


class TestLostAnswers:
    def test_knows_its_own_start_when_it_meets_it(self, store: Store) -> None:
        """Else an SMS nobody has sent would wait for its lease and then be unsure."""
        store.upset(loses_the_first_answer(), "PutItem")

        assert list(store.ledger.start([KEY], now=NOW, lease_until=SOON)) == [None]

    def test_knows_its_own_take_over_when_it_meets_it(self, store: Store) -> None:
        store.ledger.start([KEY], now=NOW, lease_until=SOON)
        [seen] = store.ledger.start([KEY], now=NOW, lease_until=SOON)
        assert seen
        store.upset(loses_the_first_answer(), "UpdateItem")

        assert store.ledger.take_over(KEY, seen, lease_until=LATER)

    def test_knows_its_own_plan_and_claim_when_it_meets_them(self, store: Store) -> None:
        store.upset(loses_the_first_answer(), "UpdateItem")
        store.upset(loses_the_first_answer(), "PutItem")

        assert list(store.ledger.store_plans([PLAN])) == [PLAN]
        assert store.ledger.claim("sms/abc", holder="a", now=NOW, until=LATER) is None

    def test_counts_too_many_rather_than_too_few(self, store: Store) -> None:
        store.upset(loses_the_first_answer(), "UpdateItem")

        assert [store.ledger.count("sms", limit=3, keep_until=LATER) for _ in range(3)] == [True, True, False]


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

    def test_a_batch_that_fails_in_part_leaves_nothing_started(self, store: Store) -> None:
        """What is started and not done is looked into as if its worker had died."""
        keys = [replace(KEY, subject=f"7/{number}") for number in range(1, 6)]
        store.upset(answers("ThrottlingException", 400, when=lambda body: b"no_answer/7/3" in body), "PutItem")

        with pytest.raises(TryLater):
            store.ledger.start(keys, now=NOW, lease_until=SOON)

        assert store.items() == []

    def test_a_batch_that_fails_in_part_leaves_others_starts_alone(self, store: Store) -> None:
        """Also that of the row whose answer we did not get."""
        silent = replace(KEY, subject="7/3")
        store.other().start([KEY, silent], now=NOW, lease_until=SOON)
        store.upset(answers("ThrottlingException", 400, when=lambda body: b"no_answer/7/3" in body), "PutItem")

        with pytest.raises(TryLater):
            store.ledger.start([KEY, silent], now=NOW, lease_until=SOON)

        assert sorted(item["pk"]["S"] for item in store.items()) == ["no_answer/7/1", "no_answer/7/3"]

    def test_more_than_one_page_is_read_to_its_end(self, store: Store) -> None:
        reason = "x" * 300_000  # DynamoDB gives a megabyte a page
        for number in range(1, 6):
            key = replace(KEY, name=f"action-{number}")
            store.ledger.finish(key, state="refused", now=NOW, reason=reason)

        assert len(store.ledger.past("no_answer", [EVENT])["7/1"].actions) == 5
