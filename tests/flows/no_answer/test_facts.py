"""What is read about a batch of unanswered calls: enough to decide, and no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kundeflyt.domain.crm import Call, Company, Contact
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import CONNECTED
from kundeflyt.ports.failures import Done, TryLater
from kundeflyt.ports.ledger import ActionKey
from kundeflyt.ports.readers import Readers
from kundeflyt.ports.writers import NewTask
from no_answer.case import CallFacts
from no_answer.facts import gather
from no_answer.plan import plan
from tests.fakes.cards import FakeCards
from tests.fakes.cases import InMemoryCases
from tests.fakes.crm import FakeCrm
from tests.fakes.customers import FakeCustomers
from tests.fakes.inbox import FakeInbox
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.sequences import FakeSequences
from tests.flows.no_answer.situation import (
    COMPANY,
    CONTACT,
    FALLBACK,
    KARI,
    MONDAY,
    PER,
    a_call,
    a_contact,
    an_event,
    connected,
    oslo,
    owners,
    rules,
)
from tests.ledger_steps import finish

NOW = MONDAY + timedelta(hours=2)


class World:
    """A small portal, and how often it was asked what."""

    def __init__(self) -> None:
        self.crm = FakeCrm()
        self.ledger = InMemoryLedger()
        self.asked_ledger: list[str] = []
        self.ledger.before_call = self.asked_ledger.append
        for owner in owners().values():
            self.crm.put(owner)
        self.crm.put(Company(id=COMPANY, owner_id=PER))
        self.crm.put(a_contact(), companies=[COMPANY])

    def call(self, call: Call, *contacts: int, companies: Collection[int] = ()) -> Event:
        self.crm.put(call, contacts=contacts, companies=tuple(companies))
        return an_event(record_id=call.id)

    @property
    def readers(self) -> Readers:
        return Readers(
            crm=self.crm,
            customers=FakeCustomers(self.crm),
            sequences=FakeSequences(),
            history=self.ledger,
            cases=InMemoryCases(),
            inbox=FakeInbox(),
            cards=FakeCards(today=MONDAY.date()),
            number_hashes=lambda number: (number,),
        )

    def gather(self, *events: Event, **flow: Any) -> Mapping[Event, CallFacts]:
        return gather(events, self.readers, rules(flow=flow), NOW)

    def know(self, event: Event, **flow: Any) -> CallFacts:
        return self.gather(event, **flow)[event]

    def task_in_slot(self, slot: str) -> int:
        """Another call of that day has had its task made."""
        task = NewTask(
            key=slot, task_type="EMAIL", subject="", body="", due=NOW, owner_id=KARI, contact_id=None, company_id=None
        )
        [made] = self.crm.create_tasks([task])
        assert isinstance(made, Done)
        another = ActionKey(flow="no_answer", subject="7/of-another-call", name="email-task")
        self.ledger.claim(slot, holder=str(another), now=NOW)
        finish(self.ledger, another, state="done", now=NOW, result=made.result)
        return int(made.result)


@pytest.fixture
def world() -> World:
    return World()


class TestWhatIsRead:
    def test_is_only_the_call_when_it_gives_nothing_to_do(self, world: World) -> None:
        events = [
            world.call(connected(id=1), CONTACT),
            world.call(a_call(id=2, inbound=True), CONTACT),
            world.call(a_call(id=3, at=MONDAY - timedelta(days=3)), CONTACT),
            an_event(record_id=4),
        ]
        known = world.gather(*events)
        assert dict(world.crm.asked) == {"calls": 1}
        assert world.asked_ledger == ["past"]
        assert [facts.call and facts.call.id for facts in known.values()] == [1, 2, 3, None]
        assert not any(plan(event, known[event], rules(), NOW).actions for event in events)

    def test_is_asked_for_once_of_each_kind_for_a_whole_batch(self, world: World) -> None:
        events = []
        for number in range(1, 101):
            world.crm.put(Contact(id=1000 + number), companies=[COMPANY])
            events.append(world.call(a_call(id=number), 1000 + number))
        events.append(world.call(a_call(id=500), companies=[COMPANY]))
        world.task_in_slot("no_answer/25000001/1001/2026-11-23")
        world.crm.asked.clear()
        world.asked_ledger.clear()
        world.gather(*events)
        assert set(world.crm.asked) == {
            "calls",
            "contacts_of_calls",
            "contacts",
            "companies_of_contacts",
            "companies_of_calls",
            "companies",
            "owners",
            "reached_since",
            "open_tasks",
        }
        assert set(world.crm.asked.values()) == {1}
        assert sorted(world.asked_ledger) == ["past", "slots"]

    def test_leaves_out_what_nobody_needs(self, world: World) -> None:
        world.know(world.call(a_call(), CONTACT))
        assert "companies_of_calls" not in world.crm.asked
        assert "open_tasks" not in world.crm.asked

    def test_is_nothing_about_people_when_a_call_has_no_contact(self, world: World) -> None:
        world.know(world.call(a_call()))
        assert set(world.crm.asked) == {"calls", "contacts_of_calls", "companies_of_calls", "owners"}

    def test_raises_try_later_when_the_vendor_does_not_answer(self, world: World) -> None:
        event = world.call(a_call(), CONTACT)
        world.crm.fail_next("contacts", TryLater("429"))
        with pytest.raises(TryLater):
            world.know(event)


class TestTheCallee:
    def test_is_the_only_contact(self, world: World) -> None:
        known = world.know(world.call(a_call(), CONTACT))
        assert known.callee == a_contact()
        assert known.contacts == (a_contact(),)

    def test_is_one_of_several(self, world: World) -> None:
        world.crm.put(a_contact(id=102, mobile="46123456"))
        by_callee = world.know(world.call(a_call(id=1, callee_contact_id=102), CONTACT, 102))
        by_number = world.know(world.call(a_call(id=2, to_number="+4746123456"), CONTACT, 102))
        assert by_callee.callee == by_number.callee == a_contact(id=102, mobile="46123456")

    def test_is_unknown_when_nothing_tells(self, world: World) -> None:
        world.crm.put(a_contact(id=102, mobile="46123456"))
        known = world.know(world.call(a_call(to_number=None), CONTACT, 102))
        assert known.callee is None
        assert [contact.id for contact in known.contacts] == [CONTACT, 102]
        assert known.reached is None

    def test_has_its_number_read_in_the_rules_country(self, world: World) -> None:
        world.crm.put(Contact(id=102, mobile="0701234567"))
        event = world.call(a_call(to_number="+46701234567"), CONTACT, 102)
        in_sweden = rules(default_country="SE")
        assert world.know(event).callee is None
        known = gather([event], world.readers, in_sweden, NOW)[event]
        assert known.callee == Contact(id=102, mobile="0701234567")

    def test_is_missing_when_the_contact_is_deleted(self, world: World) -> None:
        known = world.know(world.call(a_call(), 999))
        assert (known.callee, known.contacts) == (None, ())

    def test_comes_with_the_properties_that_the_rules_name_and_no_others(self, world: World) -> None:
        said = {"hs_email_optout": "true", "kundeflyt_sms_optout": "ja", "sms_samtykke": "ja", "helse": "x"}
        world.crm.put(a_contact(properties=said), companies=[COMPANY])
        event = world.call(a_call(), CONTACT)
        known = world.know(event, marketing_basis_property="sms_samtykke")
        assert known.callee is not None
        assert known.callee.properties.keys() == said.keys() - {"helse"}


class TestTheCompany:
    def test_is_the_callees_primary(self, world: World) -> None:
        world.crm.put(Company(id=202))
        world.crm.put(a_contact(), companies=[202, COMPANY])
        assert world.know(world.call(a_call(), CONTACT, companies=[COMPANY])).company == Company(id=202)

    def test_is_the_calls_when_the_callee_has_none(self, world: World) -> None:
        world.crm.put(a_contact())
        known = world.know(world.call(a_call(), CONTACT, companies=[COMPANY]))
        assert known.company == Company(id=COMPANY, owner_id=PER)

    def test_is_the_calls_when_nobody_knows_who_was_called(self, world: World) -> None:
        assert world.know(world.call(a_call(), companies=[COMPANY])).company == Company(id=COMPANY, owner_id=PER)

    def test_may_be_missing(self, world: World) -> None:
        world.crm.put(a_contact())
        assert world.know(world.call(a_call(), CONTACT)).company is None
        assert world.know(world.call(a_call(), CONTACT, companies=[999])).company is None


class TestTheOwners:
    def test_are_the_caller_the_companys_adviser_and_the_fallback(self, world: World) -> None:
        assert world.know(world.call(a_call(), CONTACT)).owners.keys() == {KARI, PER, FALLBACK}

    @pytest.mark.parametrize(
        ("gone", "left_to"), [((), KARI), ((KARI,), PER), ((KARI, PER), FALLBACK), ((KARI, PER, FALLBACK), FALLBACK)]
    )
    def test_let_the_plan_pass_by_those_who_have_left(self, world: World, gone: tuple[int, ...], left_to: int) -> None:
        for owner in owners().values():
            world.crm.put(replace(owner, archived=owner.id in gone))
        event = world.call(a_call(), CONTACT)
        assert plan(event, world.know(event), rules(), NOW).responsible == left_to

    def test_need_no_call_when_nobody_is_named(self, world: World) -> None:
        world.crm.put(a_contact())
        event = world.call(a_call(owner_id=None), CONTACT)
        gather([event], world.readers, rules(fallback_owner_id=None), NOW)
        assert "owners" not in world.crm.asked


class TestReached:
    def test_is_what_happened_after_the_call(self, world: World) -> None:
        event = world.call(a_call(), CONTACT)
        assert world.know(event).reached is None
        world.crm.put_incoming_email(CONTACT, oslo(23, "10:30"))
        reached = world.know(event).reached
        assert reached is not None
        assert (reached.at, reached.how) == (oslo(23, "10:30"), "e-post")

    def test_counts_the_outcomes_that_the_rules_call_connected(self, world: World) -> None:
        event = world.call(a_call(), CONTACT)
        world.call(a_call(id=2, at=oslo(23, "11:00"), disposition="snakket-med"), CONTACT)
        assert world.know(event).reached is None
        assert world.know(event, connected_dispositions=["snakket-med", CONNECTED]).reached is not None

    @pytest.mark.parametrize(
        ("reached_at", "first_is_over", "second_is_over"),
        [
            (["09:30"], False, False),
            (["10:30"], True, False),
            (["11:30"], True, True),
            (["10:30", "11:30"], True, True),
        ],
    )
    def test_is_judged_for_each_call_of_a_batch(
        self, world: World, reached_at: list[str], first_is_over: bool, second_is_over: bool
    ) -> None:
        first, second = world.call(a_call(id=1), CONTACT), world.call(a_call(id=2, at=oslo(23, "11:00")), CONTACT)
        for clock in reached_at:
            world.crm.put_incoming_email(CONTACT, oslo(23, clock))
        for batch in ([first, second], [second, first]):
            known = world.gather(*batch)
            assert ("nådd" in plan(first, known[first], rules(), NOW).because) is first_is_over
            assert ("nådd" in plan(second, known[second], rules(), NOW).because) is second_is_over


class TestTheSlot:
    SLOT = f"no_answer/25000001/{CONTACT}/2026-11-23"

    def test_has_the_task_that_another_call_made_that_day(self, world: World) -> None:
        event = world.call(a_call(), CONTACT)
        assert (world.know(event).slot_task, world.know(event).slot_task_open) == (None, False)
        task = world.task_in_slot(self.SLOT)
        assert (world.know(event).slot_task, world.know(event).slot_task_open) == (task, True)

    def test_tells_when_somebody_has_finished_the_task(self, world: World) -> None:
        task = world.task_in_slot(self.SLOT)
        world.crm.complete(task)
        known = world.know(world.call(a_call(), CONTACT))
        assert (known.slot_task, known.slot_task_open) == (task, False)

    def test_is_another_on_another_day(self, world: World) -> None:
        world.task_in_slot(self.SLOT)
        at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past midnight in Oslo
        event = replace(world.call(a_call(at=at), CONTACT), received_at=at)
        assert world.know(event).slot_task is None


class TestDeliveries:
    def test_of_one_call_share_what_is_known(self, world: World) -> None:
        created = world.call(a_call(), CONTACT)
        changed = replace(created, occurred_at=created.occurred_at + timedelta(seconds=1))
        known = world.gather(created, changed)
        assert known[created] == known[changed]
        assert set(world.crm.asked.values()) == {1}
