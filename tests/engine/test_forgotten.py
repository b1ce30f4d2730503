"""Somebody who has been erased: whatever is still on the road about them ends here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kundeflyt.domain.actions import WakeAt
from kundeflyt.engine.flow import Finished
from tests.engine.world import CONTACT, MOBILE, World, a_plan, an_email_task, an_event, an_sms


@pytest.fixture
def world() -> World:
    return World()


class TestAMessageOnTheRoad:
    def test_about_somebody_who_is_forgotten_does_nothing_and_stores_nothing_of_them(self, world: World) -> None:
        world.ledger.forget([CONTACT], now=world.at)
        assert world.run_one(an_event()) == Finished()
        assert not world.sms.outbox
        assert not world.crm.tasks
        [stored] = world.ledger.plans.values()
        assert stored.plan.because == "Kontakten er slettet av personvernhensyn."
        assert MOBILE not in stored.plan.model_dump_json()
        assert str(CONTACT) not in stored.basis

    def test_still_comes_back_later_for_the_customer_without_them(self, world: World) -> None:
        world.ledger.forget([CONTACT], now=world.at)
        again = WakeAt(name="look", when=world.at + timedelta(days=1))
        world.planner = lambda _event: a_plan(an_email_task(), again)
        world.run_one(an_event())
        assert not world.crm.tasks
        [(key, record)] = world.ledger.actions.items()
        assert key.endswith("/look")
        assert record.state == "done"

    def test_about_somebody_else_goes_on(self, world: World) -> None:
        world.ledger.forget([CONTACT + 1], now=world.at)
        world.run_one(an_event())
        assert len(world.sms.outbox) == 1

    def test_about_nobody_in_particular_costs_no_look(self, world: World) -> None:
        asked: list[str] = []
        world.ledger.before_call = asked.append
        world.planner = lambda _event: a_plan().model_copy(update={"contact_id": None})
        world.run_one(an_event())
        assert "forgotten" not in asked

    def test_whose_plan_is_stored_is_not_carried_out(self, world: World) -> None:
        """A worker stored it and died; the person was forgotten before anybody took it on."""
        world.planner = lambda _event: a_plan(an_email_task())
        world.crm.fail_next("create_tasks", SystemExit())
        with pytest.raises(SystemExit):
            world.run_one(an_event())
        world.ledger.forget([CONTACT], now=world.at)
        world.later()
        world.run_one(an_event())
        assert not world.crm.tasks


class TestAnSmsAboutToGo:
    def test_does_not_go_once_the_person_is_forgotten(self, world: World) -> None:
        """Forgotten after the plan was stored, in the moments before its SMS."""
        world.planner = lambda _event: a_plan(an_sms())
        looks = 0

        def forgets_before_the_second_look(method: str) -> None:
            nonlocal looks
            looks += method == "forgotten"
            if looks == 2:
                looks += 1
                world.ledger.forget([CONTACT], now=world.at)

        world.ledger.before_call = forgets_before_the_second_look
        world.run_one(an_event())
        assert not world.sms.outbox
        [record] = world.ledger.actions.values()
        assert (record.state, record.reason) == ("refused", "kontakten er slettet av personvernhensyn")

    def test_goes_once_though_the_person_is_forgotten_and_hubspot_tells_of_the_call_again(self, world: World) -> None:
        world.run_one(an_event())
        world.ledger.forget([CONTACT], now=world.at)
        world.ledger.erase_traces(CONTACT)
        for later in (timedelta(0), timedelta(hours=21), timedelta(days=61)):
            world.later(later)
            world.run_one(an_event())
        assert len(world.sms.outbox) == 1
