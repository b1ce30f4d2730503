"""Row 6 of the decision table: what the call was about (000-10, 000-11)."""

from __future__ import annotations

import unicodedata

import pytest
from pydantic import ValidationError

from kundeflyt.domain.rules import CommonRules
from no_answer.case import topic_of
from no_answer.rules import NoAnswerRules
from tests.flows.no_answer.situation import a_call

RULES = NoAnswerRules()


class TestTheCallType:
    BY_TYPE = NoAnswerRules(topics_by_call_type={"Proaktiv - Kurs": "kurs", "Statusmøte": "statusmote"})

    @pytest.mark.parametrize("written", ["Proaktiv - Kurs", "proaktiv - kurs", " PROAKTIV - KURS "])
    def test_decides_however_it_is_written(self, written: str) -> None:
        assert topic_of(a_call(activity_type=written, title=None), self.BY_TYPE) == "kurs"

    def test_goes_before_the_title(self) -> None:
        assert topic_of(a_call(activity_type="Statusmøte", title="Om kurs"), self.BY_TYPE) == "statusmote"

    def test_is_itself_searched_for_words_when_the_rules_do_not_list_it(self) -> None:
        assert topic_of(a_call(activity_type="Webinar vår", title=None), self.BY_TYPE) == "webinar"

    def test_leaves_the_title_to_decide_when_it_is_unknown(self) -> None:
        assert topic_of(a_call(activity_type="Prospektering", title="Kurs"), self.BY_TYPE) == "kurs"


class TestTheTitle:
    @pytest.mark.parametrize(
        ("title", "topic"),
        [
            ("HK", "hk"),
            ("HK-kontroll for verkstedet", "hk"),
            ("Helsekontroller 2026", "hk"),
            ("Influensavaksinering høsten", "influensavaksine"),
            ("vaksine", "influensavaksine"),
            ("Oppfølging SYKEFRAVÆR", "sykefravaer"),
            ("sykefraværsarbeid", "sykefravaer"),
            ("Webinaret i mai", "webinar"),
            ("kurspakke", "kurs"),
            ("Anbefalte tiltak etter kartlegging", "anbefalte_tiltak"),
            ("Høstkampanje", "general"),
            ("Kampanjen", "kampanje"),
            ("Ansattgoder i Assist", "ansattgoder"),
            ("Statusmøte", "statusmote"),
            ("Ringt kunden", "general"),
            ("", "general"),
            (None, "general"),
        ],
    )
    def test_names_the_topic(self, title: str | None, topic: str) -> None:
        assert topic_of(a_call(title=title), RULES) == topic

    @pytest.mark.parametrize("title", ["Konkurs i morselskapet", "WHKS", "Melhkus", "hkust"])
    def test_is_not_searched_inside_words(self, title: str) -> None:
        assert topic_of(a_call(title=title), RULES) == "general"

    def test_is_found_however_its_letters_are_composed(self) -> None:
        by_word = NoAnswerRules(topics_by_keyword={"vårkurs": "kurs"})
        assert topic_of(a_call(title=unicodedata.normalize("NFD", "Vårkurs")), by_word) == "kurs"

    @pytest.mark.parametrize("title", ["Kurs om sykefravær", "Sykefravær og kurs", "Kampanje: HK", "HK-kampanje"])
    def test_that_names_two_topics_is_about_the_one_near_health(self, title: str) -> None:
        assert topic_of(a_call(title=title), RULES) in {"sykefravaer", "hk"}

    def test_is_about_the_one_near_health_in_whatever_order_the_rules_have_come(self) -> None:
        """Tools sort the keys of JSON."""
        by_word = NoAnswerRules(topics_by_keyword={"kurs": "kurs", "sykefravær": "sykefravaer"})
        assert topic_of(a_call(title="Kurs om sykefravær"), by_word) == "sykefravaer"

    def test_is_else_about_what_the_rules_name_first(self) -> None:
        by_word = NoAnswerRules(topics_by_keyword={"webinar": "webinar", "kurs": "kurs"})
        assert topic_of(a_call(title="Kurs og webinar"), by_word) == "webinar"

    def test_has_words_and_no_patterns(self) -> None:
        by_word = NoAnswerRules(topics_by_keyword={"c++": "kurs", "k.rs": "webinar"})
        assert topic_of(a_call(title="kurs"), by_word) == "general"
        assert topic_of(a_call(title="Lær C++"), by_word) == "kurs"


class TestTheRules:
    @pytest.mark.parametrize("blank", ["", "  "])
    @pytest.mark.parametrize("table", ["topics_by_keyword", "topics_by_call_type"])
    def test_take_no_blank_word(self, table: str, blank: str) -> None:
        """It would be found in every title."""
        with pytest.raises(ValidationError, match=table):
            NoAnswerRules.model_validate({table: {blank: "kampanje"}})

    def test_take_no_topic_without_words(self) -> None:
        with pytest.raises(ValidationError, match="topics_by_keyword"):
            NoAnswerRules.model_validate({"topics_by_keyword": {"yoga": "yoga"}})

    @pytest.mark.parametrize("rule", [{"marketing_opt_out": {"nb": " "}}, {"marketing_basis_property": " "}])
    def test_take_no_blank_way_out(self, rule: dict[str, object]) -> None:
        with pytest.raises(ValidationError, match=next(iter(rule))):
            NoAnswerRules.model_validate(rule)

    def test_take_no_blank_provider(self) -> None:
        """Every text says on whose behalf it is written (e-handelsloven § 9)."""
        with pytest.raises(ValidationError, match="provider_name"):
            CommonRules(provider_name=" ")
