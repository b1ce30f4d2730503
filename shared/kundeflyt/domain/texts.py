"""The texts a customer reads: what is known about each, and how it is filled in.

A text is a file: front matter of plain `key: value` lines between two lines of `---`, then one section for
each language under `== nb ==`, in Jinja2. An e-mail's section begins with a line `Subject: ...`. Nothing here
reads files; `kundeflyt.wiring.texts` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Self

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, UndefinedError, meta
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kundeflyt.domain.sms_text import normalise

HOME_LANGUAGE: Final = "nb"
GENERAL_TOPIC: Final = "general"

# A text must say on whose behalf it is written (e-handelsloven § 9), and marketing how to be spared of more
# of it (markedsføringsloven § 15): a blank here would be a breach, not a hole in the prose.
_NEVER_BLANK: Final = frozenset({"provider", "opt_out"})
_TOPIC_VALUES: Final = frozenset({"topic", "outline"})
_SECTION: Final = re.compile(r"^== *([a-z]{2}) *==$", re.MULTILINE)
_SUBJECT: Final = "Subject:"

_JINJA: Final = Environment(
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - SMS and plain e-mail: `&amp;` would reach the customer as it stands
    trim_blocks=True,
    lstrip_blocks=True,
)


class TextError(ValueError):
    """A text's file is wrong, or a value it needs is missing; the message names the text and what is wrong."""


class Purpose(StrEnum):
    """Why the customer gets it: MARKETING needs a stored basis and a way to opt out, SERVICE does not."""

    SERVICE = "SERVICE"
    MARKETING = "MARKETING"


class Channel(StrEnum):
    """How the customer gets it."""

    SMS = "SMS"
    EMAIL = "EMAIL"


@dataclass(frozen=True)
class Body:
    """One language of a text, not filled in yet; only an e-mail has a subject."""

    subject: str | None
    body: str

    @property
    def used_values(self) -> frozenset[str]:
        """The names of all values that the template mentions."""
        source = f"{self.subject or ''}\n{self.body}"
        return _values_in(source)


class Approval(BaseModel):
    """Only words that the Process Manager has approved reach a customer: this version, by a role, on a date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1)]
    approved_by: str | None = None
    approved_on: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.approved_by is None) != (self.approved_on is None):
            raise ValueError("approved_by (a role) and approved_on (a date) come together or not at all")
        return self

    @property
    def approved(self) -> bool:
        """Somebody stands behind this version."""
        return self.approved_by is not None


class Text(Approval):
    """One text as its file has it, in every language it lists."""

    id: Annotated[str, Field(min_length=1)]
    purpose: Purpose
    channel: Channel
    languages: tuple[str, ...]
    bodies: Mapping[str, Body]

    @model_validator(mode="after")
    def _every_language_has_its_words(self) -> Self:
        if set(self.languages) != self.bodies.keys() or HOME_LANGUAGE not in self.bodies:
            raise ValueError(
                f"it lists {', '.join(self.languages)} and has sections for {', '.join(self.bodies)};"
                f" they must be the same and include {HOME_LANGUAGE}"
            )
        for language, body in self.bodies.items():
            if (body.subject is not None) != (self.channel is Channel.EMAIL):
                raise ValueError(f"{language}: an e-mail's section begins with '{_SUBJECT}', an SMS has none")
            if not body.body or body.subject == "":
                raise ValueError(f"{language} is empty; every language listed needs its words")
            if self.purpose is Purpose.MARKETING and "opt_out" not in body.used_values:
                raise ValueError(f"{language} is MARKETING and must carry {{{{ opt_out }}}}")
        return self


class TopicWords(BaseModel):
    """How one topic is named in a sentence ("about ...") and outlined in an e-mail, in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    outline: Annotated[str, Field(min_length=1)]


class Topics(Approval):
    """The words for all topics (000-10, 000-11); customers read them, so they are approved like a text."""

    topics: Mapping[str, Mapping[str, TopicWords]]

    @model_validator(mode="after")
    def _every_topic_has_bokmal(self) -> Self:
        if GENERAL_TOPIC not in self.topics:
            raise ValueError(f"there is no topic {GENERAL_TOPIC}")
        if lacking := [topic for topic, words in self.topics.items() if HOME_LANGUAGE not in words]:
            raise ValueError(f"no words in {HOME_LANGUAGE} for {', '.join(lacking)}")
        return self

    def words(self, topic: str, language: str) -> TopicWords:
        """The topic's words; a topic or language we have no words for gets the general ones, or bokmål."""
        by_language = self.topics.get(topic) or self.topics[GENERAL_TOPIC]
        return by_language[language if language in by_language else HOME_LANGUAGE]


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A text filled in for one customer; `approved` is False when any words in it await approval."""

    text_id: str
    version: int
    purpose: Purpose
    approved: bool
    language: str
    subject: str | None
    body: str


@dataclass(frozen=True)
class TextBook:
    """All texts of one flow, and the words for its topics when it has topics."""

    texts: Mapping[str, Text]
    topics: Topics | None = None

    def __contains__(self, text_id: str) -> bool:
        return text_id in self.texts

    def render(
        self,
        text_id: str,
        language: str | None,
        values: Mapping[str, str],
        topic: str = GENERAL_TOPIC,
    ) -> Rendered:
        """The customer reads the text in their own language, bokmål when we have no other.

        `language` is a tag as HubSpot has it (`sv`, `sv-se`); `no` and `nn` read bokmål. `topic` fills in
        `topic` and `outline` in the language used; a value of that name in `values` wins. Values are single
        lines: white space in them is collapsed. An SMS comes back normalised for the GSM alphabet. Raises
        TextError for an unknown text, a missing value, a blank `provider` or `opt_out`.
        """
        text = self.texts.get(text_id)
        if text is None:
            raise TextError(f"there is no text {text_id}; the texts are {', '.join(sorted(self.texts))}")
        used = _language(language, text.languages)
        body = text.bodies[used]
        filled = self._topic_values(topic, used) | {name: " ".join(v.split()) for name, v in values.items()}
        for name in sorted(_NEVER_BLANK & body.used_values):
            if filled.get(name) == "":
                raise TextError(f"text {text.id} ({used}) can't go out with a blank {name}; see the rules")
        try:
            subject = _compiled(body.subject).render(filled) if body.subject is not None else None
            prose = _compiled(body.body).render(filled)
        except UndefinedError as error:
            raise TextError(f"text {text.id} ({used}) lacks a value: {error.message}") from error
        return Rendered(
            text_id=text.id,
            version=text.version,
            purpose=text.purpose,
            approved=text.approved and (self._words_approved or not _TOPIC_VALUES & body.used_values),
            language=used,
            subject=None if subject is None else _one_line(subject),
            body=normalise(_one_line(prose)) if text.channel is Channel.SMS else _paragraphs(prose),
        )

    @property
    def _words_approved(self) -> bool:
        return self.topics is None or self.topics.approved

    def _topic_values(self, topic: str, language: str) -> dict[str, str]:
        if self.topics is None:
            return {}
        words = self.topics.words(topic, language)
        return {"topic": words.name, "outline": words.outline}


def parse(source: str) -> Text:
    """Reads one text's file; raises TextError saying what is wrong and, where known, with which text."""
    match source.replace("\r\n", "\n").split("---\n", 2):
        case ["", front, content]:
            head = _front_matter(front)
        case _:
            raise TextError("a text begins with front matter between two lines of ---")
    text_id = head.get("id", "(no id)")
    languages = tuple(language.strip() for language in head.pop("languages", "").split(","))
    try:
        return Text.model_validate({**head, "languages": languages, "bodies": _bodies(text_id, content)})
    except ValidationError as error:
        raise TextError(f"text {text_id} is wrong: {_problems(error)}") from error


def parse_topics(source: str) -> Topics:
    """Reads the topics' words (JSON); every topic has nb and there is a general one, else TextError."""
    try:
        return Topics.model_validate_json(source)
    except ValidationError as error:
        raise TextError(f"the topics' file is wrong: {_problems(error)}") from error


def text_book(texts: Iterable[Text], topics: Topics | None = None) -> TextBook:
    """The texts by their ids; two with one id raise TextError."""
    by_id: dict[str, Text] = {}
    for text in texts:
        if text.id in by_id:
            raise TextError(f"two texts have the id {text.id}")
        by_id[text.id] = text
    return TextBook(by_id, topics)


@lru_cache(maxsize=256)
def _values_in(source: str) -> frozenset[str]:
    return frozenset(meta.find_undeclared_variables(_JINJA.parse(source)))


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _JINJA.from_string(source)


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in error.errors())


def _front_matter(front: str) -> dict[str, str]:
    head: dict[str, str] = {}
    for line in filter(None, map(str.strip, front.split("\n"))):
        key, colon, value = line.partition(":")
        if not colon:
            raise TextError(f"the front matter has a line that is no `key: value`: {line}")
        if value.strip():
            head[key.strip()] = value.strip()
    return head


def _bodies(text_id: str, content: str) -> dict[str, Body]:
    before, *sections = _SECTION.split(content)
    if before.strip():
        raise TextError(f"text {text_id} has words before its first language, == {HOME_LANGUAGE} ==")
    bodies: dict[str, Body] = {}
    for language, section in zip(sections[::2], sections[1::2], strict=True):
        if language in bodies:
            raise TextError(f"text {text_id} has two sections for {language}")
        bodies[language] = _body(section.strip())
        try:
            _ = bodies[language].used_values
        except TemplateSyntaxError as error:
            raise TextError(f"text {text_id} ({language}) is no Jinja2 template: {error.message}") from error
    return bodies


def _body(section: str) -> Body:
    first, _, rest = section.partition("\n")
    if first.startswith(_SUBJECT):
        return Body(first.removeprefix(_SUBJECT).strip(), rest.strip())
    return Body(None, section)


def _language(wanted: str | None, available: Iterable[str]) -> str:
    primary = re.split(r"[-_]", (wanted or "").strip().casefold())[0]
    return primary if primary in available else HOME_LANGUAGE


def _one_line(prose: str) -> str:
    return unicodedata.normalize("NFC", " ".join(prose.split()))


def _paragraphs(prose: str) -> str:
    lines = "\n".join(line.rstrip() for line in prose.strip().split("\n"))
    return unicodedata.normalize("NFC", re.sub(r"\n{3,}", "\n\n", lines))
