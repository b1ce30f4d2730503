"""The last checks before a real person's phone rings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from kundeflyt.domain.delivery import Receipt, Status, reference_of
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import BlastGuard, CommonRules, FlowRules
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.engine.release import release
from kundeflyt.ports.failures import Outcome, Refused, TryLater, Unsure
from kundeflyt.ports.ledger import Claim, Suppression
from kundeflyt.ports.writers import Finding, Sms
from tests.engine.world import LEASE, MOBILE, MONDAY, World, a_plan, an_event, an_sms
from tests.fakes.sms import FakeSms


def sms_of(event: Event) -> str:
    return f"no_answer/{event.subject}/sms"


class TestOneSmsPerNumber:
    """000-33, 000-22: at most one SMS about a missed call per number in twenty hours, whoever called."""

    def test_in_twenty_hours_whichever_call_it_was(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms(latest=MONDAY + timedelta(days=9))))
        world.run_one(an_event(1))

        world.later(timedelta(hours=19, minutes=59))
        world.run_one(an_event(2))
        assert len(world.sms.outbox) == 1
        record = world.ledger.actions[sms_of(an_event(2))]
        assert record.state == "refused"
        assert "23.11.2026 kl. 10.00" in (record.reason or "")

        world.later(timedelta(minutes=2))
        world.run_one(an_event(3))
        assert len(world.sms.outbox) == 2

    def test_within_one_batch_too(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))

        world.run(an_event(1), an_event(2))

        assert len(world.sms.outbox) == 1

    def test_also_across_a_change_of_the_key_that_hides_numbers(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.run_one(an_event(1))

        world.number_keys = ("k2", "k1")
        world.run_one(an_event(2))

        assert len(world.sms.outbox) == 1

    def test_is_free_again_after_a_change_of_key_as_soon_as_it_would_have_been(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms(latest=MONDAY + timedelta(days=9))))
        world.run_one(an_event(1))

        world.number_keys = ("k2", "k1")
        world.later(timedelta(hours=19))
        world.run_one(an_event(2))
        world.later(timedelta(hours=2))
        world.run_one(an_event(3))

        assert len(world.sms.outbox) == 2

    def test_is_known_by_its_number_for_as_long_as_anybody_may_answer(self) -> None:
        """The claim tells of whom a reply comes from, for two years; the number itself is free long before."""
        world = World(planner=lambda _event: a_plan(an_sms()))
        claimed: list[dict[str, Any]] = []
        claim = world.ledger.claim

        def noted(key: str, **how: Any) -> Claim | None:
            claimed.append(how)
            return claim(key, **how)

        world.ledger.claim = noted  # type: ignore[method-assign]
        world.run_one(an_event(1))

        [how] = claimed
        assert how["until"] == MONDAY + timedelta(hours=20)
        assert how["known_until"] >= MONDAY.replace(year=2028)

    def test_is_not_used_up_by_one_the_vendor_refused(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.sms.fail_next("send", Refused("sperret"))
        world.run_one(an_event(1))

        world.run_one(an_event(2))

        assert len(world.sms.outbox) == 1

    @pytest.mark.parametrize("keys", [("k1",), ("k2", "k1")])
    def test_is_not_used_up_by_a_try_that_came_to_nothing(self, keys: tuple[str, ...]) -> None:
        """The ledger fell silent after the number was claimed; when it answers, the customer has been reached."""
        world = World(planner=lambda _event: a_plan(an_sms()), number_keys=keys)

        def down(method: str) -> None:
            if method == "count_together":
                raise TryLater("DynamoDB does not answer")

        world.ledger.before_call = down
        assert isinstance(world.run_one(an_event(1)), Later)
        world.ledger.before_call = lambda _method: None
        world.planner = lambda _event: a_plan()
        world.run_one(an_event(1))
        assert world.ledger.actions[sms_of(an_event(1))].state == "refused"

        world.planner = lambda _event: a_plan(an_sms())
        world.run_one(an_event(2))
        assert len(world.sms.outbox) == 1

    def test_is_not_used_up_by_one_that_has_to_wait(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.sms.fail_next("send", TryLater("down"))
        assert isinstance(world.run_one(an_event(1)), Later)

        world.run_one(an_event(2))
        world.run_one(an_event(1))

        assert len(world.sms.outbox) == 1
        assert world.ledger.actions[sms_of(an_event(1))].state == "refused"


class TestNobodyIsTexted:
    @pytest.mark.parametrize("keys", [("k1",), ("k2", "k1")])
    def test_who_has_asked_not_to_be_under_whichever_key(self, keys: tuple[str, ...]) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()), number_keys=keys)
        world.ledger.suppress(Suppression(number_hashes=(f"k1:{MOBILE}",), since=MONDAY))

        assert world.run_one(an_event()) == Finished()

        assert not world.sms.outbox
        assert world.ledger.actions[sms_of(an_event())].state == "refused"

    def test_who_has_asked_not_to_be_among_others_who_are(self) -> None:
        """000-22: one look at the ledger for all of them, and each gets the answer that is theirs."""
        numbers = {record: f"+479000000{record}" for record in range(1, 6)}
        world = World(planner=lambda event: a_plan(an_sms(to=numbers[event.record_id])))
        world.ledger.suppress(Suppression(number_hashes=(f"k1:{numbers[2]}", f"k0:{numbers[2]}"), since=MONDAY))
        world.ledger.suppress(Suppression(number_hashes=(f"k1:{numbers[4]}",), since=MONDAY))
        asked: list[str] = []
        world.ledger.before_call = asked.append

        world.run(*(an_event(record) for record in numbers))

        assert {sms.to for sms in world.sms.outbox} == {numbers[1], numbers[3], numbers[5]}
        for record in (2, 4):
            assert "bedt om" in (world.ledger.actions[sms_of(an_event(record))].reason or "")
        assert asked.count("suppressed") == 1

    def test_after_contact_hours_when_the_vendor_was_down_too_long(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms(latest=MONDAY + timedelta(hours=1))))
        world.sms.fail_next("send", TryLater("down"))
        world.run_one(an_event())

        world.later(timedelta(hours=1, seconds=1))
        assert world.run_one(an_event()) == Finished()

        assert not world.sms.outbox
        assert "kontakttiden" in (world.ledger.actions[sms_of(an_event())].reason or "")


class TestALedgerThatDoesNotAnswer:
    @pytest.mark.parametrize("silent_at", ["suppressed", "claim", "count_together"])
    def test_before_a_message_went_leaves_nothing_to_look_for(self, silent_at: str) -> None:
        """An ITX that cannot be asked would else make a person look for what was never sent."""
        world = World(sms=FakeSms(has_lookup=False), planner=lambda _event: a_plan(an_sms()))

        def down(method: str) -> None:
            if method == silent_at:
                raise TryLater("DynamoDB does not answer")

        world.ledger.before_call = down
        assert isinstance(world.run_one(an_event()), Later)
        assert sms_of(an_event()) not in world.ledger.actions

        world.ledger.before_call = lambda _method: None
        assert world.run_one(an_event()) == Finished()
        assert len(world.sms.outbox) == 1


class TestASendingWithoutAnAnswer:
    """The vendor has a message or not, and nobody can be asked but its receipts."""

    def world(self, **vendor: bool) -> World:
        world = World(sms=FakeSms(honours_references=False, **vendor), planner=lambda _event: a_plan(an_sms()))
        world.sms.fail_next("send", Unsure("lost"), after_effect=True)
        return world

    def receipt(self, world: World, status: Status = "SENT") -> None:
        [reference] = [message.reference for message in world.sms.outbox]
        world.ledger.note_receipt(reference, Receipt(part=1, status=status))

    @pytest.mark.parametrize("status", ["SENT", "UNKNOWN", "DELIVERED", "FAILED", "EXPIRED"])
    def test_is_done_when_a_receipt_has_come_before_anybody_asks(self, status: Status) -> None:
        world = self.world(has_lookup=False)
        world.sms.fail_next("find_sms", TryLater("down"))
        assert isinstance(world.run_one(an_event()), Later)
        self.receipt(world, status)

        world.later()
        assert world.run_one(an_event()) == Finished()

        assert world.ledger.actions[sms_of(an_event())].state == "done"
        assert not world.crm.tasks, "nobody has anything to look into"
        assert len(world.sms.outbox) == 1

    def test_is_done_when_a_receipt_comes_while_the_vendor_is_asked(self) -> None:
        world = self.world(has_lookup=False)
        look_up = world.sms.find_sms

        def find_sms(messages: Sequence[Sms]) -> Sequence[Finding]:
            self.receipt(world)
            return look_up(messages)

        world.sms.find_sms = find_sms  # type: ignore[method-assign]
        assert world.run_one(an_event()) == Finished()

        assert world.ledger.actions[sms_of(an_event())].state == "done"
        assert not world.crm.tasks

    def test_is_never_repeated_once_a_receipt_has_come_whatever_the_look_up_says(self) -> None:
        """A look-up that lags behind would else make us text somebody twice."""
        world = self.world()
        world.sms.fail_next("find_sms", TryLater("down"))
        world.run_one(an_event())
        self.receipt(world)
        world.sms.find_sms = lambda messages: [None] * len(messages)  # type: ignore[method-assign]

        world.later()
        world.run_one(an_event())

        assert len(world.sms.outbox) == 1
        assert world.ledger.actions[sms_of(an_event())].state == "done"

    def test_is_left_in_doubt_for_the_first_receipt_to_settle(self) -> None:
        world = self.world(has_lookup=False)

        world.run_one(an_event())

        [sent] = world.ledger.sent_sms([reference_of(sms_of(an_event()))]).values()
        assert sent.delivery.doubted
        assert sent.action == "sms"

    @pytest.mark.parametrize("method", ["sent_sms", "doubt_sms"])
    def test_is_looked_for_later_when_the_ledger_does_not_answer(self, method: str) -> None:
        world = self.world(has_lookup=False)

        def down(asked: str) -> None:
            if asked == method:
                raise TryLater("down")

        world.ledger.before_call = down
        assert isinstance(world.run_one(an_event()), Later)
        assert world.ledger.actions[sms_of(an_event())].state == "started"

        world.ledger.before_call = lambda _method: None
        world.later()
        assert world.run_one(an_event()) == Finished()
        assert world.ledger.actions[sms_of(an_event())].state == "unsure"
        assert len(world.sms.outbox) == 1


class TestTheBlastGuard:
    def world(self, **guard: int) -> World:
        return World(
            planner=lambda event: a_plan(an_sms(to=f"+47{91_000_000 + event.record_id}", owner_id=event.record_id % 2)),
            common=CommonRules(blast_guard=BlastGuard(**guard)),
        )

    def test_stops_the_flow_after_so_many_in_an_hour(self) -> None:
        world = self.world(sms_per_hour=3)

        world.run(*(an_event(record) for record in range(5)))

        assert len(world.sms.outbox) == 3
        assert world.ledger.stopped("no_answer") == "sms/2026-11-23T09 nådde grensen på 3 SMS i timen"
        assert [held.event.record_id for held in world.ledger.held("no_answer")] == [3, 4]
        assert "BlastGuardTripped" in world.notes.names

    def test_stops_the_flow_after_so_many_for_one_adviser(self) -> None:
        world = self.world(sms_per_hour_per_adviser=2)

        world.run(*(an_event(record) for record in (0, 2, 4, 1)))

        assert len(world.sms.outbox) == 3
        assert [held.event.record_id for held in world.ledger.held("no_answer")] == [4]

    def test_holds_everything_that_comes_after(self) -> None:
        world = self.world(sms_per_hour=1)
        world.run(an_event(1), an_event(2))

        world.later(timedelta(hours=2))
        world.run_one(an_event(3))

        assert len(world.sms.outbox) == 1
        assert len(world.ledger.held("no_answer")) == 2

    def test_counts_only_what_went_out(self) -> None:
        world = self.world(sms_per_hour=2)
        world.sms.fail_next("send", TryLater("down"), times=5)
        for _ in range(5):
            assert isinstance(world.run_one(an_event(1)), Later)

        world.run(an_event(1), an_event(2))

        assert len(world.sms.outbox) == 2
        assert world.ledger.stopped("no_answer") is None

    def test_keeps_no_claim_for_a_message_it_stopped(self) -> None:
        world = self.world(sms_per_hour=0)
        world.run_one(an_event(1))

        world.common = CommonRules()
        world.flow_rules = FlowRules(mode="on")
        release("no_answer", world.ledger, world.road, world.flow_rules)
        [(event, _after)] = world.road.put_backs.values()
        world.run_one(event)

        assert len(world.sms.outbox) == 1


class ASlowVendor(FakeSms):
    """Takes its time for every message, five at once."""

    def __init__(self, world: World, *, per_message: timedelta) -> None:
        super().__init__()
        self._world = world
        self._per_message = per_message / 5

    def send(self, messages: Sequence[Sms]) -> Sequence[Outcome]:
        self._world.later(self._per_message * len(messages))
        return super().send(messages)


class TestASlowVendor:
    def test_is_given_no_more_than_can_be_settled_before_the_worker_ends(self) -> None:
        """What a killed worker had sent and not written down would have to be looked for, message by message."""
        world = World(planner=lambda event: a_plan(an_sms(to=f"+47{91_000_000 + event.record_id}")))
        world.sms = ASlowVendor(world, per_message=timedelta(seconds=4))
        begun = world.at
        left = [an_event(record) for record in range(100)]

        results = world.run(*left)

        assert world.at - begun < LEASE
        assert len(world.sms.outbox) == sum(result == Finished() for result in results.values()) > 0
        deliveries = 1
        while left := [event for event, result in results.items() if isinstance(result, Later)]:
            results = world.run(*left)
            deliveries += 1
        assert len(world.sms.outbox) == 100
        assert deliveries < 10
