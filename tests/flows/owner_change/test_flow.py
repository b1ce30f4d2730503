"""The takeover as a whole, from what stands in the systems to what stands there afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from kundeflyt.domain.crm import Company, Contact, Work
from kundeflyt.domain.ownership import Means
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import Outcome, TryLater
from kundeflyt.ports.writers import ManagerChange
from tests.flows.desk import COMPANY, CONTACT, FALLBACK, KARI, MONDAY
from tests.flows.owner_change.portal import CARD, LONG_AGO, NUMBER, OLA, QUEUE, SIV, Portal, changed

ANNOUNCED = "Send e-post: ny rådgiver"


@pytest.fixture
def portal() -> Portal:
    return Portal()


class TestATakeover:
    def test_reaches_customer_both_advisers_and_the_card(self, portal: Portal) -> None:
        meeting = Work(kind="meetings", id=51, owner_id=KARI, at=MONDAY + timedelta(days=3), booked_at=LONG_AGO)
        portal.desk.customers.put_work(meeting, COMPANY)
        portal.looks_until_done(portal.event())
        [message] = portal.tasks(ANNOUNCED)
        assert (message.task.owner_id, message.task.contact_id) == (OLA, CONTACT)
        assert "Jeg heter Ola Moe" in message.task.body
        assert portal.tasks("Hold overføringsmøte")[0].task.owner_id == KARI
        assert {made.task.owner_id for made in portal.tasks("Overtakelse av kunde")} == {OLA}
        assert portal.desk.customers.whose("meetings", 51) == OLA
        assert "inviter på nytt" in next(iter(portal.desk.crm.notes.values())).body
        titles = {made.task.title for made in portal.desk.cards.tasks.values()}
        assert titles == {
            "Sett deg som PFA/KAM",
            "Gå gjennom nøkkelinformasjonen",
            "Ta over aktive bestillinger",
            "Last opp dokumenter som mangler",
        }
        [record] = portal.desk.ledger.takeovers.values()
        assert len(record.boxes) == 20

    def test_that_is_told_of_again_and_again_is_made_once(self, portal: Portal) -> None:
        portal.looks()
        made, on_card = len(portal.desk.tasks), len(portal.desk.cards.tasks)
        for round_ in (0, 1, 2):
            portal.looks_until_done(portal.event(round_))
        assert (len(portal.desk.tasks), len(portal.desk.cards.tasks)) == (made, on_card)

    def test_by_the_same_adviser_again_next_year_is_a_new_one(self, portal: Portal) -> None:
        portal.looks()
        back, again = MONDAY + timedelta(days=200), MONDAY + timedelta(days=370)
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(back, KARI), changed(again, OLA))
        portal.desk.at = again + timedelta(minutes=20)
        portal.looks()
        assert len(portal.tasks(ANNOUNCED)) == 2
        assert len(portal.desk.ledger.takeovers) == 2

    def test_by_the_same_adviser_again_within_a_second_is_a_new_one(self, portal: Portal) -> None:
        portal.looks(settle_minutes=0)
        back, again = MONDAY + timedelta(milliseconds=100), MONDAY + timedelta(milliseconds=200)
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(back, KARI), changed(again, OLA))
        portal.looks(settle_minutes=0)
        assert len(portal.tasks(ANNOUNCED)) == 2

    def test_waits_until_the_owner_has_stood_and_asks_for_nothing_else_meanwhile(self, portal: Portal) -> None:
        portal.desk.at = MONDAY + timedelta(minutes=2)
        portal.looks()
        assert not portal.desk.tasks
        assert not portal.desk.crm.asked["owners"]
        assert not portal.desk.cards.asked
        assert [when for _, when in portal.desk.road.wakes.values()] == [MONDAY + timedelta(minutes=15)]

    def test_of_several_changes_is_one_whatever_order_the_history_comes_in(self, portal: Portal) -> None:
        """Kari to Siv to Ola within the wait: Kari's customer has become Ola's."""
        minute = timedelta(minutes=1)
        portal.put_company(changed(MONDAY + minute, OLA), changed(LONG_AGO, KARI), changed(MONDAY, SIV))
        portal.looks()
        [message] = portal.tasks(ANNOUNCED)
        assert "etter Kari Lie" in message.task.body
        assert {made.task.owner_id for made in portal.desk.tasks} == {KARI, OLA}

    def test_that_was_taken_back_within_the_wait_is_none(self, portal: Portal) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(MONDAY + timedelta(minutes=1), KARI))
        portal.looks()
        assert not portal.desk.tasks
        assert portal.desk.because == "Selskapet er tilbake hos den eieren det hadde."

    def test_out_of_a_queue_is_one_from_the_adviser_before_it(self, portal: Portal) -> None:
        """A leaver's customers are parked first and given away later."""
        parked = MONDAY - timedelta(days=3)
        portal.desk.customers.put_work(Work(kind="tasks", id=41, owner_id=KARI, at=MONDAY, booked_at=LONG_AGO), COMPANY)
        portal.put_company(changed(LONG_AGO, KARI), changed(parked, QUEUE), changed(MONDAY, OLA))
        portal.looks()
        assert portal.tasks("Hold overføringsmøte")[0].task.owner_id == KARI
        assert portal.desk.customers.whose("tasks", 41) == OLA

    def test_out_of_a_queue_back_to_the_adviser_before_it_is_none(self, portal: Portal) -> None:
        parked = MONDAY - timedelta(days=3)
        portal.put_company(changed(LONG_AGO, KARI), changed(parked, QUEUE), changed(MONDAY, KARI))
        portal.looks()
        assert not portal.desk.tasks
        assert portal.desk.because == "Selskapet er tilbake hos den eieren det hadde."

    def test_by_the_first_adviser_ever_has_no_predecessor(self, portal: Portal) -> None:
        portal.put_company(changed(MONDAY, OLA))
        portal.looks()
        assert not portal.tasks("Hold overføringsmøte")
        [message] = portal.tasks(ANNOUNCED)
        assert "etter" not in message.task.body.split("\n")[8]

    def test_is_shown_at_once_by_a_shadow_though_it_has_not_settled(self, portal: Portal) -> None:
        """A shadow books no return: it would never show anything else."""
        portal.desk.at = MONDAY + timedelta(minutes=2)
        portal.looks(portal.event(), mode="shadow")
        [stored] = portal.desk.ledger.plans.values()
        assert stored.mode == "shadow"
        assert any(action.name.startswith("ny-radgiver") for action in stored.plan.actions)
        assert not portal.desk.tasks


class TestACustomerThatKnowsAlready:
    @pytest.mark.parametrize("who", [KARI, OLA])
    def test_gets_no_second_message_whichever_adviser_has_written(self, portal: Portal, who: int) -> None:
        """002-17."""
        subject = "Du har fått ny rådgiver hos Avonova"
        portal.desk.customers.put_email(CONTACT, owner_id=who, subject=subject, at=MONDAY - timedelta(days=2))
        portal.looks()
        assert not portal.tasks(ANNOUNCED)
        assert "kunden fikk e-post om det" in portal.tasks("Overtakelse av kunde: gjør")[0].task.body

    def test_is_told_when_the_message_was_long_ago_or_another_ones(self, portal: Portal) -> None:
        subject = "Du har fått ny rådgiver hos Avonova"
        for days, who in ((31, KARI), (2, SIV)):
            portal.desk.customers.put_email(CONTACT, owner_id=who, subject=subject, at=MONDAY - timedelta(days=days))
        portal.looks()
        assert portal.tasks(ANNOUNCED)

    @pytest.mark.parametrize("days_ago", [4, 20])
    def test_of_an_earlier_change_hears_that_the_adviser_is_back(self, portal: Portal, days_ago: int) -> None:
        """Kari to Ola to Kari: what each wrote when taking over told of themself, then."""
        first = MONDAY - timedelta(days=days_ago)
        second = MONDAY - timedelta(days=3)
        portal.put_company(changed(LONG_AGO, SIV), changed(first, KARI), changed(second, OLA), changed(MONDAY, KARI))
        subject = "Du har fått ny rådgiver hos Avonova"
        for who, since in ((KARI, first), (OLA, second)):
            portal.desk.customers.put_email(CONTACT, owner_id=who, subject=subject, at=since + timedelta(hours=2))
        portal.looks()
        [message] = portal.tasks(ANNOUNCED)
        assert "Jeg heter Kari Lie" in message.task.body

    def test_of_an_earlier_change_hears_of_whoever_follows_soon_after(self, portal: Portal) -> None:
        """Ola, who wrote that he was new, had the customer for ten days only."""
        began = MONDAY - timedelta(days=10)
        portal.put_company(changed(LONG_AGO, KARI), changed(began, OLA), changed(MONDAY, SIV))
        subject = "Du har fått ny rådgiver hos Avonova"
        portal.desk.customers.put_email(CONTACT, owner_id=OLA, subject=subject, at=began + timedelta(days=2))
        portal.looks()
        assert portal.tasks(ANNOUNCED)

    def test_from_an_adviser_who_stayed_for_days_hears_no_more_when_they_said_goodbye(self, portal: Portal) -> None:
        began = MONDAY - timedelta(days=10)
        portal.put_company(changed(LONG_AGO, KARI), changed(began, OLA), changed(MONDAY, SIV))
        subject = "Du har fått ny rådgiver hos Avonova"
        portal.desk.customers.put_email(CONTACT, owner_id=OLA, subject=subject, at=MONDAY - timedelta(days=1))
        portal.looks()
        assert not portal.tasks(ANNOUNCED)

    @pytest.mark.parametrize(("days_ago", "knows"), [(300, False), (2, True)])
    def test_is_known_by_a_mark_on_the_company_if_it_was_set_about_this_change(
        self, portal: Portal, days_ago: int, knows: bool
    ) -> None:
        """Nobody takes the mark off: it would keep every later change from the customer."""
        began = MONDAY - timedelta(days=310)
        portal.put_company(changed(LONG_AGO, SIV), changed(began, KARI), changed(MONDAY, OLA))
        [company] = portal.desk.crm.companies([COMPANY]).values()
        marked = {"properties": {"informert": "true"}, "set_at": {"informert": MONDAY - timedelta(days=days_ago)}}
        portal.desk.crm.put(replace(company, **marked))  # type: ignore[arg-type]
        portal.looks(informed_property="informert")
        assert bool(portal.tasks(ANNOUNCED)) != knows


class TestAnOwnerWhoIsRemoved:
    def test_is_seen_by_customer_service_and_the_former_adviser(self, portal: Portal) -> None:
        """001-24, 001-25."""
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, None))
        portal.looks()
        assert Counter(made.task.owner_id for made in portal.desk.tasks) == {FALLBACK: 1, KARI: 1}
        [body] = {made.task.body for made in portal.desk.tasks}
        assert "av Leif Leder" in body
        assert "kl. 10.00" in body
        assert portal.desk.crm.companies([COMPANY])[COMPANY].owner_id is None

    @pytest.mark.parametrize(
        ("means", "said"),
        [
            ("app", "av en app som er koblet til HubSpot"),
            ("import", "av en import"),
            ("workflow", "av en arbeidsflyt i HubSpot"),
            (None, "HubSpot sier ikke av hvem"),
        ],
    )
    def test_by_no_person_says_by_what(self, portal: Portal, means: Means | None, said: str) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, None, None, means))
        portal.looks()
        assert all(said in made.task.body for made in portal.desk.tasks)

    def test_by_a_decision_of_customer_service_is_nobodys_task(self, portal: Portal) -> None:
        """001-25, 001-35: known by the stored decision, also where a person did it."""
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, None))
        portal.decides_inactive(at=MONDAY - timedelta(minutes=11))
        portal.looks()
        assert portal.desk.tasks == []
        [plan] = [stored.plan for stored in portal.desk.ledger.plans.values()]
        assert "CSC vedtok" in plan.because

    def test_before_anybody_has_decided_is_seen(self, portal: Portal) -> None:
        """001-38: a decision afterwards excuses nobody."""
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, None))
        portal.decides_inactive(at=MONDAY + timedelta(minutes=1))
        portal.looks()
        assert len(portal.desk.tasks) == 2

    def test_long_after_a_decision_is_seen_when_somebody_has_been_the_owner_since(self, portal: Portal) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY - timedelta(days=9), OLA), changed(MONDAY, None))
        portal.decides_inactive(at=MONDAY - timedelta(days=30))
        portal.looks()
        assert len(portal.desk.tasks) == 2

    def test_for_a_queue_is_seen_whatever_was_decided(self, portal: Portal) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, QUEUE))
        portal.decides_inactive(at=MONDAY - timedelta(minutes=11))
        portal.looks()
        assert {made.task.subject for made in portal.desk.tasks} == {"Kunden er uten rådgiver"}

    def test_for_a_queue_is_no_takeover_either(self, portal: Portal) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, QUEUE))
        portal.looks()
        assert {made.task.subject for made in portal.desk.tasks} == {"Kunden er uten rådgiver"}


class TestMetodika:
    def test_that_is_silent_holds_nothing_else_up_and_gets_its_tasks_later(self, portal: Portal) -> None:
        portal.desk.cards.fail_next("cards", TryLater("Metodika svarer ikke", after=timedelta(minutes=1)))
        portal.looks_until_done(portal.event())
        assert portal.tasks(ANNOUNCED)
        assert "venter på Metodika" in portal.tasks("Overtakelse av kunde: gjør")[0].task.body
        assert not portal.desk.cards.tasks
        [(again, when)] = portal.desk.road.wakes.values()
        assert timedelta(minutes=15) <= when - portal.desk.at < timedelta(minutes=21)
        portal.desk.at = when
        portal.looks_until_done(again)
        assert len(portal.desk.cards.tasks) == 4
        assert "venter på Metodika" not in portal.tasks("Overtakelse av kunde: gjør")[0].task.body
        assert len(portal.tasks(ANNOUNCED)) == 1

    def test_that_makes_no_tasks_gives_them_to_hubspot_with_the_same_words(self, portal: Portal) -> None:
        portal.desk.cards.missing.add("create_card_tasks")
        portal.looks_until_done(portal.event())
        by_hand = portal.tasks("Metodika: ")
        assert {made.task.subject for made in by_hand} == {
            "Metodika: Sett deg som PFA/KAM",
            "Metodika: Gå gjennom nøkkelinformasjonen",
            "Metodika: Ta over aktive bestillinger",
            "Metodika: Last opp dokumenter som mangler",
        }
        assert not portal.desk.cards.tasks

    def test_sets_the_manager_when_the_rules_say_so(self, portal: Portal) -> None:
        portal.looks_until_done(portal.event(), set_manager="auto")
        manager = portal.desk.cards.by_id[CARD].manager
        assert manager
        assert manager.user_id == "m-ola"

    @pytest.mark.parametrize("stale", [False, True])
    def test_whose_card_changes_each_time_is_a_persons_after_three_tries(self, portal: Portal, stale: bool) -> None:
        """412: read again, decide again, at most three times, also where the card that is read seems unchanged."""
        tried = 0
        real = portal.desk.cards.set_managers

        def after_somebody_else(changes: Sequence[ManagerChange]) -> Sequence[Outcome]:
            nonlocal tried
            tried += 1
            read = portal.desk.cards.by_id[CARD]
            portal.desk.cards.changed_by_somebody(CARD, read.manager)
            outcomes = real(changes)
            if stale:
                portal.desk.cards.by_id[CARD] = read
            return outcomes

        portal.desk.cards.set_managers = after_somebody_else  # type: ignore[method-assign]
        for round_ in range(6):
            portal.looks_until_done(portal.event(round_), set_manager="auto")
        assert tried == 3
        assert [made.task.title for made in portal.desk.cards.tasks.values()].count("Sett deg som PFA/KAM") == 1

    def test_with_two_cards_asks_a_person_to_choose(self, portal: Portal) -> None:
        card = portal.desk.cards.by_id[CARD]
        portal.desk.cards.by_id["K-18"] = replace(card, id="K-18")
        portal.looks()
        [choose] = portal.tasks("Metodika: Velg riktig kundekort")
        assert all(id_ in choose.task.body for id_ in (CARD, "K-18"))
        assert not portal.desk.cards.tasks

    @pytest.mark.parametrize(("number", "says"), [("974760674", "er ikke et gyldig nummer"), (None, "mangler")])
    def test_cannot_be_asked_about_a_number_that_is_none(self, portal: Portal, number: str | None, says: str) -> None:
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), number=number)
        portal.looks()
        assert says in portal.tasks("Metodika: Finn kundekortet")[0].task.body


class TestTheNightlyLook:
    def test_ticks_what_it_sees_and_leaves_a_persons_ticks(self, portal: Portal) -> None:
        portal.looks()
        [checklist] = portal.tasks("Overtakelse av kunde: gjør")
        checklist.task = replace(checklist.task, body=checklist.task.body.replace("☐ 2.", "x 2."))
        portal.desk.cards.orders[CARD] = []
        self.the_next_night(portal)
        lines = checklist.task.body.split("\n")
        assert lines[1].startswith("☑ 2.")
        assert not lines[1].endswith("(sett av systemet)")
        assert lines[6].startswith("☑ 7.")
        assert lines[6].endswith("(sett av systemet)")
        assert not checklist.completed

    def test_completes_a_task_whose_boxes_are_all_done_and_not_before(self, portal: Portal) -> None:
        portal.looks()
        [checklist] = portal.tasks("Overtakelse av kunde: gjør")
        all_but_one = checklist.task.body.replace("☐", "x").replace("x 1.", "☐ 1.")
        checklist.task = replace(checklist.task, body=all_but_one)
        self.the_next_night(portal)
        assert not checklist.completed
        checklist.task = replace(checklist.task, body=checklist.task.body.replace("☐ 1.", "x 1."))
        self.the_next_night(portal, round_=2)
        assert checklist.completed

    def test_leaves_what_the_adviser_has_written_in_the_task(self, portal: Portal) -> None:
        portal.looks()
        [checklist] = portal.tasks("Overtakelse av kunde: gjør")
        first, second, *others = checklist.task.body.split("\n")
        checklist.task = replace(
            checklist.task,
            body="\n".join([first, "Kari er syk til fredag.", f"{second} – lest av Siv", *others, "Ring Anne."]),
        )
        portal.desk.cards.orders[CARD] = []
        for night in (1, 2):
            self.the_next_night(portal, round_=night)
            body = checklist.task.body
            assert body.endswith("\n\nKari er syk til fredag.\nRing Anne.")
            assert body.count("Det du skriver her, blir stående.") == 1
            assert body.split("\n")[1] == f"{second} ✎ – lest av Siv"
            assert "☑ 7." in body

    def test_reads_what_it_wrote_only_where_something_has_changed(self, portal: Portal) -> None:
        portal.looks()
        asked: list[str] = []
        portal.desk.ledger.before_call = asked.append
        self.the_next_night(portal)
        assert "story" not in asked
        portal.desk.cards.orders[CARD] = []
        self.the_next_night(portal, round_=2)
        assert asked.count("story") == 1

    def test_comes_though_the_change_was_told_of_twice(self, portal: Portal) -> None:
        """The other worker came back a moment later, in the round that is the night's too."""
        portal.looks()
        portal.looks_until_done(portal.event(1))
        [checklist] = portal.tasks("Overtakelse av kunde: gjør")
        portal.desk.cards.orders[CARD] = []
        self.the_next_night(portal)
        assert checklist.task.body.split("\n")[6].startswith("☑ 7.")

    @staticmethod
    def the_next_night(portal: Portal, round_: int = 1) -> None:
        portal.desk.at += timedelta(days=1)
        portal.looks_until_done(portal.event(round_))


class TestManyCustomersAtOnce:
    def test_are_read_together(self, portal: Portal) -> None:
        """A leaver's customers cost the calls of one."""
        companies = range(1001, 1051)
        for company_id in companies:
            portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), company_id=company_id, number=None)
            portal.desk.crm.put(
                Contact(id=company_id + 5000, email=f"k{company_id}@example.no"), companies=[company_id]
            )
        portal.looks(*(portal.event(company_id=company_id) for company_id in companies))
        assert len(portal.tasks(ANNOUNCED)) == 50
        reads = {"companies", "contacts_of_companies", "told", "work", "tasks"}
        assert all(portal.desk.customers.asked[name] == 1 for name in reads)
        assert portal.desk.customers.asked["latest"] == 2

    def test_do_not_stop_each_other(self, portal: Portal) -> None:
        portal.desk.crm.put(Company(id=777, owner_id=None))
        gone, other = portal.event(company_id=999), portal.event(company_id=777)
        results = portal.looks(portal.event(), gone, other)
        assert set(results.values()) == {Finished()}
        assert portal.tasks(ANNOUNCED)
        reasons = {stored.event.record_id: stored.plan.because for stored in portal.desk.ledger.plans.values()}
        assert reasons[999] == "Selskapet finnes ikke lenger i HubSpot."
        assert reasons[777] == "Selskapet har aldri hatt en eier."

    def test_wait_together_while_hubspot_is_silent(self, portal: Portal) -> None:
        portal.desk.customers.fail_next("companies", TryLater("HubSpot svarer ikke", after=timedelta(seconds=9)))
        [result] = portal.looks().values()
        assert isinstance(result, Later)
        assert not portal.desk.tasks


def test_the_numbers_of_the_card_and_of_the_company_are_the_same(portal: Portal) -> None:
    """As people write it: with spaces in HubSpot."""
    assert NUMBER.replace(" ", "") == portal.desk.cards.by_id[CARD].organisation_number
