"""Rows 5 and 7 of the decision table: who gets an SMS, when, and what the task says of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kundeflyt.domain.actions import CreateTask, LogSms, Plan, SendSms, UpdateTask, WakeAt
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.texts import TextBook
from no_answer.rules import Topic
from tests.flows.no_answer.situation import (
    APPROVED,
    COMPANY,
    CONTACT,
    EMAIL_TASK_ID,
    KARI,
    OSLO,
    PER,
    TEXTS,
    a_call,
    a_contact,
    decide,
    facts,
    kinds,
    oslo,
    owners,
    past,
    rules,
    the,
    update,
)

OPT_OUT = {"nb": "Svar STOPP for å slippe SMS."}
BASIS = {"marketing_basis_property": "sms_samtykke", "marketing_opt_out": OPT_OUT}


def the_text(contact: Contact | None = None, **call: object) -> str:
    return the(SendSms, decide(facts(call=a_call(**call), callee=contact or a_contact()))).text


class TestTheSms:
    """Row 5 (000-22, 000-23)."""

    def test_says_what_the_call_was_about_and_asks_to_be_called_back(self) -> None:
        assert the_text() == (
            "Hei! Jeg prøvde å ringe deg om kurs i arbeidsmiljø og HMS. "
            "Ring gjerne tilbake på 22 33 44 55. Hilsen Kari Nordmann, Avonova"
        )

    def test_names_no_topic_near_health(self) -> None:
        assert the_text(title="Sykefravær").startswith("Hei! Jeg prøvde å ringe deg, men fikk ikke svar.")
        assert the_text(title="HK 2026").startswith("Hei! Jeg prøvde å ringe deg, men fikk ikke svar.")

    def test_names_it_when_the_rules_say_so(self) -> None:
        plan = decide(facts(call=a_call(title="HK 2026")), by=rules(flow={"sms_general_topics": []}))
        assert "helsekontroller i bedriften" in the(SendSms, plan).text

    def test_is_in_the_contacts_language(self) -> None:
        assert the_text(a_contact(language="sv")).startswith("Hej! Jag försökte ringa dig om utbildningar")
        assert the_text(a_contact(language="en")).startswith("Hi! I tried to call you about health and safety")
        assert the_text(a_contact(country="Sverige", mobile="070-123 45 67")).startswith("Hej!")

    def test_may_go_out_until_contact_hours_end_and_arrive_that_day(self) -> None:
        sms = the(SendSms, decide())
        assert (sms.latest, sms.valid_until) == (oslo(23, "16:00"), oslo(24, "00:00"))
        assert (sms.once_per_hours, sms.owner_id) == (20, KARI)

    def test_tells_which_words_were_used(self) -> None:
        assert the(SendSms, decide()).text_id == "sms_service v1 nb"

    def test_stands_on_the_timeline_once_it_is_accepted(self) -> None:
        """Row 7."""
        plan = decide()
        assert kinds(plan) == ["create_task", "send_sms", "log_sms", "update_task"]
        entry = the(LogSms, plan)
        assert (entry.after, entry.body) == ("sms", the(SendSms, plan).text)
        assert (entry.owner_id, entry.contact_id, entry.company_id) == (KARI, CONTACT, COMPANY)

    def test_is_told_of_in_the_task_however_it_ends(self) -> None:
        told = the(UpdateTask, decide())
        assert (told.task_of, told.tells_about) == ("email-task", "sms")
        assert told.outcomes.keys() == {"done", "refused", "unsure"}
        assert "{outcome}" in str(told.body)
        assert "Emne: " in str(told.body)


class TestTheNumber:
    """Row 5 (000-33)."""

    @pytest.mark.parametrize(
        ("contact", "to"),
        [
            (a_contact(mobile=None, phone="46 12 34 56"), "+4746123456"),
            (a_contact(mobile="22334455", phone="46123456"), "+4746123456"),
            (a_contact(mobile="+46701234567"), "+46701234567"),
            (a_contact(mobile="0701234567", country="Sverige"), "+46701234567"),
            (a_contact(country=None), "+4791234567"),
        ],
    )
    def test_is_the_contacts_mobile_read_in_their_country(self, contact: Contact, to: str) -> None:
        assert the(SendSms, decide(facts(callee=contact))).to == to

    @pytest.mark.parametrize("number", [None, "", "22334455", "02800", "+4722334455", "ring sekretæren", "800 12 345"])
    def test_that_is_no_mobile_gets_no_sms(self, number: str | None) -> None:
        plan = decide(facts(callee=a_contact(mobile=number)))
        line = (
            "SMS: ikke sendt, fordi vi ikke finner et sikkert mobilnummer på kontakten. Skriv det gjerne med landkode."
        )
        assert plan.because.endswith(line)
        assert kinds(plan) == ["create_task"]
        assert line in the(CreateTask, plan).body

    def test_is_read_in_the_companys_country_when_the_contact_has_none(self) -> None:
        known = facts(
            callee=a_contact(country=None, mobile="0701234567"), company=Company(id=COMPANY, country="Sverige")
        )
        assert the(SendSms, decide(known)).to == "+46701234567"

    def test_is_never_guessed_to_be_norwegian_in_a_country_we_do_not_know(self) -> None:
        """The same eight digits are somebody else's there."""
        assert kinds(decide(facts(callee=a_contact(country="Brasil")))) == ["create_task"]
        assert the(SendSms, decide(facts(callee=a_contact(country="Brasil", mobile="+4791234567")))).to


class TestNoSms:
    """Row 5: every reason stands in the plan and in the task."""

    @staticmethod
    def _only_a_task_saying(line: str, plan: Plan) -> None:
        assert kinds(plan) == ["create_task"]
        assert plan.because == f"Utgående anrop uten svar. {line}"
        assert line in the(CreateTask, plan).body

    @pytest.mark.parametrize("said", ["true", "TRUE", "ja", "2026-05-05"])
    @pytest.mark.parametrize("name", ["hs_email_optout", "kundeflyt_sms_optout"])
    def test_to_a_contact_who_has_opted_out(self, name: str, said: str) -> None:
        known = facts(callee=a_contact(properties={name: said}))
        self._only_a_task_saying("SMS: ikke sendt, fordi kontakten har reservert seg.", decide(known))

    @pytest.mark.parametrize("said", ["", "false", " Nei ", "no", "0"])
    def test_is_no_rule_for_one_who_said_no_to_opting_out(self, said: str) -> None:
        assert the(SendSms, decide(facts(callee=a_contact(properties={"hs_email_optout": said}))))

    def test_without_a_number_to_call_back_on(self) -> None:
        plan = decide(facts(call=a_call(from_number="829 12 345")))
        self._only_a_task_saying("SMS: ikke sendt, fordi vi mangler et nummer kunden kan ringe tilbake på.", plan)
        assert plan.problems == ("NoCallbackNumber",)

    def test_in_production_in_words_nobody_has_approved(self) -> None:
        plan = decide(by=rules(production=True))
        self._only_a_task_saying("SMS: ikke sendt, fordi teksten ikke er godkjent.", plan)
        assert plan.problems == ("UnapprovedText",)

    def test_is_promised_for_tomorrow_in_words_nobody_has_approved(self) -> None:
        plan = decide(by=rules(production=True), now=oslo(23, "20:00"))
        self._only_a_task_saying("SMS: ikke sendt, fordi teksten ikke er godkjent.", plan)

    def test_that_takes_more_parts_than_the_rules_allow(self) -> None:
        kari = Owner(id=KARI, first_name="Kari " * 40)
        plan = decide(facts(owners=owners(kari=kari)), by=rules(flow={"sms_max_parts": 1}))
        self._only_a_task_saying("SMS: ikke sendt, fordi teksten ble for lang.", plan)
        assert plan.problems == ("TextTooLong",)

    def test_is_held_back_in_production_when_the_words_are_approved(self) -> None:
        plan = decide(by=rules(production=True, texts=APPROVED))
        assert the(SendSms, plan)
        assert "Emne: " in the(CreateTask, plan).body
        assert not plan.problems


class TestStale:
    """Row 8: what was held or has waited too long says so; the days that count are working days."""

    @pytest.mark.parametrize(
        ("called", "now", "sent"),
        [
            (oslo(23), oslo(25, "15:59"), True),
            (oslo(23), oslo(26, "08:00"), False),
            (oslo(27, "17:00"), oslo(30, "08:00"), True),
            (oslo(27, "17:00"), oslo(1, "15:00", month=12), True),
            (oslo(27, "17:00"), oslo(2, "08:00", month=12), False),
            (oslo(1, "15:30", month=4), oslo(8, "08:00", month=4), True),  # Easter lies between
            (oslo(1, "15:30", month=4), oslo(9, "08:00", month=4), False),
        ],
    )
    def test_is_a_call_of_more_than_two_working_days_ago(self, called: datetime, now: datetime, sent: bool) -> None:
        plan = decide(facts(call=a_call(at=called)), now=now, received_at=called, round=1)
        assert ("send_sms" in kinds(plan)) is sent
        assert ("for gammelt" in plan.because) is not sent

    def test_names_the_call_and_still_gives_the_email_task(self) -> None:
        """000-19: No Answer is always followed by an e-mail."""
        plan = decide(now=oslo(30))
        assert "SMS: ikke sendt, fordi anropet 23.11.2026 kl. 10.00 er for gammelt til det." in plan.because
        assert the(CreateTask, plan).task_type == "EMAIL"


class TestOutsideContactHours:
    """Row 5."""

    @pytest.mark.parametrize(
        ("now", "opening"),
        [
            (oslo(23, "07:59"), oslo(23, "08:00")),
            (oslo(23, "16:00"), oslo(24, "08:00")),
            (oslo(27, "17:00"), oslo(30, "08:00")),
            (oslo(28, "12:00"), oslo(30, "08:00")),
            (oslo(1, "16:30", month=4), oslo(7, "08:00", month=4)),
            (oslo(23, "17:00", month=12), oslo(28, "08:00", month=12)),
        ],
    )
    def test_waits_until_they_begin(self, now: datetime, opening: datetime) -> None:
        plan = decide(facts(call=a_call(at=now)), now=now, received_at=now)
        assert kinds(plan) == ["create_task", "wake_at"]
        assert the(WakeAt, plan).when == opening
        said = f"SMS: sendes {opening.astimezone(OSLO):%d.%m.%Y kl. %H.%M}, når kontakttiden begynner."
        assert plan.because == f"Utgående anrop uten svar. {said}"
        assert said in the(CreateTask, plan).body

    def test_follows_the_clock_and_holidays_of_the_contacts_country(self) -> None:
        eve = oslo(19, "10:00", month=6)
        swede = facts(call=a_call(at=eve), callee=a_contact(country="Sverige", mobile="0701234567"))
        assert the(WakeAt, decide(swede, now=eve, received_at=eve)).when == oslo(22, "08:00", month=6)
        finn = facts(callee=a_contact(country="Finland", mobile="+358401234567"))
        assert "wake_at" in kinds(decide(finn, now=oslo(23, "15:30")))

    def test_gives_up_when_they_begin_too_late(self) -> None:
        hours = {"days": [1], "opens": "08:00", "closes": "10:00"}
        plan = decide(now=oslo(23, "11:00"), by=rules(flow={"contact_hours": hours}))
        assert kinds(plan) == ["create_task"]
        assert plan.because.endswith("SMS: ikke sendt, fordi det er for lenge til neste kontakttid.")

    def test_is_open_around_the_clock_when_the_rules_say_so(self) -> None:
        always = {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True}
        night = oslo(25, "03:00", month=12)
        known = facts(call=a_call(at=night))
        assert the(SendSms, decide(known, now=night, received_at=night, by=rules(flow={"contact_hours": always})))


class TestWakingUp:
    """Row 5: the facts are read again, and the task made the evening before is brought up to date."""

    def test_sends_the_sms_and_tells_the_task(self) -> None:
        known = facts(call=a_call(at=oslo(23, "17:00")), past=past(email_task=EMAIL_TASK_ID))
        plan = decide(known, now=oslo(24, "08:00"), round=1)
        assert the(SendSms, plan).latest == oslo(24, "16:00")
        assert update("task-says-sms-1", plan).task_of == "email-task"

    def test_tells_the_task_when_no_sms_comes_after_all(self) -> None:
        opted_out = a_contact(properties={"kundeflyt_sms_optout": "true"})
        known = facts(callee=opted_out, past=past(email_task=EMAIL_TASK_ID))
        told = update("task-says-no-sms-1", decide(known, now=oslo(24, "08:00"), round=1))
        assert told.task_id == EMAIL_TASK_ID
        assert "SMS: ikke sendt, fordi kontakten har reservert seg." in str(told.body)
        assert "Emne: " in str(told.body)

    def test_tells_the_task_when_it_must_wait_once_more(self) -> None:
        """A day that has become a blackout since."""
        hours = {"blackouts": [{"from": "2026-11-24", "to": "2026-11-24"}]}
        known = facts(past=past(email_task=EMAIL_TASK_ID))
        plan = decide(known, now=oslo(24, "08:00"), round=1, by=rules(flow={"contact_hours": hours}))
        assert the(WakeAt, plan).name == "wake-1"
        told = update("task-says-no-sms-1", plan)
        assert "SMS: sendes 25.11.2026 kl. 08.00" in str(told.body)

    def test_says_nothing_more_when_the_sms_has_its_end(self) -> None:
        known = facts(callee=a_contact(mobile=None), past=past(email_task=EMAIL_TASK_ID, sms=("refused", None)))
        assert kinds(decide(known, round=1)) == ["create_task"]


class TestTheCallbackNumber:
    """Row 5 (000-23)."""

    OWN, SWITCHBOARD = "41 23 45 67", "23 00 00 00"

    def test_is_the_advisers_own_by_the_rules(self) -> None:
        plan = decide(by=rules(callback_numbers={KARI: self.OWN}, callback_number=self.SWITCHBOARD))
        assert "på 412 34 567." in the(SendSms, plan).text

    def test_is_else_the_one_they_called_from(self) -> None:
        assert "på 22 33 44 55." in the(SendSms, decide(by=rules(callback_number=self.SWITCHBOARD))).text

    def test_is_the_switchboards_when_somebody_else_follows_up(self) -> None:
        """The one who called has left: nobody answers there."""
        known = facts(owners=owners(kari=Owner(id=KARI, archived=True)))
        plan = decide(known, by=rules(callback_number=self.SWITCHBOARD))
        assert the(SendSms, plan).owner_id == PER
        assert "på 23 00 00 00." in the(SendSms, plan).text

    def test_may_be_a_company_number(self) -> None:
        assert "på 02800." in the_text(from_number="02800")

    def test_has_its_country_code_for_a_reader_abroad(self) -> None:
        swede = a_contact(country="Sverige", mobile="0701234567")
        assert "på +47 22 33 44 55." in the(SendSms, decide(facts(callee=swede))).text


class TestMarketing:
    """Row 5: MARKETING only with a stored basis and a way to opt out (markedsføringsloven § 15)."""

    WITH_BASIS = facts(callee=a_contact(properties={"sms_samtykke": "ja"}))

    def test_goes_to_one_with_a_basis_and_tells_how_to_opt_out(self) -> None:
        sms = the(SendSms, decide(self.WITH_BASIS, by=rules(flow=BASIS)))
        assert sms.text_id == "sms_marketing_kurs v1 nb"
        assert sms.text.endswith("Svar STOPP for å slippe SMS.")

    @pytest.mark.parametrize("stored", [None, "", "nei", "false", "Not applicable", "Ingen"])
    def test_needs_the_basis(self, stored: str | None) -> None:
        contact = a_contact(properties={} if stored is None else {"sms_samtykke": stored})
        sms = the(SendSms, decide(facts(callee=contact), by=rules(flow=BASIS)))
        assert sms.text_id == "sms_service v1 nb"

    @pytest.mark.parametrize("missing", BASIS)
    def test_needs_both_rules(self, missing: str) -> None:
        left = {name: value for name, value in BASIS.items() if name != missing}
        sms = the(SendSms, decide(self.WITH_BASIS, by=rules(flow=left)))
        assert sms.text_id == "sms_service v1 nb"

    def test_needs_a_way_out_in_the_language_of_the_reader(self) -> None:
        contact = a_contact(properties={"sms_samtykke": "ja"}, language="sv")
        sms = the(SendSms, decide(facts(callee=contact), by=rules(flow=BASIS)))
        assert sms.text_id == "sms_service v1 sv"

    @pytest.mark.parametrize("topic", ["hk", "sykefravaer", "anbefalte_tiltak", "statusmote", "general"])
    def test_has_no_words_for_other_topics(self, topic: Topic) -> None:
        by = rules(flow=BASIS | {"topics_by_call_type": {"Proaktiv": topic}})
        known = facts(call=a_call(activity_type="Proaktiv"), callee=self.WITH_BASIS.callee)
        assert the(SendSms, decide(known, by=by)).text_id == "sms_service v1 nb"

    def test_has_no_words_when_the_text_is_not_there(self) -> None:
        only = TextBook({id_: TEXTS.texts[id_] for id_ in ("email", "sms_service")}, TEXTS.topics)
        assert the(SendSms, decide(self.WITH_BASIS, by=rules(flow=BASIS, texts=only))).text_id == "sms_service v1 nb"

    def test_is_refused_to_one_who_has_opted_out_whatever_the_basis(self) -> None:
        contact = a_contact(properties={"sms_samtykke": "ja", "hs_email_optout": "true"})
        assert "send_sms" not in kinds(decide(facts(callee=contact), by=rules(flow=BASIS)))


class TestMarketingThatCannotBeUsed:
    """Row 5: the customer is told what the call was about all the same (000-22), and operations hears why."""

    KNOWN = TestMarketing.WITH_BASIS

    def texts(self, *approved: str) -> TextBook:
        """Approved are these texts, and the words for the topics."""
        stamp = {"approved_by": "Process Manager", "approved_on": date(2026, 11, 1)}
        texts = {
            id_: text.model_copy(update=stamp if id_ in approved else {"approved_by": None, "approved_on": None})
            for id_, text in TEXTS.texts.items()
        }
        assert TEXTS.topics
        return TextBook(texts, TEXTS.topics.model_copy(update=stamp))

    def test_because_nobody_has_approved_it_gives_way_to_the_service_text(self) -> None:
        plan = decide(self.KNOWN, by=rules(flow=BASIS, production=True, texts=self.texts("sms_service", "email")))
        assert the(SendSms, plan).text_id == "sms_service v1 nb"
        assert "Svar STOPP" not in the(SendSms, plan).text
        assert plan.problems == ("UnapprovedText",)

    def test_is_missed_by_operations_also_when_the_sms_waits_for_the_morning(self) -> None:
        by = rules(flow=BASIS, production=True, texts=self.texts("sms_service", "email"))
        known = facts(call=a_call(at=oslo(23, "17:00")), callee=self.KNOWN.callee)
        assert decide(known, now=oslo(23, "17:02"), by=by).problems == ("UnapprovedText",)

    def test_is_no_matter_when_it_can(self) -> None:
        approved = self.texts("sms_marketing_kurs", "email")
        plan = decide(self.KNOWN, by=rules(flow=BASIS, production=True, texts=approved))
        assert the(SendSms, plan).text_id == "sms_marketing_kurs v1 nb"
        assert plan.problems == ()

    def test_leaves_the_task_alone_when_the_service_text_is_not_approved_either(self) -> None:
        plan = decide(self.KNOWN, by=rules(flow=BASIS, production=True, texts=self.texts("email")))
        assert "send_sms" not in kinds(plan)
        assert "fordi teksten ikke er godkjent" in the(CreateTask, plan).body

    def test_because_it_is_too_long_gives_way_to_the_service_text(self) -> None:
        long = {"marketing_opt_out": {"nb": "Svar STOPP. " * 20}, "sms_max_parts": 1}
        plan = decide(self.KNOWN, by=rules(flow=BASIS | long))
        assert the(SendSms, plan).text_id == "sms_service v1 nb"
        assert plan.problems == ("TextTooLong",)
