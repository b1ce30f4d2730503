"""The words a customer reads after a call nobody answered: requirements 000-10, 000-11, 000-19 to 000-28."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import no_answer
from kundeflyt.domain.sms_text import Encoding, measure
from kundeflyt.domain.texts import Channel, Purpose, Rendered
from kundeflyt.wiring.texts import load_texts

BOOK = load_texts(Path(no_answer.__path__[0]) / "texts")
LANGUAGES = ["nb", "sv", "en"]
TOPICS = [
    "hk",
    "influensavaksine",
    "sykefravaer",
    "webinar",
    "kurs",
    "anbefalte_tiltak",
    "kampanje",
    "ansattgoder",
    "statusmote",
    "general",
]
MARKETED = ["kampanje", "webinar", "kurs", "influensavaksine", "ansattgoder"]
OPT_OUT = {
    "nb": "Svar STOPP for å slippe SMS.",
    "sv": "Svara STOPP för att slippa sms.",
    "en": "Reply STOP to opt out.",
}
CALLBACK = {"nb": "912 34 567", "sv": "+47 912 34 567", "en": "+47 912 34 567"}
MAY_BE_EMPTY = ["pfa", "callback", "contact_first_name"]


def _values(language: str) -> dict[str, str]:
    return {
        "pfa": "Kari Nordmann",
        "provider": "Avonova",
        "callback": CALLBACK[language],
        "opt_out": OPT_OUT[language],
        "contact_first_name": "Ola",
    }


def _long_values(language: str) -> dict[str, str]:
    return _values(language) | {
        "pfa": "Anne-Kristine Bjørklund-Sørensen",
        "provider": "Avonova Helse",
        "opt_out": OPT_OUT[language] + " " + OPT_OUT[language],
    }


def _holes(prose: str) -> list[str]:
    return re.findall(r"\{\{|\}\}|None| [.,!?]|,\s*[.,!?]|  |\n\n\n|\b(?:på|on|om|about)[.!?]|[, ]\Z", prose)


@pytest.mark.parametrize("language", LANGUAGES)
class TestEveryText:
    def test_waits_for_approval(self, language: str) -> None:
        """Nobody has approved the texts yet; when the Process Manager does, this test goes."""
        for text in BOOK.texts.values():
            assert not BOOK.render(text.id, language, _values(language)).approved

    def test_is_written_in_the_language(self, language: str) -> None:
        for text in BOOK.texts.values():
            assert language in text.languages
        greeting = {"nb": "Hei", "sv": "Hej", "en": "Hi"}[language]
        for text in BOOK.texts.values():
            assert BOOK.render(text.id, language, _values(language)).body.startswith(greeting)

    @pytest.mark.parametrize("topic", TOPICS)
    def test_has_no_holes_whatever_is_empty(self, topic: str, language: str) -> None:
        for text in BOOK.texts.values():
            for empty in [[], *([name] for name in MAY_BE_EMPTY), MAY_BE_EMPTY]:
                values = _values(language) | dict.fromkeys(empty, "")
                rendered = BOOK.render(text.id, language, values, topic)
                assert _holes(rendered.body) == []
                assert _holes(rendered.subject or "") == []

    @pytest.mark.parametrize("topic", TOPICS)
    def test_speaks_of_the_company_and_never_of_a_persons_health(self, topic: str, language: str) -> None:
        nordic = r"du er syk|din helse|sykmeld\w*|diagnos\w*|sjukskriv\w*|din hälsa"
        words = rf"\b({nordic}|your health|sick leave|you are (sick|ill))\b"
        for text in BOOK.texts.values():
            rendered = BOOK.render(text.id, language, _values(language), topic)
            assert not re.search(words, f"{rendered.subject} {rendered.body}", re.IGNORECASE)


def _sms(text_id: str, language: str, topic: str, values: dict[str, str]) -> Rendered:
    rendered = BOOK.render(text_id, language, values, topic)
    assert BOOK.texts[text_id].channel is Channel.SMS
    return rendered


@pytest.mark.parametrize("language", LANGUAGES)
class TestServiceSms:
    @pytest.mark.parametrize("topic", TOPICS)
    def test_says_what_the_call_was_about_and_asks_to_call_back(self, topic: str, language: str) -> None:
        """Requirements 000-22 and 000-23."""
        rendered = _sms("sms_service", language, topic, _values(language))
        assert rendered.purpose is Purpose.SERVICE
        assert BOOK.topics is not None
        assert BOOK.topics.words(topic, language).name in rendered.body
        for value in (CALLBACK[language], "Kari Nordmann", "Avonova"):
            assert value in rendered.body

    @pytest.mark.parametrize("topic", TOPICS)
    def test_is_one_part_with_ordinary_names_and_never_more_than_two(self, topic: str, language: str) -> None:
        ordinary = measure(_sms("sms_service", language, topic, _values(language)).body)
        assert (ordinary.encoding, ordinary.parts) == (Encoding.GSM7, 1)
        assert measure(_sms("sms_service", language, topic, _long_values(language)).body).parts <= 2

    def test_of_the_general_topic_names_none(self, language: str) -> None:
        body = _sms("sms_service", language, "general", _values(language)).body
        assert re.search(r"fikk ikke svar|fick inget svar|got no answer", body)

    def test_offers_nothing_for_sale(self, language: str) -> None:
        """A message that mixes service and offers counts as marketing."""
        for topic in TOPICS:
            body = _sms("sms_service", language, topic, _values(language)).body
            assert not re.search(
                r"tilbud|rabatt|gratis|erbjud|offer|free|discount|kjøp|bestill|köp", body, re.IGNORECASE
            )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", MARKETED)
class TestMarketingSms:
    def test_says_what_it_is_about_who_sends_it_and_how_to_opt_out(self, topic: str, language: str) -> None:
        rendered = _sms(f"sms_marketing_{topic}", language, topic, _values(language))
        assert rendered.purpose is Purpose.MARKETING
        for value in (CALLBACK[language], "Kari Nordmann", "Avonova", OPT_OUT[language]):
            assert value in rendered.body

    def test_is_one_part_with_ordinary_names_and_never_more_than_two(self, topic: str, language: str) -> None:
        ordinary = measure(_sms(f"sms_marketing_{topic}", language, topic, _values(language)).body)
        assert (ordinary.encoding, ordinary.parts) == (Encoding.GSM7, 1)
        assert measure(_sms(f"sms_marketing_{topic}", language, topic, _long_values(language)).body).parts <= 2


class TestMarketedTopics:
    def test_have_a_text_each_and_no_other_has(self) -> None:
        prefix = "sms_marketing_"
        assert {name.removeprefix(prefix) for name in BOOK.texts if name.startswith(prefix)} == set(MARKETED)

    def test_are_among_the_topics_with_words(self) -> None:
        assert BOOK.topics is not None
        assert list(BOOK.topics.topics) == TOPICS
        assert all(set(words) == set(LANGUAGES) for words in BOOK.topics.topics.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
class TestEmail:
    def test_names_the_attempt_and_outlines_the_measure(self, topic: str, language: str) -> None:
        """Requirements 000-20 and 000-26."""
        rendered = BOOK.render("email", language, _values(language), topic)
        assert BOOK.topics is not None
        assert BOOK.topics.words(topic, language).outline in rendered.body
        assert BOOK.topics.words(topic, language).name in (rendered.subject or "")
        assert {"nb": "prøvde å ringe", "sv": "försökte ringa", "en": "tried to call"}[language] in rendered.body

    def test_says_how_to_say_yes_or_no(self, topic: str, language: str) -> None:
        """Requirements 000-27 and 000-28."""
        body = BOOK.render("email", language, _values(language), topic).body
        yes_or_no = {
            "nb": "ja eller nei på denne e-posten",
            "sv": "ja eller nej på det här mejlet",
            "en": "yes or no by replying",
        }
        assert yes_or_no[language] in body
        assert CALLBACK[language] in body

    def test_greets_the_contact_by_name_and_without_one(self, topic: str, language: str) -> None:
        named = {"nb": "Hei, Ola!", "sv": "Hej Ola!", "en": "Hi Ola,"}[language]
        nameless = {"nb": "Hei!", "sv": "Hej!", "en": "Hi,"}[language]
        values = _values(language)
        assert BOOK.render("email", language, values, topic).body.split("\n")[0] == named
        without = BOOK.render("email", language, values | {"contact_first_name": " "}, topic)
        assert without.body.split("\n")[0] == nameless
