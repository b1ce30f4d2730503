"""A few days with the flow: what the adviser and the customer see when one thing follows another."""

from __future__ import annotations

import pytest

from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import TryLater
from tests.flows.no_answer.portal import Portal
from tests.flows.no_answer.situation import COMPANY, CONTACT, a_call, a_contact, an_event, connected, oslo, rules

EVENING = oslo(23, "17:00")


@pytest.fixture
def portal() -> Portal:
    return Portal()


class TestACallInTheEvening:
    def test_gives_a_task_at_once_and_an_sms_in_the_morning(self, portal: Portal) -> None:
        portal.logs(a_call(at=EVENING), at=EVENING)
        assert "SMS: sendes 24.11.2026 kl. 08.00, når kontakttiden begynner." in portal.task.task.body
        assert not portal.sms.outbox
        portal.wakes()
        assert portal.at == oslo(24, "08:00")
        assert len(portal.sms.outbox) == 1
        assert "SMS: sendt 24.11.2026 kl. 08.00." in portal.task.task.body
        assert portal.task.task.due == oslo(24, "16:00")

    def test_gives_no_sms_when_the_customer_writes_in_the_night(self, portal: Portal) -> None:
        portal.logs(a_call(at=EVENING), at=EVENING)
        portal.crm.put_incoming_email(CONTACT, oslo(23, "22:15"))
        portal.wakes()
        assert not portal.sms.outbox
        assert portal.because == "Kontakten er nådd siden: e-post 23.11.2026 kl. 22.15."
        assert "SMS: ikke sendt, fordi kontakten er nådd siden." in portal.task.task.body

    def test_gives_no_sms_and_no_untrue_email_when_the_outcome_is_corrected(self, portal: Portal) -> None:
        portal.logs(a_call(at=EVENING), at=EVENING)
        portal.logs(connected(at=EVENING), at=oslo(23, "17:10"))
        assert "Jeg prøvde å ringe deg" not in portal.task.task.body
        portal.wakes()
        assert not portal.sms.outbox
        assert len(portal.tasks) == 1

    def test_gives_both_when_the_correction_is_taken_back_before_morning(self, portal: Portal) -> None:
        portal.logs(a_call(at=EVENING), at=EVENING)
        portal.logs(connected(at=EVENING), at=oslo(23, "17:10"))
        portal.logs(a_call(at=EVENING), at=oslo(23, "17:20"))
        portal.wakes()
        assert len(portal.sms.outbox) == 1
        assert "Jeg prøvde å ringe deg" in portal.task.task.body
        assert portal.task.task.subject == "Send e-post: ubesvart anrop om kurs i arbeidsmiljø og HMS"


class TestAnSmsThatItxDidNotTakeAtOnce:
    @pytest.fixture
    def waiting(self, portal: Portal) -> Portal:
        portal.sms.fail_next("send", TryLater("ITX is down"))
        portal.logs(a_call())
        assert not portal.sms.outbox
        return portal

    def two_hours_later(self, portal: Portal) -> None:
        portal.at = oslo(23, "12:00")
        assert list(portal.hears(an_event()).values()) == [Finished()]

    def test_goes_when_itx_is_back(self, waiting: Portal) -> None:
        self.two_hours_later(waiting)
        assert len(waiting.sms.outbox) == 1

    def test_goes_to_nobody_who_has_opted_out_meanwhile(self, waiting: Portal) -> None:
        waiting.crm.put(a_contact(properties={"kundeflyt_sms_optout": "true"}), companies=[COMPANY])
        self.two_hours_later(waiting)
        assert not waiting.sms.outbox
        assert "SMS: ikke sendt, fordi noe er endret" in waiting.task.task.body

    def test_goes_to_no_number_that_was_corrected_meanwhile(self, waiting: Portal) -> None:
        waiting.crm.put(a_contact(mobile="987 65 432"), companies=[COMPANY])
        self.two_hours_later(waiting)
        assert not waiting.sms.outbox

    def test_obeys_contact_hours_that_were_cut_meanwhile(
        self, waiting: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut = rules(flow={"contact_hours": {"blackouts": [{"from": "2026-11-23", "to": "2026-11-23"}]}})
        monkeypatch.setattr(waiting, "rules", lambda: cut)
        self.two_hours_later(waiting)
        assert not waiting.sms.outbox


class TestASecondCallThatDay:
    def test_gives_one_task_and_one_sms(self, portal: Portal) -> None:
        portal.logs(a_call(id=1))
        portal.logs(a_call(id=2, at=oslo(23, "14:00")), at=oslo(23, "14:02"))
        assert len(portal.sms.outbox) == 1
        assert "anropet 23.11.2026 kl. 14.00" in portal.task.task.body
        assert "nummeret alt fikk en SMS om et ubesvart anrop 23.11.2026 kl. 10.02" in portal.task.task.body
        assert portal.task.task.due == oslo(23, "16:00")

    def test_keeps_what_the_first_call_was_about_when_the_second_does_not_say(self, portal: Portal) -> None:
        """000-24 asks for a second attempt, and nobody writes the topic twice (000-20)."""
        portal.logs(a_call(id=1, title="Influensavaksine"))
        portal.logs(a_call(id=2, at=oslo(23, "14:00"), title=None), at=oslo(23, "14:02"))
        assert "influensavaksine" in portal.task.task.subject
        assert "Det gjelder influensavaksine" in portal.task.task.body

    def test_gives_a_new_task_when_the_first_is_done(self, portal: Portal) -> None:
        portal.logs(a_call(id=1))
        portal.crm.complete(portal.task.id)
        portal.logs(a_call(id=2, at=oslo(23, "14:00")), at=oslo(23, "14:02"))
        first, second = portal.tasks
        assert (first.completed, second.completed) == (True, False)
        portal.logs(a_call(id=3, at=oslo(23, "14:30")), at=oslo(23, "14:32"))
        assert len(portal.tasks) == 2
        assert "anropet 23.11.2026 kl. 14.30" in portal.tasks[1].task.body

    def test_gives_one_task_also_when_both_are_heard_of_at_once(self, portal: Portal) -> None:
        events = []
        for number in (1, 2):
            portal.crm.put(a_call(id=number), contacts=[CONTACT])
            events.append(an_event(record_id=number))
        first, second = portal.hears(*events).values()
        assert isinstance(first, Finished)
        assert isinstance(second, Later)
        portal.hears(events[1])
        assert (len(portal.tasks), len(portal.sms.outbox)) == (1, 1)


class TestACallWithoutContact:
    def test_is_followed_up_when_the_contact_is_added(self, portal: Portal) -> None:
        portal.logs_without_contact(a_call())
        assert portal.task.task.subject == "Legg til kontakt på samtalen"
        assert not portal.sms.outbox
        portal.logs(a_call(), CONTACT)
        question, follow_up = portal.tasks
        assert (question.completed, follow_up.completed) == (True, False)
        assert follow_up.task.task_type == "EMAIL"
        assert len(portal.sms.outbox) == 1

    def test_is_asked_about_once_though_the_question_changes(self, portal: Portal) -> None:
        portal.crm.put(a_contact(id=102))
        portal.logs_without_contact(a_call())
        portal.logs(a_call(), CONTACT, 102)
        assert portal.task.task.subject == "Hvem ble oppringt?"
        portal.logs(a_call(callee_contact_id=102), CONTACT, 102)
        assert portal.tasks[0].completed
        assert portal.tasks[1].task.contact_id == 102

    def test_is_asked_about_no_more_when_the_outcome_is_corrected(self, portal: Portal) -> None:
        portal.logs_without_contact(a_call())
        portal.logs(connected(), CONTACT)
        assert portal.task.completed


class TestACallThatIsFollowedUp:
    def test_and_moved_to_another_contact_is_told_to_its_adviser(self, portal: Portal) -> None:
        portal.crm.put(a_contact(id=102, mobile="406 12 345"))
        portal.logs(a_call())
        portal.logs(a_call(), 102)
        email, moved = portal.tasks
        assert (email.task.contact_id, moved.task.contact_id) == (CONTACT, 102)
        assert moved.task.subject == "Følg opp: samtalen er flyttet til en annen kontakt"
        assert len(portal.sms.outbox) == 1
        portal.logs(a_call(), 102)
        assert len(portal.tasks) == 2

    def test_is_left_alone_when_another_contact_is_added(self, portal: Portal) -> None:
        portal.crm.put(a_contact(id=102))
        portal.logs(a_call())
        before = list(portal.crm.outbox)
        portal.logs(a_call(), CONTACT, 102)
        assert portal.because.startswith("Samtalen er alt fulgt opp")
        assert portal.crm.outbox == before
