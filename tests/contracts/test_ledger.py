"""What every ledger promises: the same tests on the one in memory and on DynamoDB's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kundeflyt.domain.actions import ActionRecord, Plan, SendSms, Slot, State, Story, WakeAt
from kundeflyt.domain.events import CALL_LOGGED, Event
from kundeflyt.ports.ledger import (
    ActionKey,
    Beginning,
    Begun,
    Claim,
    Ending,
    Held,
    Ledger,
    Move,
    PlanMode,
    StoredPlan,
)
from tests.contracts.at_once import at_once
from tests.ledger_steps import drop_start, finish, start, store

NOW = datetime(2026, 3, 2, 9, 30, 15, 120000, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(hours=1)
FLOW = "no_answer"
KEY = ActionKey(flow=FLOW, subject="7/9007199254740993", name="sms")


def event(record_id: int = 9007199254740993, *, received_at: datetime = NOW, round: int = 0) -> Event:
    return Event(
        name=CALL_LOGGED,
        portal_id=7,
        record_id=record_id,
        occurred_at=NOW - timedelta(minutes=2),
        received_at=received_at,
        round=round,
    )


def sms(text: str = "Hei, ring meg på æøå") -> SendSms:
    return SendSms(
        name="sms",
        to="+4791234567",
        text=text,
        text_id="sms_service",
        once_per_hours=20,
        latest=LATER,
        valid_until=LATER,
        owner_id=12,
    )


def stored(
    because: str = "ikke svar",
    *actions: SendSms | WakeAt,
    about: Event | None = None,
    basis: str = "no-answer",
    mode: PlanMode = "on",
) -> StoredPlan:
    plan = Plan(because=because, actions=actions, responsible=12, contact_id=3, company_id=4)
    return StoredPlan(flow=FLOW, event=about or event(), basis=basis, mode=mode, plan=plan, planned_at=NOW)


def held(place: int, *, reason: str = "på vent", round: int = 0) -> Held:
    waiting = event(place, received_at=NOW + timedelta(seconds=place), round=round)
    return Held(id=f"{waiting.subject}/{round}", event=waiting, reason=reason, held_at=LATER)


def move(**changes: Any) -> Move:
    return Move(flow=FLOW, subject=event().subject, **changes)


class TestPlans:
    def test_gives_back_what_was_stored(self, ledger: Ledger) -> None:
        plans = [
            stored("første", sms(), about=event(1)),
            stored("andre", WakeAt(name="wake", when=LATER), about=event(2)),
        ]

        assert list(store(ledger, plans)) == plans
        assert list(store(ledger, plans)) == plans

    def test_the_first_performing_plan_stays(self, ledger: Ledger) -> None:
        first, second = stored("første", sms("en")), stored("andre", sms("to"))
        store(ledger, [first])

        assert list(store(ledger, [second])) == [first]

    def test_a_stored_plan_comes_back_whole(self, ledger: Ledger) -> None:
        """Habit 6: a retry performs the stored plan, so every field of it must survive."""
        first = stored("første", sms(), WakeAt(name="wake", when=LATER))
        store(ledger, [first])

        [standing] = store(ledger, [stored("andre", sms("to"))])

        assert standing.plan == first.plan
        assert standing.event == first.event
        assert standing == first

    @pytest.mark.parametrize("mode", ["on", "shadow"])
    def test_an_empty_or_shadow_plan_never_stands_in_a_later_ones_way(self, ledger: Ledger, mode: PlanMode) -> None:
        weak = stored("ingenting") if mode == "on" else stored("bare vist", sms("skygge"), mode="shadow")
        later = stored("nå", sms())
        store(ledger, [weak])

        assert list(store(ledger, [later])) == [later]
        assert list(store(ledger, [weak])) == [later]

    def test_another_basis_or_round_is_another_plan(self, ledger: Ledger) -> None:
        plans = [
            stored("a", sms()),
            stored("b", sms(), basis="no-answer/2"),
            stored("c", sms(), about=event(round=1)),
        ]

        assert [row.plan.because for row in store(ledger, plans)] == ["a", "b", "c"]

    def test_one_of_several_at_once_stands_for_all(self, ledger: Ledger) -> None:
        standing = at_once(lambda number: store(ledger, [stored(f"nr. {number}", sms())])[0])

        assert len({row.plan.because for row in standing}) == 1


class TestBeginning:
    def test_starts_the_first_actions_of_what_is_new(self, ledger: Ledger) -> None:
        rows = [Beginning(stored=stored("a", sms(), about=event(1)), starting=("sms",)), Beginning(stored=stored("b"))]

        begun = ledger.begin(rows, now=NOW, lease_until=SOON)

        assert list(begun) == [Begun(stored=rows[0].stored, started=("sms",)), Begun(stored=rows[1].stored)]
        past = ledger.past(FLOW, [event(1)])["7/1"]
        assert past.actions == {"sms": ActionRecord(name="sms", state="started", started_at=NOW, lease_until=SOON)}

    def test_starts_nothing_of_what_somebody_else_has_begun(self, ledger: Ledger) -> None:
        first = stored("en", sms())
        ledger.begin([Beginning(stored=first, starting=("sms",))], now=NOW, lease_until=SOON)

        begun = ledger.begin([Beginning(stored=stored("to", sms()), starting=("sms",))], now=LATER, lease_until=LATER)

        assert list(begun) == [Begun(stored=first)]

    def test_starts_no_action_a_second_time_whatever_plan_asks_for_it(self, ledger: Ledger) -> None:
        ledger.begin([Beginning(stored=stored("en", sms()), starting=("sms",))], now=NOW, lease_until=SOON)
        other = stored("to", sms(), basis="other")

        begun = ledger.begin([Beginning(stored=other, starting=("sms", "task"))], now=LATER, lease_until=LATER)

        assert list(begun) == [Begun(stored=other)]
        assert set(ledger.past(FLOW, [event()])[event().subject].actions) == {"sms"}

    def test_takes_the_place_of_a_plan_to_do_nothing(self, ledger: Ledger) -> None:
        store(ledger, [stored("ingenting")])
        later = stored("nå", sms())

        begun = ledger.begin([Beginning(stored=later, starting=("sms",))], now=NOW, lease_until=SOON)

        assert list(begun) == [Begun(stored=later, started=("sms",))]

    def test_keeps_a_start_that_was_there_without_a_plan(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        row = Beginning(stored=stored("nå", sms()), starting=("sms",))

        assert list(ledger.begin([row], now=LATER, lease_until=LATER)) == [Begun(stored=row.stored)]
        assert store(ledger, [row.stored]) == [row.stored]

    def test_one_of_eight_workers_begins(self, ledger: Ledger) -> None:
        def begin(number: int) -> Begun:
            row = Beginning(stored=stored(f"nr. {number}", sms()), starting=("sms",))
            return ledger.begin([row], now=NOW, lease_until=SOON)[0]

        begun = at_once(begin)

        assert [one.started for one in begun].count(("sms",)) == 1
        assert len({one.stored.plan.because for one in begun}) == 1


class TestAdvancing:
    def test_ends_drops_and_starts(self, ledger: Ledger) -> None:
        names = ("task", "entry")
        start(ledger, [replace(KEY, name=name) for name in names], now=NOW, lease_until=SOON)
        ended = Ending(name="task", state="done", at=SOON, result="41")

        standing = ledger.advance(
            [move(ended=(ended,), dropped=("entry",), starting=("sms",))], now=SOON, lease_until=LATER
        )

        assert list(standing) == [{}]
        assert ledger.past(FLOW, [event()])[event().subject].actions == {
            "task": ActionRecord(name="task", state="done", started_at=NOW, ended_at=SOON, result="41"),
            "sms": ActionRecord(name="sms", state="started", started_at=SOON, lease_until=LATER),
        }

    def test_tells_what_stood_there_and_does_the_rest(self, ledger: Ledger) -> None:
        start(ledger, [replace(KEY, name=name) for name in ("sms", "task", "note")], now=NOW, lease_until=SOON)
        ended = Ending(name="task", state="refused", at=SOON, reason="derfor")

        [standing] = ledger.advance(
            [move(ended=(ended,), dropped=("note",), starting=("sms", "entry"))], now=SOON, lease_until=LATER
        )

        assert standing == {"sms": ActionRecord(name="sms", state="started", started_at=NOW, lease_until=SOON)}
        states = {name: one.state for name, one in ledger.past(FLOW, [event()])[event().subject].actions.items()}
        assert states == {"task": "refused", "sms": "started", "entry": "started"}

    def test_leaves_what_has_ended_as_it_is(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        finish(ledger, KEY, state="unsure", now=SOON)
        ended = Ending(name="sms", state="done", at=LATER)

        ledger.advance([move(ended=(ended,), dropped=("sms",))], now=LATER, lease_until=LATER)

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert record
        assert record.state == "unsure"

    def test_keeps_an_end_whose_start_somebody_has_erased(self, ledger: Ledger) -> None:
        ledger.advance([move(ended=(Ending(name="sms", state="done", at=NOW),))], now=NOW, lease_until=SOON)

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert record
        assert record.settled

    def test_one_of_eight_workers_wins_the_next_start(self, ledger: Ledger) -> None:
        start(ledger, [replace(KEY, name="task")], now=NOW, lease_until=SOON)
        ended = Ending(name="task", state="done", at=SOON, result="41")

        standing = at_once(
            lambda _: ledger.advance([move(ended=(ended,), starting=("sms",))], now=SOON, lease_until=LATER)[0]
        )

        assert standing.count({}) == 1


class TestPast:
    def test_knows_nothing_of_what_is_new(self, ledger: Ledger) -> None:
        past = ledger.past(FLOW, [event()])[event().subject]

        assert past.first_received_at is None
        assert past.actions == {}

    def test_remembers_when_we_first_heard_of_it(self, ledger: Ledger) -> None:
        """A later delivery of the same state replaces an empty plan, not the memory of when it came."""
        store(ledger, [stored("ingenting", about=event(received_at=NOW))])
        store(ledger, [stored("nå", sms(), about=event(received_at=LATER))])
        store(ledger, [stored("ny", sms(), basis="other", about=event(received_at=SOON))])

        assert ledger.past(FLOW, [event()])[event().subject].first_received_at == NOW

    def test_tells_what_was_done_about_each_event_alone(self, ledger: Ledger) -> None:
        near = [event(1), event(11)]
        for one in near:
            store(ledger, [stored("x", sms(), about=one)])
        key = ActionKey(flow=FLOW, subject=near[1].subject, name="task")
        start(ledger, [key], now=NOW, lease_until=SOON)
        finish(ledger, key, state="done", now=LATER, result="9007199254740995")

        past = ledger.past(FLOW, [*near, *near])

        assert set(past) == {"7/1", "7/11"}
        assert past["7/1"].actions == {}
        assert past["7/11"].result_of("task") == 9007199254740995
        assert ledger.past("other_flow", near)["7/11"].actions == {}

    def test_reads_a_hundred_events(self, ledger: Ledger) -> None:
        events = [event(number) for number in range(1, 101)]
        store(ledger, [stored("x", sms(), about=one) for one in events])

        past = ledger.past(FLOW, events)

        assert len(past) == 100
        assert all(one.first_received_at == NOW for one in past.values())


class TestActions:
    def test_is_started_once(self, ledger: Ledger) -> None:
        other = ActionKey(flow=FLOW, subject=KEY.subject, name="task")
        assert list(start(ledger, [KEY], now=NOW, lease_until=SOON)) == [None]

        again = list(start(ledger, [KEY, other], now=LATER, lease_until=LATER))

        assert again == [ActionRecord(name="sms", state="started", started_at=NOW, lease_until=SOON), None]

    def test_that_stands_twice_in_one_batch_goes_on_once(self, ledger: Ledger) -> None:
        """Two rounds of one call may come together."""
        answers = start(ledger, [KEY, KEY], now=NOW, lease_until=SOON)

        assert list(answers).count(None) == 1

    def test_one_of_eight_workers_wins_the_start(self, ledger: Ledger) -> None:
        answers = at_once(lambda _: start(ledger, [KEY], now=NOW, lease_until=SOON)[0])

        assert answers.count(None) == 1

    @pytest.mark.parametrize("state", ["done", "refused", "unsure"])
    def test_what_has_ended_stays_as_it_is(self, ledger: Ledger, state: State) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        finish(ledger, KEY, state=state, now=LATER, result="41", reason="derfor")
        finish(ledger, KEY, state="done", now=LATER + timedelta(hours=1), result="42")
        drop_start(ledger, KEY, now=LATER)

        assert list(start(ledger, [KEY], now=LATER, lease_until=LATER)) == [
            ActionRecord(name="sms", state=state, started_at=NOW, ended_at=LATER, result="41", reason="derfor")
        ]

    def test_an_end_without_a_start_is_kept(self, ledger: Ledger) -> None:
        """Somebody else erased the start meanwhile: what was done must be remembered all the same."""
        finish(ledger, KEY, state="done", now=NOW, result="41")

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)

        assert record
        assert record.settled
        assert record.result == "41"

    def test_an_erased_start_may_be_started_again(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        drop_start(ledger, KEY, now=LATER)
        drop_start(ledger, KEY, now=LATER)

        assert list(start(ledger, [KEY], now=LATER, lease_until=LATER)) == [None]

    def test_one_of_eight_workers_takes_over(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        [seen] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert seen

        won = at_once(
            lambda number: ledger.take_over(KEY, seen, lease_until=LATER + timedelta(seconds=number)),
        )

        assert won.count(True) == 1

    @pytest.mark.parametrize("meanwhile", ["ended", "erased"])
    def test_nobody_takes_over_what_is_no_longer_so(self, ledger: Ledger, meanwhile: str) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        [seen] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert seen
        if meanwhile == "ended":
            finish(ledger, KEY, state="done", now=LATER)
        else:
            drop_start(ledger, KEY, now=LATER)

        assert not ledger.take_over(KEY, seen, lease_until=LATER)

    def test_taking_over_keeps_when_it_was_started(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        [seen] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert seen
        assert ledger.take_over(KEY, seen, lease_until=LATER)

        assert list(start(ledger, [KEY], now=LATER, lease_until=LATER)) == [
            ActionRecord(name="sms", state="started", started_at=NOW, lease_until=LATER)
        ]


class TestSettling:
    """What nobody knew the end of turns out to have been done."""

    def test_ends_what_was_unsure(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        finish(ledger, KEY, state="unsure", now=SOON, reason="no answer")

        assert ledger.settle(KEY, now=LATER, result="receipt")

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert record == ActionRecord(name="sms", state="done", started_at=NOW, ended_at=LATER, result="receipt")

    def test_waits_for_a_worker_who_may_be_at_it(self, ledger: Ledger) -> None:
        start(ledger, [KEY], now=NOW, lease_until=LATER)

        assert not ledger.settle(KEY, now=SOON, result="receipt")
        assert ledger.settle(KEY, now=LATER, result="receipt")

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert record == ActionRecord(name="sms", state="done", started_at=NOW, ended_at=LATER, result="receipt")

    @pytest.mark.parametrize("state", ["done", "refused"])
    def test_leaves_alone_what_has_ended(self, ledger: Ledger, state: State) -> None:
        start(ledger, [KEY], now=NOW, lease_until=SOON)
        finish(ledger, KEY, state=state, now=SOON, result="41", reason="derfor")

        assert ledger.settle(KEY, now=LATER, result="receipt")

        [record] = start(ledger, [KEY], now=LATER, lease_until=LATER)
        assert record
        assert (record.state, record.result) == (state, "41")

    def test_makes_nothing_of_what_never_was(self, ledger: Ledger) -> None:
        assert ledger.settle(KEY, now=LATER, result="receipt")
        assert start(ledger, [KEY], now=NOW, lease_until=SOON) == [None]


class TestAStory:
    def test_tells_every_plan_and_action_of_one_event_the_first_first(self, ledger: Ledger) -> None:
        first, second = stored(), stored("natt", sms(), about=event(round=1))
        second = replace(second, planned_at=LATER)
        store(ledger, [second, first, stored(about=event(5))])
        finish(ledger, KEY, state="done", now=LATER, result="41")

        story = ledger.story(FLOW, event().subject)

        assert story.plans == (first.plan, second.plan)
        assert {name: record.result for name, record in story.actions.items()} == {"sms": "41"}
        assert ledger.story(FLOW, "7/1") == Story()


class TestClaims:
    def test_only_one_has_it(self, ledger: Ledger) -> None:
        """000-22: one message per number, whoever called."""
        assert ledger.claim("sms/abc", holder="a", now=NOW, until=LATER) is None

        standing = ledger.claim("sms/abc", holder="b", now=SOON, until=LATER)

        assert standing == Claim(holder="a", taken_at=NOW)
        assert ledger.claim("sms/abd", holder="b", now=SOON, until=LATER) is None

    def test_one_of_eight_gets_it(self, ledger: Ledger) -> None:
        answers = at_once(lambda number: ledger.claim("sms/abc", holder=str(number), now=NOW, until=LATER))

        assert answers.count(None) == 1
        assert len({answer.holder for answer in answers if answer}) == 1

    def test_is_ours_again_with_what_came_of_it(self, ledger: Ledger) -> None:
        """Its holder is an action; what that has made is what the claim was for."""
        ledger.claim("slot", holder=str(KEY), now=NOW)
        assert ledger.claim("slot", holder="b", now=LATER) == Claim(holder=str(KEY), taken_at=NOW)

        finish(ledger, KEY, state="done", now=SOON, result="41")

        assert ledger.claim("slot", holder=str(KEY), now=LATER) is None
        assert ledger.claim("slot", holder="b", now=LATER) == Claim(holder=str(KEY), taken_at=NOW, value="41")

    @pytest.mark.parametrize("state", ["refused", "unsure"])
    def test_has_no_value_while_nothing_certainly_came_of_it(self, ledger: Ledger, state: State) -> None:
        ledger.claim("slot", holder=str(KEY), now=NOW)
        finish(ledger, KEY, state=state, now=SOON, result="41")

        assert ledger.claim("slot", holder="b", now=LATER) == Claim(holder=str(KEY), taken_at=NOW)
        assert ledger.slots(["slot"]) == {}

    def test_runs_out_to_the_second(self, ledger: Ledger) -> None:
        """The table's own deletion comes days late, so the time itself decides."""
        until = NOW.replace(microsecond=0) + timedelta(minutes=1)
        ledger.claim("sms/abc", holder="a", now=NOW, until=until)

        assert ledger.claim("sms/abc", holder="b", now=until - timedelta(microseconds=1), until=LATER)
        assert ledger.claim("sms/abc", holder="b", now=until, until=LATER) is None
        assert ledger.claim("sms/abc", holder="a", now=until, until=LATER) == Claim(holder="b", taken_at=until)

    def test_without_an_end_never_runs_out(self, ledger: Ledger) -> None:
        ledger.claim("slot", holder="a", now=NOW)

        assert ledger.claim("slot", holder="b", now=NOW + timedelta(days=700))

    def test_a_claim_for_a_finished_task_may_be_taken(self, ledger: Ledger) -> None:
        ledger.claim("slot", holder=str(KEY), now=NOW)
        finish(ledger, KEY, state="done", now=SOON, result="41")

        assert ledger.claim("slot", holder="b", now=LATER, instead_of="40")
        assert ledger.claim("slot", holder="b", now=LATER, instead_of="41") is None
        assert ledger.claim("slot", holder="c", now=LATER, instead_of="41") == Claim(holder="b", taken_at=LATER)

    def test_is_given_back_by_its_holder_alone(self, ledger: Ledger) -> None:
        ledger.claim("sms/abc", holder="a", now=NOW, until=LATER)

        ledger.drop_claim("sms/abc", holder="b")
        assert ledger.claim("sms/abc", holder="b", now=NOW, until=LATER)

        ledger.drop_claim("sms/abc", holder="a")
        ledger.drop_claim("sms/abc", holder="a")
        assert ledger.claim("sms/abc", holder="b", now=NOW, until=LATER) is None

    def test_one_of_eight_takes_the_place_of_a_finished_task(self, ledger: Ledger) -> None:
        ledger.claim("slot", holder=str(KEY), now=NOW)
        finish(ledger, KEY, state="done", now=SOON, result="41")

        answers = at_once(lambda number: ledger.claim("slot", holder=str(number), now=LATER, instead_of="41"))

        assert answers.count(None) == 1

    def test_a_slot_tells_its_last_task(self, ledger: Ledger) -> None:
        ledger.claim("full", holder=str(KEY), now=NOW)
        ledger.claim("empty", holder="a", now=NOW)
        finish(ledger, KEY, state="done", now=SOON, result="9007199254740995")

        found = ledger.slots(["full", "empty", "unknown", "full"])

        assert found == {"full": Slot(task_id=9007199254740995, record_id=9007199254740993)}
        assert ledger.slots([]) == {}


class TestCounts:
    def test_a_limit_of_nothing_counts_nothing(self, ledger: Ledger) -> None:
        assert ledger.count_together({"sms": (1, 0)}, of="sms", keep_until=LATER) == "sms"
        assert ledger.count_together({"sms": (1, 1)}, of="sms", keep_until=LATER) is None

    def test_that_belong_together_are_all_counted_or_none(self, ledger: Ledger) -> None:
        first = {"sms": (2, 4), "sms/owner/1": (1, 1), "sms/owner/2": (1, 3)}
        assert ledger.count_together(first, of="sms", keep_until=LATER) is None

        again = {"sms": (1, 4), "sms/owner/1": (1, 1)}
        assert ledger.count_together(again, of="sms", keep_until=LATER) == "sms/owner/1"
        many = {"sms": (3, 4), "sms/owner/2": (2, 3)}
        assert ledger.count_together(many, of="sms", keep_until=LATER) == "sms"

        fits = {"sms": (2, 4), "sms/owner/2": (2, 3)}
        assert ledger.count_together(fits, of="sms", keep_until=LATER) is None
        assert ledger.count_together({"sms": (5, 4)}, of="another", keep_until=LATER) == "sms"

    def test_that_belong_together_never_pass_a_limit_with_eight_at_once(self, ledger: Ledger) -> None:
        full = at_once(lambda _: ledger.count_together({"sms": (2, 7)}, of="sms", keep_until=LATER))

        assert full.count(None) == 3

    def test_what_did_not_happen_is_taken_back_and_never_below_nothing(self, ledger: Ledger) -> None:
        ledger.uncount_together({"sms": 1}, of="sms")
        ledger.count_together({"sms": (2, 2)}, of="sms", keep_until=LATER)
        ledger.uncount_together({"sms": 1}, of="sms")
        ledger.uncount_together({"sms": 2}, of="sms")

        counted = [ledger.count_together({"sms": (1, 2)}, of="sms", keep_until=LATER) for _ in range(2)]
        assert counted == [None, "sms"]


class TestHolding:
    def test_gives_them_back_oldest_first(self, ledger: Ledger) -> None:
        waiting = [held(place) for place in (100, 9, 21)]
        for one in waiting:
            ledger.hold(FLOW, one)

        assert [one.event.record_id for one in ledger.held(FLOW)] == [9, 21, 100]
        assert next(iter(ledger.held(FLOW))) == waiting[1]
        assert list(ledger.held("other_flow")) == []

    def test_keeps_the_same_event_in_the_same_round_once(self, ledger: Ledger) -> None:
        ledger.hold(FLOW, held(1))
        ledger.hold(FLOW, held(1, reason="en gang til"))
        ledger.hold(FLOW, held(1, round=1))

        assert [(one.event.round, one.reason) for one in ledger.held(FLOW)] == [(0, "på vent"), (1, "på vent")]

    def test_lets_go_of_one(self, ledger: Ledger) -> None:
        for place in (1, 2):
            ledger.hold(FLOW, held(place))

        ledger.unhold(FLOW, held(1))
        ledger.unhold(FLOW, held(1))

        assert list(ledger.held(FLOW)) == [held(2)]

    def test_a_flow_that_stopped_itself_says_why_until_it_is_resumed(self, ledger: Ledger) -> None:
        assert ledger.stopped(FLOW) is None
        ledger.stop_flow(FLOW, reason="for mange SMS", now=NOW)
        ledger.stop_flow(FLOW, reason="igjen", now=LATER)

        assert ledger.stopped(FLOW) == "for mange SMS"
        assert ledger.stopped("other_flow") is None

        ledger.resume_flow(FLOW)
        assert ledger.stopped(FLOW) is None
