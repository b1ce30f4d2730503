"""The last checks before an e-mail goes to a customer, and what becomes of one whose end nobody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundeflyt.domain.actions import Plan, UpdateTask
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import BlastGuard, CommonRules, FlowRules, Pilot
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.engine.release import release
from kundeflyt.ports.failures import Failure, Refused, TryLater, Unsure
from tests.engine.world import (
    ADDRESS,
    ADVISER,
    CONTACT,
    LEASE,
    MONDAY,
    World,
    a_plan,
    an_email,
    an_email_entry,
    an_email_task,
    an_event,
)


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


def the_task_says() -> UpdateTask:
    return UpdateTask(
        name="task-says-sent",
        task_of="email-task",
        body="{outcome}",
        completed=True,
        tells_about="email",
        outcomes={"done": "Sendt {at}.", "refused": "Ikke sendt: {reason}.", "unsure": "Usikkert {at}."},
    )


def an_email_to_each(event: Event) -> Plan:
    address = f"kunde{event.record_id}@example.no"
    return a_plan(an_email_task(), an_email(to=address), an_email_entry(to=address), the_task_says())


@pytest.fixture
def world() -> World:
    return World(planner=lambda _event: a_plan(an_email_task(), an_email(), an_email_entry(), the_task_says()))


def state_of(world: World, name: str, event: Event | None = None) -> str:
    return world.ledger.actions[f"no_answer/{(event or an_event()).subject}/{name}"].state


class TestAnEMail:
    def test_goes_once_stands_on_the_timeline_and_ends_the_task(self, world: World) -> None:
        for _ in range(3):
            assert world.run_one(an_event()) == Finished()
        [mail] = world.mail.outbox
        assert (mail.to, mail.reply_to, mail.sender_name) == (ADDRESS, "kari@avonova.example", "Avonova")
        [entry] = world.crm.email_entries.values()
        assert (entry.contact_id, entry.at, entry.subject) == (CONTACT, MONDAY, mail.subject)
        [task] = world.crm.tasks.values()
        assert task.completed
        assert task.task.body == "Sendt 23.11.2026 kl. 10.00."

    def test_that_is_refused_is_not_shown_and_leaves_the_task_to_the_adviser(self, world: World) -> None:
        world.mail.fail_next("send_mails", Refused("adressen finnes ikke"))
        assert world.run_one(an_event()) == Finished()
        assert not world.crm.email_entries
        [task] = world.crm.tasks.values()
        assert not task.completed
        assert task.task.body == "Ikke sendt: adressen finnes ikke."

    def test_that_has_to_wait_goes_later_and_once(self, world: World) -> None:
        world.mail.fail_next("send_mails", TryLater("paused", after=timedelta(minutes=15)))
        assert world.run_one(an_event()) == Later(after=timedelta(minutes=15), reason="paused")
        world.later()
        assert world.run_one(an_event()) == Finished()
        assert len(world.mail.outbox) == 1


class TestAnEMailNobodyKnowsTheEndOf:
    @pytest.mark.parametrize("went", [True, False])
    def test_by_a_lost_answer_is_unsure_and_one_persons_task(self, world: World, went: bool) -> None:
        world.mail.fail_next("send_mails", Unsure("no answer"), after_effect=went)
        for _ in range(3):
            assert world.run_one(an_event()) == Finished()
            world.later()
        self.is_for_a_person(world, sent=int(went))

    @pytest.mark.parametrize("went", [True, False])
    def test_by_a_crash_is_unsure_and_one_persons_task(self, world: World, went: bool) -> None:
        world.mail.fail_next("send_mails", Killed(), after_effect=went)
        with pytest.raises(Killed):
            world.run_one(an_event())
        assert isinstance(world.run_one(an_event()), Later), "the other worker may still be at it"
        for _ in range(3):
            world.later(LEASE + timedelta(seconds=1))
            assert world.run_one(an_event()) == Finished()
        self.is_for_a_person(world, sent=int(went))

    @staticmethod
    def is_for_a_person(world: World, *, sent: int) -> None:
        assert len(world.mail.outbox) == sent
        assert state_of(world, "email") == "unsure"
        [promised, check] = world.crm.tasks.values()
        assert (check.task.subject, check.task.owner_id) == ("Sjekk om kunden fikk e-posten", ADVISER)
        assert check.task.contact_id == CONTACT
        assert not promised.completed
        assert promised.task.body.startswith("Usikkert")
        assert not world.crm.email_entries
        assert world.notes.names.count("ActionUnsure") == 1


class TestNobodyIsWrittenTo:
    def refused(self, world: World) -> str:
        assert world.run_one(an_event()) == Finished()
        assert not world.mail.outbox
        record = world.ledger.actions[f"no_answer/{an_event().subject}/email"]
        assert record.state == "refused"
        assert ADDRESS not in (record.reason or "")
        return record.reason or ""

    def test_after_contact_hours(self, world: World) -> None:
        world.mail.fail_next("send_mails", TryLater("paused"))
        world.run_one(an_event())
        world.later(timedelta(hours=6, seconds=1))
        assert "kontakttiden var over" in self.refused(world)

    def test_whom_we_would_not_write_to_any_more(self, world: World) -> None:
        world.mail.fail_next("send_mails", TryLater("paused"))
        world.run_one(an_event())
        world.planner = lambda _event: a_plan(an_email_task(), an_email(to="another@example.no"))
        assert "noe er endret" in self.refused(world)

    def test_who_is_erased_at_the_last_moment(self, world: World) -> None:
        def erases(method: str) -> None:
            if method == "forgotten":
                world.ledger.before_call = lambda _method: None
                assert not world.ledger.forgotten([CONTACT])
                world.ledger.forget([CONTACT], now=world.at)

        # The first look is before anything is planned; whoever is erased after it is seen when it is sent.
        world.planner = lambda _event: a_plan(an_email()).model_copy(update={"contact_id": None})
        world.ledger.before_call = erases
        assert "personvern" in self.refused(world)

    def test_once_the_flow_only_shows(self, world: World) -> None:
        world.mail.fail_next("send_mails", TryLater("paused"))
        world.run_one(an_event())
        world.flow_rules = FlowRules(mode="shadow")
        assert "noe er endret" in self.refused(world)
        [task] = world.crm.tasks.values()
        assert task.task.body.startswith("Ikke sendt")

    @pytest.mark.parametrize("pilot", [Pilot(owners=frozenset({999})), Pilot(numbers=frozenset({ADDRESS}))])
    def test_outside_the_pilot(self, world: World, pilot: Pilot) -> None:
        world.common = CommonRules(pilot=pilot)
        assert world.run_one(an_event()) == Finished()
        assert not world.mail.outbox
        assert not world.crm.tasks
        world.common = CommonRules(pilot=Pilot(owners=frozenset({ADVISER})))
        world.run_one(an_event())
        assert len(world.mail.outbox) == 1

    @pytest.mark.parametrize("method", ["forgotten", "count_together"])
    def test_while_our_memory_does_not_answer_and_nobody_has_to_look(self, world: World, method: str) -> None:
        world.planner = lambda _event: a_plan(an_email()).model_copy(update={"contact_id": None})

        def silent(asked: str) -> None:
            if asked == method:
                raise TryLater("DynamoDB does not answer")

        world.ledger.before_call = silent
        assert isinstance(world.run_one(an_event()), Later)
        world.ledger.before_call = lambda _method: None
        assert world.run_one(an_event()) == Finished()
        assert len(world.mail.outbox) == 1


class TestTheBlastGuard:
    def world(self, **guard: int) -> World:
        return World(planner=an_email_to_each, common=CommonRules(blast_guard=BlastGuard(**guard)))

    @pytest.mark.parametrize(
        "guard", [{"emails_per_hour": 3}, {"emails_per_hour": 3, "emails_per_hour_per_adviser": 3}]
    )
    def test_stops_the_flow_and_keeps_the_rest(self, guard: dict[str, int]) -> None:
        world = self.world(**guard)
        world.run(*(an_event(number) for number in range(1, 9)))
        assert len(world.mail.outbox) == 3
        assert len(world.ledger.held("no_answer")) == 5
        assert "3 e-poster i timen" in (world.ledger.stopped("no_answer") or "")
        assert "BlastGuardTripped" in world.notes.names
        assert not any(address in str(world.notes.heard) for address in ("@", "example"))

    def test_lets_them_go_over_hours_and_loses_none(self) -> None:
        world = self.world(emails_per_hour=3)
        events = [an_event(number) for number in range(1, 9)]
        world.run(*events)
        hours = 0
        while world.ledger.held("no_answer"):
            hours += 1
            world.later(timedelta(hours=1))
            world.planner = lambda event: a_plan(
                an_email(to=f"kunde{event.record_id}@example.no", latest=MONDAY + timedelta(days=1))
            )
            release("no_answer", world.ledger, world.road, FlowRules())
            put_back = [event for event, _ in world.road.put_backs.values()]
            world.road.put_backs.clear()
            world.run(*put_back)
        assert hours == 2
        assert sorted(mail.to for mail in world.mail.outbox) == [f"kunde{number}@example.no" for number in range(1, 9)]

    def test_lets_one_advisers_go_over_hours_by_themselves_and_stops_nobody(self) -> None:
        world = self.world(emails_per_hour_per_adviser=3)
        world.planner = lambda event: a_plan(
            an_email(to=f"kunde{event.record_id}@example.no", latest=MONDAY + timedelta(days=1))
        )
        coming = [an_event(number) for number in range(1, 9)]
        hours = 0
        while coming:
            for _ in range(2):
                assert set(world.run(*coming).values()) == {Finished()}
            assert len(world.mail.outbox) == min(3 * (hours + 1), 8)
            assert not world.ledger.held("no_answer")
            assert not world.ledger.stopped("no_answer")
            coming = [event for event, _ in world.road.wakes.values()]
            assert all(event.bulk for event in coming), "whatever somebody waits for goes first"
            if coming:
                hours += 1
                world.at = max(when for _, when in world.road.wakes.values())
                world.road.wakes.clear()
        assert hours == 2
        assert sorted(mail.to for mail in world.mail.outbox) == [f"kunde{number}@example.no" for number in range(1, 9)]
        assert set(world.notes.names) == {"EmailPutOff"}

    def test_lets_one_come_back_again_whose_hour_has_not_begun_here_yet(self) -> None:
        world = self.world(emails_per_hour_per_adviser=1)
        world.run(an_event(1), an_event(2))
        [(again, _)] = world.road.wakes.values()
        world.run_one(again)
        assert sorted(event.round for event, _ in world.road.wakes.values()) == [again.round, again.round + 1]

    def test_loses_no_end_of_the_others_while_returns_cannot_be_booked(self) -> None:
        """Two advisers' e-mails are sent together, and one's are put off."""
        world = self.world(emails_per_hour_per_adviser=1)
        world.planner = lambda event: a_plan(
            an_email(to=f"kunde{event.record_id}@example.no", owner_id=ADVISER if event.record_id < 3 else 999)
        )
        world.road.failure = TryLater("EventBridge Scheduler does not answer")
        events = [an_event(number) for number in (1, 2, 3)]
        results = world.run(*events)
        assert [isinstance(results[event], Later) for event in events] == [False, True, False]
        world.road.failure = None
        world.run(*events)
        assert [state_of(world, "email", event) for event in (events[0], events[2])] == ["done", "done"]
        assert len(world.mail.outbox) == 2
        assert len(world.road.wakes) == 1

    def test_stops_where_an_adviser_may_have_none_at_all(self) -> None:
        world = self.world(emails_per_hour_per_adviser=0)
        world.run_one(an_event())
        assert world.ledger.stopped("no_answer")

    def test_does_not_count_what_did_not_go(self) -> None:
        world = self.world(emails_per_hour=2)
        world.mail.fail_next("send_mails", Refused("nei"), times=2)
        for pair in ((1, 2), (3, 4)):
            world.run(*(an_event(number) for number in pair))
        assert len(world.mail.outbox) == 2
        assert not world.ledger.stopped("no_answer")


EVENTS = tuple(an_event(record) for record in range(1, 4))
WRITES = ("create_tasks", "send_mails", "log_emails", "update_tasks")
LOOK_UPS = ("find_tasks", "find_email_entries")
deaths = st.integers(0, 60).map(lambda n: ("dies", n))
rows = st.integers(1, len(EVENTS))
failures = st.tuples(st.sampled_from(["later", "unsure", "killed"]), st.sampled_from(WRITES), st.booleans(), rows)
silences = st.tuples(st.sampled_from(["later", "killed"]), st.sampled_from(LOOK_UPS), st.just(False), rows)


def deliver(world: World, mishap: tuple[object, ...] | None) -> bool:
    """One delivery of a batch of messages; True when the queue may forget them."""
    world.ledger.before_call = lambda _method: None
    match mishap:
        case ("dies", int(uses)):
            left = [uses]

            def count(_method: str) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            world.ledger.before_call = count
        case (str(kind), str(method), bool(after_effect), int(times)):
            errors: dict[str, Failure | Killed] = {"later": TryLater("busy"), "unsure": Unsure("?"), "killed": Killed()}
            fake = world.mail if method == "send_mails" else world.crm
            fake.fail_next(method, errors[kind], times=times, after_effect=after_effect and kind != "later")
    try:
        return set(world.run(*EVENTS).values()) == {Finished()}
    except Killed:
        return False


class TestExactlyOnce:
    @settings(max_examples=300, deadline=None)
    @given(mishaps=st.lists(deaths | failures | silences, max_size=6))
    def test_holds_whatever_dies_on_the_way(self, mishaps: list[tuple[object, ...]]) -> None:
        world = World(planner=an_email_to_each)
        over = False
        for mishap in mishaps:
            over = deliver(world, mishap)
            world.later(timedelta(seconds=40))
        world.mail._planned.clear()
        world.crm._planned.clear()
        for _ in range(6):
            over = deliver(world, None)
            world.later(timedelta(seconds=40))

        assert over, "the messages never came to an end"
        addresses = [mail.to for mail in world.mail.outbox]
        assert len(addresses) == len(set(addresses)), "somebody was written to twice"
        logged = [entry.key for entry in world.crm.email_entries.values()]
        assert len(logged) == len(set(logged)), "an e-mail was shown twice"
        keys = [on_hand.task.key for on_hand in world.crm.tasks.values()]
        assert len(keys) == len(set(keys)), "a task was made twice"
        for event in EVENTS:
            state = state_of(world, "email", event)
            assert state in {"done", "unsure"}
            if state == "done":
                assert f"kunde{event.record_id}@example.no" in addresses
                assert state_of(world, "email-entry", event) == "done"
            else:
                assert state_of(world, "check-email", event) == "done"
