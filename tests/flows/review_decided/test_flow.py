"""What follows from a decision, on a customer in all systems."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from kundeflyt.domain import cases
from kundeflyt.domain.cards import CardUser
from kundeflyt.domain.crm import Company
from kundeflyt.domain.events import CUSTOMER_BECAME_INACTIVE
from kundeflyt.domain.review import Entry, EntryWhat
from kundeflyt.domain.rules import Pilot
from kundeflyt.engine.case_people import follow_merge
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.engine.people import Stores, export_person, find_person, forget_person
from kundeflyt.ports.failures import Refused, TryLater
from tests.domain.case_situation import (
    ADVISER,
    COMPANY,
    CONTACT,
    NOW,
    RULES,
    UNA,
    an_open_case,
    claimed_by,
    decided,
    later,
)
from tests.flows.desk import PORTAL
from tests.flows.dying import dies_before_telling
from tests.flows.review_decided.portal import CARD, CSC, OLA, STATUS, UNDO_IS_OVER, Portal


def cannot_save(method: str) -> None:
    if method == "save":
        raise TryLater("DynamoDB svarer ikke")


@pytest.fixture
def portal() -> Portal:
    return Portal()


class TestAnInactiveCustomer:
    def test_is_marked_and_loses_its_owner_and_the_case_is_closed(self, portal: Portal) -> None:
        """001-16, 001-35, 001-43."""
        portal.does()
        company = portal.desk.crm.companies([COMPANY], properties=STATUS)[COMPANY]
        assert company.owner_id is None
        assert STATUS.items() <= company.properties.items()
        assert portal.case.state == "effected"

    def test_is_the_advisers_own_to_leave_in_metodika(self, portal: Portal) -> None:
        """001-34: by hand, as the routine says."""
        portal.does()
        [made] = portal.desk.cards.tasks.values()
        assert (made.task.assignee_id, made.task.card_id) == ("m-kari", CARD)
        assert made.task.title == "Fjern deg som PFA/KAM"
        assert portal.desk.cards.by_id[CARD].manager
        assert portal.tasks() == []

    def test_is_documented_on_the_timeline_with_the_reason_and_the_evidence(self, portal: Portal) -> None:
        portal.does()
        [note] = portal.desk.crm.notes.values()
        assert note.company_id == COMPANY
        assert "CSC har avgjort at kunden er inaktiv" in note.body
        assert "Begrunnelse: Ingen svar siden juni." in note.body
        assert "1 e-poster og 1 telefonforsøk" in note.body

    def test_enters_the_programme_once(self, portal: Portal) -> None:
        portal.does()
        portal.does(portal.event(round_=1))
        [told] = portal.desk.announcer.told
        assert (told.name, told.record_id, told.about) == (CUSTOMER_BECAME_INACTIVE, COMPANY, portal.id)

    def test_is_told_of_once_however_often_the_event_comes(self, portal: Portal) -> None:
        for round_ in (0, 0, 1, 2):
            portal.does(portal.event(round_=round_))
        assert len(portal.desk.crm.notes) == 1
        assert len(portal.desk.cards.tasks) == 1
        assert len(portal.desk.announcer.told) == 1

    def test_keeps_its_owner_for_ever_without_a_decision_that_is_stored(self, portal: Portal) -> None:
        """Whatever an event says, the case has the word (001-24)."""
        for case in (an_open_case(), claimed_by(UNA), cases.withdraw(decided(), later(minutes=1), because="x")[0]):
            at = Portal(case)
            at.does()
            assert at.owner == ADVISER
            assert at.desk.crm.outbox == []


def reply(*, at: datetime, id_: str = "701", what: EntryWhat = "email_in") -> Entry:
    return Entry(what=what, record="emails", id=id_, at=at)


class TestACustomerWhoIsHeardFromInTime:
    """No webhook need have told of it: HubSpot is asked before anything follows (001-21, 001-28)."""

    @pytest.mark.parametrize("after", [timedelta(minutes=5), -timedelta(days=2), -timedelta(days=130)])
    def test_does_not_become_inactive(self, portal: Portal, after: timedelta) -> None:
        """Between the decision and its effects, on its way while somebody decided, or logged long after it came."""
        portal.desk.sequences.put_trace(COMPANY, reply(at=NOW + after))
        portal.does()
        assert (portal.owner, portal.case.state) == (ADVISER, "withdrawn")
        assert portal.case.withdrawn_because
        assert "(emails/701), og det var ikke med i grunnlaget" in portal.case.withdrawn_because
        assert (portal.desk.crm.outbox, portal.desk.announcer.told, portal.desk.crm.notes) == ([], [], {})
        assert portal.tasks() == []
        assert "Kunden er hørt fra" in portal.because()[-1]

    def test_is_customer_services_when_nobody_has_them_in_hand(self, portal: Portal) -> None:
        portal.adviser_leaves()
        portal.desk.sequences.put_trace(COMPANY, reply(at=NOW))
        portal.does()
        portal.does()
        [made] = portal.tasks("Vedtaket om inaktiv kunde ble ikke utført")
        assert made.task.owner_id == CSC
        assert "?engagement=701" in made.task.body

    def test_is_heard_also_when_the_plan_was_stored_before_and_nothing_has_followed(self, portal: Portal) -> None:
        """The worker died, and the message came back from the dead letters days later."""
        event = portal.event()
        portal.desk.cases.before_call = cannot_save
        portal.hears(event)
        portal.desk.cases.before_call = lambda _method: None
        portal.desk.sequences.put_trace(COMPANY, reply(at=later(days=1)))
        portal.desk.at = later(days=3)
        portal.does(event)
        assert (portal.owner, portal.case.state) == (ADVISER, "withdrawn")

    def test_was_decided_about_all_the_same_when_the_case_shows_the_reply(self, portal: Portal) -> None:
        """Customer service has seen it, and has the word (001-26)."""
        told = reply(at=NOW - timedelta(days=1))
        evidence = portal.case.evidence[-1]
        weighed = evidence.model_copy(update={"entries": (*evidence.entries, told)})
        portal.keep(portal.case.model_copy(update={"evidence": (weighed,)}))
        portal.desk.sequences.put_trace(COMPANY, told)
        portal.does()
        assert (portal.owner, portal.case.state) == (None, "effected")

    @pytest.mark.parametrize("what", ["email_out", "sequence_email", "call_out"])
    def test_was_not_when_it_was_us(self, portal: Portal, what: EntryWhat) -> None:
        """A logged call is no sign of life (001-22)."""
        portal.desk.sequences.put_trace(COMPANY, reply(at=NOW, what=what))
        portal.does()
        assert portal.case.state == "effected"

    def test_before_the_case_was_opened_again_is_no_news(self, portal: Portal) -> None:
        portal.desk.sequences.put_trace(COMPANY, reply(at=NOW + timedelta(minutes=2)))
        portal.does()
        reopened, audit = cases.reopen(portal.case, UNA, later(days=1), RULES, reason="Var et automatisk svar.")
        portal.desk.cases.audits[portal.id].append(audit)
        claimed = cases.claim(reopened, UNA, later(days=1), RULES)[0]
        portal.keep(cases.decide(claimed, UNA, later(days=1), RULES, what="inactive", reason="Fraværsmelding.")[0])
        portal.desk.at = later(days=1, minutes=11)
        portal.does()
        assert (portal.owner, portal.case.state) == (None, "effected")

    def test_and_is_to_be_kept_gets_the_feedback(self) -> None:
        portal = Portal(decided("keep"))
        portal.desk.sequences.put_trace(COMPANY, reply(at=NOW))
        portal.does()
        assert portal.tasks("Følg opp kunden videre")

    def test_is_waited_for_while_hubspot_is_silent(self, portal: Portal) -> None:
        portal.desk.sequences.fail_next("traces", TryLater("HubSpot svarer ikke"))
        event = portal.event()
        assert isinstance(portal.hears(event)[event], Later)
        assert portal.case.state == "decided"


class TestACustomerWhoIsHandedOnInTime:
    def test_does_not_become_inactive_and_is_customer_services_to_look_at(self, portal: Portal) -> None:
        """Somebody gave them to Ola after it was decided: two people want two things."""
        portal.handed_to(OLA, at=NOW + timedelta(minutes=4))
        portal.does()
        portal.does()
        assert (portal.owner, portal.case.state) == (OLA, "withdrawn")
        [made] = portal.tasks()
        assert (made.task.owner_id, made.task.subject) == (CSC, "Vedtaket om inaktiv kunde ble ikke utført")
        assert portal.desk.announcer.told == []

    def test_before_the_decision_is_taken_from_whoever_has_them(self, portal: Portal) -> None:
        portal.handed_to(OLA, at=NOW - timedelta(minutes=4))
        portal.does()
        assert (portal.owner, portal.case.state) == (None, "effected")

    def test_while_it_was_carried_out_keeps_the_new_adviser(self, portal: Portal) -> None:
        """HubSpot fell silent before the owner was cleared, for an hour."""
        event = portal.event()
        portal.desk.crm.fail_next("update_companies", TryLater("HubSpot svarer ikke"))
        portal.hears(event, inactive_properties={})
        portal.handed_to(OLA, at=NOW + timedelta(minutes=30))
        portal.desk.at = NOW + timedelta(minutes=70)
        portal.does(event, inactive_properties={})
        assert (portal.owner, portal.case.state) == (OLA, "effected")
        [made] = portal.tasks("Fjern eieren av inaktiv kunde for hånd")
        assert made.task.owner_id == CSC


class TestMetodikaThatCannot:
    @pytest.mark.parametrize("missing", ["cards", "users", "create_card_tasks"])
    def test_take_a_task_gives_it_to_the_adviser_in_hubspot_with_the_same_words(
        self, portal: Portal, missing: str
    ) -> None:
        portal.desk.cards.missing.add(missing)
        portal.does()
        [made] = portal.tasks("Metodika: Fjern deg som PFA/KAM")
        assert made.task.owner_id == ADVISER
        assert "Fjern deg som PFA/KAM på kundekortet" in made.task.body
        assert portal.case.state == "effected"

    def test_answer_holds_nothing_up(self, portal: Portal) -> None:
        portal.desk.cards.fail_next("cards", TryLater("Metodika svarer ikke"))
        portal.does()
        assert portal.tasks("Metodika: Fjern deg som PFA/KAM")
        assert portal.owner is None

    def test_know_the_adviser_makes_it_a_task_in_hubspot(self, portal: Portal) -> None:
        portal.desk.cards.people["kari@avonova.example"] = CardUser(id="m-kari", active=False)
        portal.does()
        assert portal.desk.cards.tasks == {}
        assert portal.tasks("Metodika: Fjern deg som PFA/KAM")

    def test_be_left_by_whoever_has_left_us_is_customer_services_task(self, portal: Portal) -> None:
        portal.adviser_leaves()
        portal.does()
        [made] = portal.tasks("Metodika: ")
        assert made.task.owner_id == CSC


class TestHubspotThatRefuses:
    def test_the_owner_to_be_cleared_is_customer_services_task(self, portal: Portal) -> None:
        portal.desk.crm.fail_next("update_companies", Refused("egenskapen finnes ikke"))
        portal.desk.crm.fail_next("update_companies", Refused("ingen tilgang"))
        portal.does()
        subjects = Counter(made.task.subject for made in portal.tasks() if made.task.owner_id == CSC)
        assert subjects == {
            "Sett status på inaktiv kunde for hånd": 1,
            "Fjern eieren av inaktiv kunde for hånd": 1,
        }
        assert portal.case.state == "effected"

    def test_to_answer_makes_it_later_and_nothing_twice(self, portal: Portal) -> None:
        """Everything but the owner is done, then HubSpot is silent for a while."""
        portal.desk.crm.fail_next("update_companies", TryLater("HubSpot svarer ikke"), times=1)
        event = portal.event()
        assert isinstance(portal.hears(event)[event], Later)
        assert not portal.case.closed
        portal.does(event)
        assert portal.case.state == "effected"
        assert len(portal.desk.crm.notes) == 1


class TestACustomerThatIsKept:
    def test_stays_with_its_adviser_who_hears_all_that_customer_service_says(self) -> None:
        """001-27, 001-41."""
        said = "Dere har et AMU-møte i mai.\nRing før påske, og spør om helsekontroll."
        portal = Portal(decided("keep", reason="Møte er avtalt.", feedback=said))
        portal.does()
        [made] = portal.tasks()
        assert made.task.owner_id == ADVISER
        assert said in made.task.body
        assert portal.owner == ADVISER
        assert portal.case.state == "effected"
        assert portal.desk.announcer.told == []
        [note] = portal.desk.crm.notes.values()
        assert "fortsatt skal følges opp" in note.body

    def test_whose_adviser_has_left_is_customer_services(self) -> None:
        portal = Portal(decided("keep"))
        portal.adviser_leaves()
        portal.does()
        [made] = portal.tasks()
        assert made.task.owner_id == CSC


class TestACaseThatNeedsMore:
    @pytest.fixture
    def asked(self) -> Portal:
        portal = Portal(decided("needs_more", reason="Hvem er hovedkontakt nå?", asked=OLA))
        portal.does()
        return portal

    def test_waits_for_whoever_is_asked(self, asked: Portal) -> None:
        [made] = asked.tasks("Svar CSC")
        assert made.task.owner_id == OLA
        assert "Hvem er hovedkontakt nå?" in made.task.body
        assert asked.case.state == "waiting"
        assert asked.case.waiting_for
        assert (asked.case.waiting_for.task_id, asked.case.waiting_for.until) == (made.id, made.task.due)
        assert asked.owner == ADVISER

    def test_goes_on_waiting_while_the_task_is_open(self, asked: Portal) -> None:
        asked.desk.at = later(days=2)
        asked.does()
        assert asked.case.state == "waiting"
        assert "venter fortsatt" in asked.because()[-1]

    def test_comes_back_when_the_task_is_done(self, asked: Portal) -> None:
        [made] = asked.tasks("Svar CSC")
        asked.desk.at = later(days=2)
        asked.does()
        asked.desk.crm.complete(made.id)
        asked.does()
        assert asked.case.state == "open"
        assert asked.desk.cases.audit(asked.id)[-1].note == "Den som ble spurt, er ferdig med oppgaven."

    def test_comes_back_when_the_task_was_thrown_away(self, asked: Portal) -> None:
        asked.desk.crm.tasks.clear()
        asked.does()
        assert asked.case.state == "open"

    def test_comes_back_when_the_time_is_over(self, asked: Portal) -> None:
        asked.desk.at = later(days=15)
        asked.does()
        assert asked.case.state == "open"
        assert "ute" in asked.desk.cases.audit(asked.id)[-1].note

    def test_asks_the_adviser_when_whoever_was_asked_has_left(self) -> None:
        portal = Portal(decided("needs_more", asked=77))
        portal.does()
        [made] = portal.tasks("Svar CSC")
        assert made.task.owner_id == ADVISER

    def test_may_be_decided_again_after_it_has_come_back(self, asked: Portal) -> None:
        asked.desk.at = later(days=15)
        asked.does()
        again = cases.claim(asked.case, UNA, later(days=15), RULES)[0]
        asked.keep(cases.decide(again, UNA, later(days=15), RULES, what="inactive", reason="Ingen vet.")[0])
        asked.desk.at = later(days=15, minutes=11)
        asked.does()
        assert asked.owner is None
        assert asked.case.state == "effected"


class TestADecisionThatCanBeUndone:
    def test_has_no_effect_yet_and_is_looked_at_when_it_no_longer_can(self, portal: Portal) -> None:
        portal.desk.at = NOW + timedelta(seconds=3)
        portal.does()
        assert portal.desk.crm.outbox == []
        [(again, when)] = portal.desk.road.wakes.values()
        assert when == UNDO_IS_OVER
        portal.desk.at = when
        portal.does(again)
        assert portal.owner is None

    def test_and_was_undone_is_nothing_with_its_reason(self, portal: Portal) -> None:
        portal.desk.at = NOW + timedelta(seconds=3)
        portal.does()
        portal.undoes()
        [(again, when)] = portal.desk.road.wakes.values()
        portal.desk.at = when
        portal.does(again)
        assert portal.owner == ADVISER
        assert portal.desk.crm.outbox == []
        assert portal.case.state == "claimed"
        assert "angret" in portal.because()[-1]

    def test_and_was_undone_between_the_plan_and_its_effects_is_nothing(self, portal: Portal) -> None:
        """The last moment: undoing and beginning meet at the case's version."""
        before = portal.desk.cases.before_call

        def undone_first(method: str) -> None:
            if method == "save" and portal.case.state == "decided":
                portal.desk.cases.before_call = before
                portal.keep(cases.undo(portal.case, UNA, NOW + timedelta(minutes=9), RULES)[0])

        portal.desk.cases.before_call = undone_first
        portal.does()
        assert portal.owner == ADVISER
        assert portal.desk.crm.outbox == []
        assert portal.desk.announcer.told == []
        assert portal.case.state == "claimed"

    def test_is_the_last_one_after_it_was_decided_anew(self, portal: Portal) -> None:
        portal.undoes()
        kept = cases.decide(portal.case, UNA, NOW + timedelta(minutes=6), RULES, what="keep", reason="Svarte meg.")
        portal.keep(kept[0])
        portal.does()
        assert portal.desk.crm.outbox == []
        portal.desk.at = NOW + timedelta(minutes=17)
        portal.does(portal.event(round_=1))
        assert portal.owner == ADVISER
        assert portal.tasks("Følg opp kunden videre")


class TestACaseThatWasReopened:
    def test_is_nothing_to_a_late_event(self, portal: Portal) -> None:
        portal.does()
        portal.keep(cases.reopen(portal.case, UNA, later(days=1), RULES, reason="Feil selskap.")[0])
        portal.desk.at = later(days=1)
        portal.does(portal.event(round_=3))
        assert portal.case.state == "open"
        assert len(portal.desk.crm.notes) == 1

    def test_may_be_decided_again_with_effects_of_its_own(self, portal: Portal) -> None:
        portal.does()
        reopened = cases.reopen(portal.case, UNA, later(days=1), RULES, reason="Feil selskap.")[0]
        claimed = cases.claim(reopened, UNA, later(days=1), RULES)[0]
        portal.keep(cases.decide(claimed, UNA, later(days=1), RULES, what="keep", reason="Riktig kunde.")[0])
        portal.desk.at = later(days=1, minutes=11)
        portal.does()
        assert portal.tasks("Følg opp kunden videre")
        assert len(portal.desk.crm.notes) == 2


class TestACaseWithoutACustomer:
    def test_that_was_merged_is_about_the_record_that_survives(self, portal: Portal) -> None:
        portal.desk.crm.put(Company(id=COMPANY + 1, owner_id=ADVISER, country="Norge"))
        portal.desk.ledger.note_merge("company", COMPANY, into=COMPANY + 1, now=NOW)
        portal.does()
        assert portal.desk.crm.companies([COMPANY + 1])[COMPANY + 1].owner_id is None
        assert portal.owner == ADVISER

    def test_that_is_merged_while_it_is_carried_out_has_its_effects_once(self, portal: Portal) -> None:
        """The worker dies after the note; the case has another company when the next one goes on."""
        portal.desk.crm.put(Company(id=COMPANY + 1, owner_id=ADVISER, country="Norge"))
        portal.desk.crm.fail_next("update_companies", SystemExit())
        with pytest.raises(SystemExit):
            portal.does(inactive_properties={})
        portal.desk.ledger.note_merge("company", COMPANY, into=COMPANY + 1, now=NOW)
        portal.desk.ledger.move_history("company", COMPANY, into=COMPANY + 1)
        follow_merge("company", COMPANY, COMPANY + 1, portal.desk.cases, portal.desk.at)
        portal.desk.at += timedelta(minutes=2)
        portal.does(inactive_properties={})
        assert portal.desk.crm.companies([COMPANY + 1])[COMPANY + 1].owner_id is None
        assert (len(portal.desk.crm.notes), portal.case.state) == (1, "effected")
        assert portal.case.inactive
        portal.does(portal.event(round_=1, company_id=COMPANY + 1), inactive_properties={})
        assert len(portal.desk.crm.notes) == 1

    def test_that_names_somebody_who_is_forgotten_meanwhile_goes_on_without_their_words(self) -> None:
        case = decided("keep", reason="Anne vil.", feedback="Ring Anne i mai.")
        portal = Portal(case.model_copy(update={"portal_id": PORTAL}))
        portal.desk.cases.led.add((CONTACT, portal.id))
        portal.desk.crm.fail_next("log_notes", SystemExit())
        with pytest.raises(SystemExit):
            portal.does()
        desk = portal.desk
        stores = Stores(
            ledger=desk.ledger,
            cases=desk.cases,
            inbox=desk.inbox,
            inspection=desk.inspection,
            number_hashes=lambda _: (),
        )
        [held] = export_person(find_person([CONTACT], stores, country="NO"), desk.ledger)["review_cases"]
        assert held["decision"]["feedback"] == "Ring Anne i mai."
        forget_person([CONTACT], stores, country="NO", now=desk.at)
        desk.at += timedelta(minutes=2)
        portal.does()
        assert len(portal.tasks("Følg opp kunden videre")) == 1
        assert "slettet av personvernhensyn" in "".join(note.body for note in desk.crm.notes.values())
        assert portal.case.state == "effected"
        assert "Anne" not in desk.stored + portal.case.model_dump_json()

    def test_that_is_gone_is_closed_with_its_reason(self) -> None:
        portal = Portal(decided(company_id=424242))
        portal.does()
        assert portal.case.state == "effected"
        assert "finnes ikke lenger i HubSpot" in portal.because()[-1]
        assert portal.desk.crm.outbox == []

    def test_that_nobody_knows_is_nothing_with_its_reason(self, portal: Portal) -> None:
        portal.desk.cases.cases.clear()
        portal.does()
        assert portal.because() == ["Saken finnes ikke."]


class TestTheNight:
    def test_brings_back_a_decision_whose_event_was_lost(self, portal: Portal) -> None:
        """Stored, and the worker died before it could tell anybody."""
        portal.does(portal.night())
        [again] = portal.desk.announcer.told
        assert (again.subject, again.bulk) == (portal.event().subject, True)
        portal.does(again)
        assert portal.owner is None

    def test_looks_at_cases_that_wait_and_at_no_others(self, portal: Portal) -> None:
        portal.desk.cases.cases.clear()
        for company, case in enumerate(
            (an_open_case(1), an_open_case(2, waits_days=7), claimed_by(UNA, an_open_case(3)))
        ):
            portal.keep(case.model_copy(update={"id": f"{company + 1}-1"}))
        portal.does(portal.night())
        assert [one.record_id for one in portal.desk.announcer.told] == [2]

    def test_brings_a_case_that_waited_for_a_gap_to_customer_service_when_the_time_is_over(self) -> None:
        portal = Portal(an_open_case(waits_days=7))
        portal.desk.at = later(days=8)
        portal.does()
        assert portal.case.state == "open"

    def test_goes_through_all_pages_once(self, portal: Portal) -> None:
        portal.desk.cases.cases.clear()
        for company in range(1, 8):
            portal.keep(decided(company_id=company))
        event = portal.night()
        for _ in range(4):
            portal.does(event, page=2)
            portal.does(event, page=2)  # a second delivery
            event = event.next_round()
        told = [one.record_id for one in portal.desk.announcer.told]
        assert sorted(told) == list(range(1, 8))
        sweep = portal.desk.ledger.sweep("review_decided", "review-decided")
        assert sweep
        assert (sweep.ended, sweep.counts) == ("finished", {"CasesLookedAt": 7})

    def test_of_the_next_day_begins_anew(self, portal: Portal) -> None:
        portal.does(portal.night())
        portal.does(portal.night(day=11))
        assert len(portal.desk.announcer.told) == 2

    def test_that_is_over_is_nothing(self, portal: Portal) -> None:
        portal.does(portal.night())
        portal.does(portal.night(round_=1))
        assert portal.because()[-1] == "Nattens gjennomgang er ferdig."


class TestAPilot:
    """The night is nobody's, and what it finds may be somebody's in the trial."""

    @pytest.fixture
    def trial(self, portal: Portal) -> Portal:
        portal.desk.common = portal.desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({ADVISER}))})
        return portal

    def test_finds_a_decision_whose_event_was_lost(self, trial: Portal) -> None:
        trial.does(trial.night())
        [again] = trial.desk.announcer.told
        trial.does(again)
        assert (trial.owner, trial.case.state) == (None, "effected")

    def test_outside_it_shows_the_decision_and_leaves_the_case(self, portal: Portal) -> None:
        portal.desk.common = portal.desk.common.model_copy(update={"pilot": Pilot(owners=frozenset({OLA}))})
        portal.does(portal.night())
        portal.does(*portal.desk.announcer.told)
        assert (portal.owner, portal.case.state) == (ADVISER, "decided")
        assert portal.because()[-1].startswith("Utenfor piloten, derfor bare vist")


class TestAFlowThatIsNotOn:
    def test_shows_what_it_would_do_and_does_nothing(self, portal: Portal) -> None:
        portal.does(mode="shadow")
        assert portal.owner == ADVISER
        assert portal.case.state == "decided"
        [stored] = portal.desk.ledger.plans.values()
        assert "clear_owner" in [action.kind for action in stored.plan.actions]

    def test_holds_the_decision_until_it_is_released(self, portal: Portal) -> None:
        event = portal.event()
        assert portal.hears(event, mode="hold")[event] == Finished()
        assert portal.owner == ADVISER
        assert len(portal.desk.ledger.held("review_decided")) == 1


class TestAWorkerThatDies:
    @pytest.mark.parametrize("dies_at", range(1, 8))
    def test_leaves_everything_to_be_done_once_by_the_next(self, portal: Portal, dies_at: int) -> None:
        """After each effect in turn, before anybody could write down that it was done."""
        event = portal.event()
        with dies_before_telling(portal.desk, dies_at):
            portal.hears(event)
        assert portal.owner == ADVISER or portal.case.decision
        portal.desk.at += timedelta(minutes=5)
        portal.does(event)
        assert portal.owner is None
        assert portal.case.state == "effected"
        assert len(portal.desk.crm.notes) == 1
        assert len(portal.desk.cards.tasks) == 1
        assert [one.what for one in portal.desk.cases.audit(portal.id)].count("effected") == 1
