from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.texts import Channel, Purpose, TextBook, TextError, Topics, parse, parse_topics, text_book
from kundeflyt.wiring.texts import load_texts

SMS = """---
id: hello
version: 2
purpose: SERVICE
channel: SMS
languages: nb, sv
approved_by: Process Manager
approved_on: 2026-03-05
---
== nb ==
Hei {{ name }}!

== sv ==
Hej {{ name }}!
"""
EMAIL = """---
id: letter
version: 1
purpose: SERVICE
channel: EMAIL
languages: nb
approved_by:
approved_on:
---
== nb ==
Subject: Om {{ topic }}

Hei{% if name %} {{ name }}{% endif %}!


{% if outline %}
{{ outline }}
{% endif %}

Hilsen {{ provider }}
"""
MARKETING = (
    SMS.replace("SERVICE", "MARKETING")
    .replace("id: hello", "id: offer")
    .replace("{{ name }}!", "{{ name }}! {{ opt_out }}")
)
TOPICS = """{
  "version": 1, "approved_by": null, "approved_on": null,
  "topics": {
    "kurs": {
      "nb": {"name": "kurs", "outline": "Det gjelder kurs."},
      "sv": {"name": "utbildning", "outline": "Det gäller utbildning."}
    },
    "general": {"nb": {"name": "", "outline": "Det gjelder et tiltak."}}
  }
}"""


@pytest.fixture
def topics() -> Topics:
    return parse_topics(TOPICS)


def book(*sources: str, topics: Topics | None = None) -> TextBook:
    return text_book(map(parse, sources), topics)


class TestParse:
    def test_reads_what_is_known_about_a_text(self) -> None:
        text = parse(SMS)
        assert (text.id, text.version, text.purpose, text.channel) == ("hello", 2, Purpose.SERVICE, Channel.SMS)
        assert text.languages == ("nb", "sv")
        assert (text.approved, text.approved_by, text.approved_on) == (True, "Process Manager", date(2026, 3, 5))
        assert text.bodies["sv"].body == "Hej {{ name }}!"

    def test_counts_a_text_without_approval_as_not_approved(self) -> None:
        text = parse(EMAIL)
        assert (text.approved, text.approved_by, text.approved_on) == (False, None, None)

    def test_reads_a_file_with_the_line_ends_of_windows(self) -> None:
        assert parse(SMS.replace("\n", "\r\n")) == parse(SMS)

    @pytest.mark.parametrize(
        ("old", "new", "complaint"),
        [
            ("version: 2", "version: two", "version"),
            ("version: 2", "version: 0", "version"),
            ("version: 2\n", "", "version"),
            ("id: hello\n", "", "id"),
            ("SERVICE", "ADVERT", "purpose"),
            ("channel: SMS", "channel: FAX", "channel"),
            ("channel: SMS", "channel: EMAIL", "Subject"),
            ("2026-03-05", "in March", "approved_on"),
            ("approved_on: 2026-03-05", "approved_on:", "come together"),
            ("approved_by: Process Manager", "approved_by:", "come together"),
            ("languages: nb, sv", "languages: nb, sv, en", "sections for nb, sv"),
            ("languages: nb, sv", "languages: nb", "sections for nb, sv"),
            ("languages: nb, sv", "", "sections for nb, sv"),
            ("== nb ==", "== da ==", "include nb"),
            ("== sv ==", "== nb ==", "two sections for nb"),
            ("Hej {{ name }}!", "", "sv is empty"),
            ("== nb ==", "Hei du\n== nb ==", "before its first language"),
            ("Hei {{ name }}!", "Subject: Hei\n\nHei {{ name }}!", "an SMS has none"),
            ("Hej {{ name }}", "Hej {{ name", "Jinja2"),
            ("purpose:", "purpose", "key: value"),
            ("purpose:", "tone: warm\npurpose:", "tone"),
            ("---\nid", "id", "front matter"),
        ],
    )
    def test_says_what_is_wrong(self, old: str, new: str, complaint: str) -> None:
        assert old in SMS
        with pytest.raises(TextError, match=complaint):
            parse(SMS.replace(old, new))

    def test_demands_bokmal_of_every_text(self) -> None:
        with pytest.raises(TextError, match="include nb"):
            parse(SMS.replace("== nb ==", "== da ==").replace("languages: nb", "languages: da"))

    def test_demands_a_subject_of_every_email(self) -> None:
        with pytest.raises(TextError, match=r"letter is wrong.*Subject"):
            parse(EMAIL.replace("Subject: Om {{ topic }}", ""))

    def test_demands_a_way_to_opt_out_of_every_language_of_marketing(self) -> None:
        assert parse(MARKETING).purpose is Purpose.MARKETING
        with pytest.raises(TextError, match=r"sv is MARKETING and must carry \{\{ opt_out \}\}"):
            parse(MARKETING.replace("Hej {{ name }}! {{ opt_out }}", "Hej {{ name }}!"))

    @given(st.text())
    def test_refuses_any_text_that_is_no_text_file(self, source: str) -> None:
        with pytest.raises(TextError):
            parse(source)


class TestTopics:
    def test_speak_the_language_asked_for(self, topics: Topics) -> None:
        assert topics.words("kurs", "sv").name == "utbildning"

    def test_fall_back_to_bokmal_and_to_the_general_words(self, topics: Topics) -> None:
        assert topics.words("kurs", "en").name == "kurs"
        assert topics.words("romfart", "sv").outline == "Det gjelder et tiltak."

    @pytest.mark.parametrize(
        ("old", "new", "complaint"),
        [
            ('"general"', '"other"', "no topic general"),
            ('"nb": {"name": "kurs"', '"en": {"name": "kurs"', "nb for kurs"),
            ('"Det gjelder kurs."', '""', "outline"),
            ('"approved_by": null', '"approved_by": "Process Manager"', "come together"),
            ("{", "[", "JSON"),
        ],
    )
    def test_with_a_mistake_say_where(self, old: str, new: str, complaint: str) -> None:
        with pytest.raises(TextError, match=complaint):
            parse_topics(TOPICS.replace(old, new))


class TestRender:
    @pytest.mark.parametrize(
        ("language", "used", "body"),
        [
            ("nb", "nb", "Hei Kari!"),
            ("sv", "sv", "Hej Kari!"),
            ("sv-SE", "sv", "Hej Kari!"),
            ("SV_se", "sv", "Hej Kari!"),
            ("no", "nb", "Hei Kari!"),
            ("nn", "nb", "Hei Kari!"),
            ("pl", "nb", "Hei Kari!"),
            ("", "nb", "Hei Kari!"),
            (None, "nb", "Hei Kari!"),
        ],
    )
    def test_speaks_the_customers_language_or_bokmal(self, language: str | None, used: str, body: str) -> None:
        rendered = book(SMS).render("hello", language, {"name": "Kari"})
        assert (rendered.language, rendered.body, rendered.subject) == (used, body, None)
        assert (rendered.text_id, rendered.version, rendered.purpose) == ("hello", 2, Purpose.SERVICE)

    def test_of_an_unknown_text_names_the_known_ones(self) -> None:
        with pytest.raises(TextError, match="no text goodbye; the texts are hello"):
            book(SMS).render("goodbye", "nb", {})

    def test_without_a_value_names_text_and_value(self) -> None:
        with pytest.raises(TextError, match=r"hello \(sv\) lacks a value: 'name' is undefined"):
            book(SMS).render("hello", "sv", {})

    @pytest.mark.parametrize("name", ["opt_out", "provider"])
    def test_never_goes_out_without_opt_out_or_sender(self, name: str, topics: Topics) -> None:
        texts = book(MARKETING, EMAIL, topics=topics)
        values = {"name": "Kari", "opt_out": "Svar STOPP.", "provider": "Avonova"} | {name: " \u00a0"}
        with pytest.raises(TextError, match=f"blank {name}"):
            texts.render("offer" if name == "opt_out" else "letter", "nb", values)

    def test_takes_values_as_words_never_as_markup_or_template(self) -> None:
        assert book(SMS).render("hello", "nb", {"name": "<Kari> & {{ name }}"}).body == "Hei <Kari> & {{ name }}!"

    def test_makes_an_sms_one_plain_line(self) -> None:
        assert book(SMS).render("hello", "nb", {"name": "«Kari\u00a0\n Ås» –"}).body == 'Hei "Kari Ås" -!'

    def test_gives_an_email_its_subject_and_tidy_paragraphs(self, topics: Topics) -> None:
        rendered = book(EMAIL, topics=topics).render("letter", "nb", {"name": "", "provider": "Avonova"}, "kurs")
        assert rendered.subject == "Om kurs"
        assert rendered.body == "Hei!\n\nDet gjelder kurs.\n\nHilsen Avonova"

    def test_uses_the_general_words_for_a_topic_unheard_of(self, topics: Topics) -> None:
        rendered = book(EMAIL, topics=topics).render("letter", "nb", {"name": "", "provider": "Avonova"}, "romfart")
        assert "Det gjelder et tiltak." in rendered.body

    def test_lets_given_words_win_over_the_topics(self, topics: Topics) -> None:
        values = {"name": "", "provider": "Avonova", "topic": "møtet"}
        assert book(EMAIL, topics=topics).render("letter", "nb", values, "kurs").subject == "Om møtet"

    def test_is_approved_only_when_text_and_topic_words_are(self, topics: Topics) -> None:
        stamp = {"approved_by": "Process Manager", "approved_on": date(2026, 3, 5)}
        letter, values = parse(EMAIL), {"name": "", "provider": "Avonova"}
        cases = [({}, {}, False), (stamp, {}, False), ({}, stamp, False), (stamp, stamp, True)]
        for text_stamp, topic_stamp, approved in cases:
            texts = text_book([letter.model_copy(update=text_stamp)], topics.model_copy(update=topic_stamp))
            assert texts.render("letter", "nb", values).approved is approved

    def test_needs_no_approved_topics_for_a_text_without_one(self, topics: Topics) -> None:
        assert book(SMS, topics=topics).render("hello", "nb", {"name": "Kari"}).approved

    @given(st.text())
    def test_takes_any_name_in_one_line(self, name: str) -> None:
        body = book(SMS).render("hello", "nb", {"name": name}).body
        assert body.startswith("Hei")
        assert "\n" not in body


class TestTextBook:
    def test_has_one_text_for_an_id(self) -> None:
        with pytest.raises(TextError, match="two texts have the id hello"):
            book(SMS, SMS)

    def test_knows_its_texts(self) -> None:
        assert "hello" in book(SMS)
        assert "letter" not in book(SMS)


class TestLoadTexts:
    def test_reads_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "hello.jinja").write_text(SMS, encoding="utf-8")
        (tmp_path / "letter.jinja").write_text(EMAIL, encoding="utf-8")
        (tmp_path / "topics.json").write_text(TOPICS, encoding="utf-8")
        loaded = load_texts(tmp_path)
        assert set(loaded.texts) == {"hello", "letter"}
        assert loaded.topics is not None

    def test_does_without_topics(self, tmp_path: Path) -> None:
        (tmp_path / "hello.jinja").write_text(SMS, encoding="utf-8")
        assert load_texts(tmp_path).topics is None

    def test_names_the_file_that_is_wrong(self, tmp_path: Path) -> None:
        (tmp_path / "hello.jinja").write_text("Hei", encoding="utf-8")
        with pytest.raises(TextError, match=r"hello\.jinja: .*front matter"):
            load_texts(tmp_path)

    def test_wants_a_file_named_after_its_text(self, tmp_path: Path) -> None:
        (tmp_path / "hallo.jinja").write_text(SMS, encoding="utf-8")
        with pytest.raises(TextError, match=r"hallo\.jinja holds text hello"):
            load_texts(tmp_path)

    def test_notices_that_the_texts_were_left_out(self, tmp_path: Path) -> None:
        with pytest.raises(TextError, match="no texts"):
            load_texts(tmp_path)
