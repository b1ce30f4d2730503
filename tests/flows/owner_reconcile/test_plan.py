"""What is a difference, who is told, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import TryLater
from owner_reconcile import words
from owner_reconcile.case import NAME
from tests.domain.case_situation import decided
from tests.flows.desk import COMPANY, KARI, PER
from tests.flows.owner_reconcile.portal import CSC, LEFT, LONG_AGO, NIGHT, PROPERTY, QUEUE, STRANGER, Portal

OTHER = "Ulik rådgiver i HubSpot og Metodika"


@pytest.fixture
def portal() -> Portal:
    return Portal()


class TestADifference:
    @pytest.mark.parametrize(
        ("owner", "manager", "cards", "told"),
        [
            (KARI, "m-kari", 1, None),
            (None, None, 1, None),
            (LEFT, None, 1, None),
            (KARI, "m-per", 1, (OTHER, KARI)),
            (KARI, "m-somebody", 1, (OTHER, KARI)),
            (KARI, None, 1, ("Kundekortet i Metodika mangler rådgiver", KARI)),
            (None, "m-kari", 1, ("Kunden har rådgiver i Metodika, men ikke i HubSpot", CSC)),
            (LEFT, "m-lars", 1, ("Kunden har rådgiver i Metodika, men ikke i HubSpot", CSC)),
            (QUEUE, "m-per", 1, ("Kunden har rådgiver i Metodika, men ikke i HubSpot", CSC)),
            (KARI, "m-kari", 2, ("Kunden har flere kundekort i Metodika", KARI)),
            (KARI, None, 0, None),
        ],
    )
    def test_is_told_to_whom_it_concerns(
        self,
        portal: Portal,
        owner: int | None,
        manager: str | None,
        cards: int,
        told: tuple[str, int] | None,
    ) -> None:
        portal.customer(1, owner, manager, cards)
        portal.night()
        assert portal.told() == ([told] if told else [])
        assert portal.sweep.ended == "finished"

    def test_is_none_where_customer_service_has_decided_that_the_owner_goes(self, portal: Portal) -> None:
        """001-34, 001-35: the adviser has a task of their own to leave the card."""
        company = portal.customer(1, None, "m-kari")
        case = decided(company_id=company, now=(LONG_AGO - timedelta(minutes=11)))
        portal.desk.cases.cases[case.id] = case
        portal.night()
        assert portal.told() == []
        portal.desk.cases.cases.clear()
        portal.night(days=1)
        assert portal.told() == [("Kunden har rådgiver i Metodika, men ikke i HubSpot", CSC)]

    def test_names_both_advisers_in_the_task_and_nobody_in_the_reason(self, portal: Portal) -> None:
        company = portal.customer(1, KARI, "m-per")
        portal.customer(2, PER, "m-per")
        *_, reason = portal.night()
        assert portal.desk.task.task.company_id == company
        assert "er Kari Lie rådgiver. I Metodika er det Per Lie, siden 01.03.2024." in portal.desk.task.task.body
        assert reason == "2 kunder er sammenlignet: 1 forskjeller, 1 nye, 0 borte."

    def test_is_one_for_an_adviser_whom_metodika_does_not_know(self, portal: Portal) -> None:
        portal.rules = {"page": 2}
        for place in range(1, 6):
            portal.customer(place, STRANGER, "m-kari")
        portal.night()
        portal.night(days=1)
        assert portal.told() == [("Rådgiver mangler bruker i Metodika", CSC)]
        assert portal.desk.notes.counted["CustomersOfUnknownUsers"] == 10

    def test_of_an_unknown_adviser_goes_when_metodika_knows_them(self, portal: Portal) -> None:
        portal.customer(1, STRANGER, "m-siv")
        portal.night()
        portal.desk.cards.people["siv@avonova.example"] = portal.desk.cards.people["kari@avonova.example"]
        portal.manager_becomes(1, "m-kari")
        portal.night(days=1)
        assert portal.desk.task.completed

    def test_of_who_is_no_customer_for_sure_is_not_told(self, portal: Portal) -> None:
        portal.customer(1, cards=0)
        portal.night()
        assert not portal.desk.tasks
        assert portal.desk.notes.counted == {"CustomersNotComparable": 1}

    def test_of_a_sure_customer_without_card_or_number_is_told(self, portal: Portal) -> None:
        portal.rules = {"customer_property": "stage", "customer_values": ["customer"]}
        for place, stage, digits in ((1, "customer", True), (2, "customer", False), (3, "lead", True)):
            id_ = portal.customer(place, cards=0)
            company = portal.desk.crm.all_companies()[id_]
            properties = {"stage": stage} | (dict(company.properties) if digits else {PROPERTY: "12"})
            portal.desk.crm.put(type(company)(id=id_, owner_id=KARI, country="Norge", properties=properties))
        portal.night()
        assert portal.told() == [
            ("Kunden har ikke kundekort i Metodika", KARI),
            ("Kunden mangler gyldig organisasjonsnummer", KARI),
        ]

    def test_without_anybody_to_tell_is_known_to_operations(self, portal: Portal) -> None:
        portal.desk.common = portal.desk.common.model_copy(update={"fallback_owner_id": None})
        portal.customer(1, None, "m-kari")
        portal.night()
        assert words.NO_CSC_OWNER in portal.desk.notes.names
        assert portal.desk.task.task.owner_id is None

    def test_is_looked_at_as_it_is_now_and_not_as_it_was_listed(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """HubSpot's search may be some moments old."""
        company = portal.customer(1, KARI, "m-per")
        stale = portal.desk.customers.listed(0, limit=9, having=PROPERTY, values=(), properties=[PROPERTY])
        portal.owner_becomes(company, PER)
        monkeypatch.setattr(portal.desk.customers, "listed", lambda *_args, **_more: stale)
        portal.night()
        assert not portal.desk.tasks
        assert portal.desk.notes.counted["CustomersCompared"] == 1


class TestToldOnce:
    def test_the_same_difference_makes_no_new_task_also_when_somebody_has_finished_it(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.night(days=1)
        portal.desk.crm.complete(portal.desk.task.id)
        portal.night(days=1)
        assert len(portal.desk.tasks) == 1
        assert portal.desk.notes.counted["DiffersOtherManager"] == 3

    def test_what_has_gone_completes_the_task_and_says_so(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.manager_becomes(1, "m-kari")
        portal.night(days=1)
        assert portal.desk.task.completed
        assert portal.desk.task.task.body.startswith(words.GONE)
        assert not portal.desk.ledger.standing

    def test_another_difference_takes_the_place_of_the_old_one(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.manager_becomes(1, None)
        portal.night(days=1)
        old, new = portal.desk.tasks
        assert (old.completed, old.task.body.startswith(words.CHANGED), new.completed) == (True, True, False)

    def test_a_difference_that_comes_back_is_a_new_one(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.manager_becomes(1, "m-kari")
        portal.night(days=1)
        portal.manager_becomes(1, "m-per")
        portal.night(days=1)
        assert [task.completed for task in portal.desk.tasks] == [True, False]

    def test_a_task_that_a_person_has_thrown_away_stays_away(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.desk.crm.tasks.clear()
        portal.night(days=1)
        assert not portal.desk.tasks

    @pytest.mark.parametrize("place", [1, 3])
    def test_a_company_that_is_gone_has_no_difference(self, portal: Portal, place: int) -> None:
        portal.rules = {"page": 2}
        for each in range(1, 4):
            portal.customer(each, KARI, "m-per" if each == place else "m-kari")
        portal.night()
        portal.desk.crm.remove_company(1000 + place)
        portal.night(days=1)
        assert portal.desk.task.completed

    def test_a_company_that_the_list_leaves_out_for_a_moment_keeps_its_task(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        monkeypatch.setattr(portal.desk.customers, "listed", lambda *_args, **_more: [])
        portal.night(days=1)
        assert len(portal.open_tasks) == 1
        assert portal.desk.ledger.standing

    def test_a_company_that_is_no_customer_any_more_has_no_difference(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.night()
        portal.rules = {"customer_property": "stage", "customer_values": ["customer"]}
        portal.night(days=1)
        assert portal.desk.task.completed

    def test_a_refused_task_is_tried_again_the_next_night(self, portal: Portal) -> None:
        from kundeflyt.ports.failures import Refused

        portal.customer(1, KARI, "m-per")
        portal.desk.crm.fail_next("create_tasks", Refused("eieren finnes ikke"))
        portal.night()
        assert not portal.desk.ledger.standing
        portal.night(days=1)
        assert len(portal.open_tasks) == 1


class TestATakeover:
    def test_of_the_last_days_is_left_to_its_own_flow(self, portal: Portal) -> None:
        company = portal.customer(1, KARI, "m-per")
        portal.owner_becomes(company, KARI, at=NIGHT - timedelta(days=6))
        portal.night()
        assert not portal.desk.tasks
        assert portal.desk.notes.counted == {"CustomersCompared": 1, "CustomersInGrace": 1}
        portal.night(days=2)
        assert len(portal.open_tasks) == 1

    def test_ends_what_was_told_before(self, portal: Portal) -> None:
        company = portal.customer(1, KARI, "m-per")
        portal.night()
        portal.owner_becomes(company, LEFT, at=NIGHT + timedelta(hours=12))
        portal.night(days=1)
        assert portal.desk.task.task.body.startswith(words.TAKEN_OVER)
        assert portal.desk.task.completed


class TestTheBrake:
    def test_stops_the_flow_before_a_mistake_reaches_everybody(self, portal: Portal) -> None:
        portal.rules = {"page": 10, "tasks_per_night": 12}
        for place in range(1, 41):
            portal.customer(place, KARI, "m-per")
        portal.night()
        assert len(portal.desk.tasks) == 10
        assert portal.desk.ledger.stopped(NAME) == words.TOO_MANY.format(limit=12)
        assert len(portal.desk.ledger.held(NAME)) == 1
        assert "BlastGuardTripped" in portal.desk.notes.names

    def test_released_with_a_higher_number_goes_on_where_it_was(self, portal: Portal) -> None:
        portal.rules = {"page": 10, "tasks_per_night": 12}
        for place in range(1, 41):
            portal.customer(place, KARI, "m-per")
        portal.night()
        [held] = portal.desk.ledger.held(NAME)
        portal.desk.ledger.resume_flow(NAME)
        portal.rules["tasks_per_night"] = 100
        event = held.event.next_round()
        while True:
            portal.hears(event)
            following = portal.next_of(event)
            if following is None:
                break
            event = following
        assert len(portal.desk.tasks) == 40
        assert portal.sweep.ended == "finished"

    def test_does_not_count_those_who_were_told_before(self, portal: Portal) -> None:
        portal.rules = {"page": 10, "tasks_per_night": 20}
        for place in range(1, 21):
            portal.customer(place, KARI, "m-per")
        portal.night()
        portal.night(days=1)
        assert portal.sweep.ended == "finished"

    def test_a_page_with_much_to_do_ends_early_and_goes_on_there(self, portal: Portal) -> None:
        portal.rules = {"page": 400, "tasks_per_night": 500}
        for place in range(1, 131):
            portal.customer(place, KARI, "m-per")
        reasons = portal.night()
        assert len(portal.desk.tasks) == 130
        assert len({task.task.company_id for task in portal.desk.tasks}) == 130
        assert len(reasons) == 4


class TestTheNight:
    def test_without_customers_is_finished_at_once(self, portal: Portal) -> None:
        assert portal.night() == [words.BEGUN, words.PAGE.format(compared=0, found=0, new=0, gone=0)]
        assert portal.sweep.ended == "finished"

    def test_that_falls_twice_is_one_night(self, portal: Portal) -> None:
        portal.customer(1)
        event = portal.event()
        for _ in range(2):
            portal.hears(event)
        following = portal.next_of(event)
        assert following
        for _ in range(3):
            assert portal.hears(following) == Finished()
        assert portal.desk.because == words.ENDED
        assert portal.desk.notes.counted == {"CustomersCompared": 1}

    def test_does_not_begin_a_second_sweep_while_one_is_running(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.hears(portal.event())
        portal.hears(portal.event("by-hand"))
        assert portal.desk.because == words.BUSY
        assert portal.sweep.subject.startswith(f"{portal.event().portal_id}/owner-reconcile")

    def test_takes_over_from_one_that_never_came_to_its_end(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        portal.hears(portal.event())
        portal.night(days=1)
        assert portal.sweep.ended == "finished"
        assert len(portal.desk.tasks) == 1

    def test_asks_again_for_a_page_that_nobody_asked_for(self, portal: Portal) -> None:
        """A worker died between the page's end and asking for the next one."""
        portal.rules = {"page": 1}
        for place in range(1, 4):
            portal.customer(place, KARI, "m-per")
        event = portal.event()
        portal.desk.road.failure = TryLater("SQS is silent")
        assert isinstance(portal.hears(event), Later)
        portal.desk.road.failure = None
        portal.hears(event)
        assert portal.desk.because == words.GOES_ON
        assert portal.next_of(event)

    def test_reads_nothing_for_a_delivery_that_comes_late(self, portal: Portal) -> None:
        portal.rules = {"page": 1}
        for place in range(1, 4):
            portal.customer(place)
        portal.night(before=lambda event: [portal.hears(portal.event(event.about))].clear())
        listed = portal.desk.customers.asked["listed"]
        assert listed == 4

    def test_ends_in_the_morning_and_says_how_far_it_came(self, portal: Portal) -> None:
        portal.rules = {"page": 1}
        for place in range(1, 4):
            portal.customer(place)
        event = portal.event()
        portal.hears(event)
        following = portal.next_of(event)
        assert following
        portal.hears(following)
        last = portal.next_of(following)
        assert last
        portal.desk.at = NIGHT + timedelta(hours=6)
        portal.hears(last)
        assert portal.desk.because == words.OVER.format(compared=1)
        assert portal.sweep.ended == "abandoned"
        assert (
            portal.desk.notes.heard[-1][0],
            portal.desk.notes.heard[-1][1]["CustomersCompared"],
        ) == ("SweepAbandoned", 1)

    def test_is_not_begun_by_day(self, portal: Portal) -> None:
        event = portal.event(at=NIGHT)
        portal.desk.at = NIGHT + timedelta(hours=7)
        portal.hears(event)
        assert portal.desk.because == words.LATE

    def test_in_the_morning_finishes_a_page_whose_task_nobody_remembers(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        event = portal.event()
        portal.hears(event)
        following = portal.next_of(event)
        assert following

        def dies(method: str) -> None:
            if method == "note_difference":
                raise TryLater("the store is silent")

        portal.desk.ledger.before_call = dies
        assert isinstance(portal.hears(following), Later)
        portal.desk.ledger.before_call = lambda _method: None
        portal.desk.at = NIGHT + timedelta(hours=6)
        portal.hears(following)
        assert len(portal.desk.ledger.standing) == 1
        portal.night(days=1)
        assert len(portal.desk.tasks) == 1


class TestMetodika:
    @pytest.mark.parametrize("method", ["cards", "users"])
    def test_that_does_not_tell_managers_ends_the_sweep_with_one_notice(self, portal: Portal, method: str) -> None:
        portal.customer(1, KARI, "m-per")
        portal.desk.cards.missing.add(method)
        *_, reason = portal.night()
        assert reason == words.NOT_OFFERED
        assert portal.desk.notes.names == ["SweepImpossible"]
        assert not portal.desk.tasks

    def test_that_is_down_makes_the_page_wait(self, portal: Portal) -> None:
        portal.customer(1, KARI, "m-per")
        event = portal.event()
        portal.hears(event)
        following = portal.next_of(event)
        assert following
        portal.desk.cards.fail_next("cards", TryLater("Metodika is down"))
        assert isinstance(portal.hears(following), Later)
        portal.hears(following)
        assert len(portal.open_tasks) == 1


class TestATrial:
    @pytest.mark.parametrize("trial", ["shadow", "pilot"])
    def test_goes_through_everybody_and_makes_no_task(self, portal: Portal, trial: str) -> None:
        portal.rules = {"page": 2}
        if trial == "shadow":
            portal.rules["mode"] = "shadow"
        else:
            portal.desk.common = portal.desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({KARI}))})
        for place in range(1, 6):
            portal.customer(place, KARI, "m-per")
        portal.night()
        assert not portal.desk.tasks
        assert portal.sweep.counts["DiffersOtherManager"] == 5
        assert portal.sweep.ended == "finished"


def test_nobody_is_left_over_from_the_desk() -> None:
    assert COMPANY not in Portal().desk.crm.all_companies()
