"""What business people can change about the No Answer routine, without a new deployment."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from kundeflyt.domain.calendar import ContactHours
from kundeflyt.domain.rules import CONNECTED, NO_ANSWER, FlowRules

Topic = Literal[
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
Language = Annotated[str, StringConstraints(pattern="^(nb|sv|en)$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

# Of two in one title the first counts, so what is near health stands first.
_KEYWORDS: Final[dict[str, Topic]] = {
    "sykefravær": "sykefravaer",
    "sykmeld": "sykefravaer",
    "hk": "hk",
    "helsekontroll": "hk",
    "helseundersøkelse": "hk",
    "influensa": "influensavaksine",
    "vaksine": "influensavaksine",
    "webinar": "webinar",
    "kurs": "kurs",
    "anbefalte tiltak": "anbefalte_tiltak",
    "tiltak": "anbefalte_tiltak",
    "ansattgode": "ansattgoder",
    "statusmøte": "statusmote",
    "kampanje": "kampanje",
}


class NoAnswerRules(FlowRules):
    """The routine's thresholds, and the portal's own ids and names.

    `topics_by_call_type` maps the portal's call types (`hs_activity_type`) to topics (000-10, 000-11);
    `topics_by_keyword` maps words of the call's title: three letters or fewer are a word of their own, longer ones
    begin a word. `sms_general_topics` are not named in an SMS, and go before the others in a title with several.
    `marketing_basis_property` is the contact property that holds the stored basis, `marketing_opt_out` the sentence
    that says how to opt out, for each language in which marketing may be sent.
    """

    no_answer_dispositions: frozenset[str] = frozenset({NO_ANSWER})
    connected_dispositions: frozenset[str] = frozenset({CONNECTED})
    imported_after_hours: int = Field(default=24, gt=0)
    contact_hours: ContactHours = ContactHours()
    topics_by_call_type: dict[Word, Topic] = Field(default_factory=dict)
    topics_by_keyword: dict[Word, Topic] = Field(default_factory=lambda: dict(_KEYWORDS))
    sms_general_topics: frozenset[Topic] = frozenset({"hk", "sykefravaer"})
    sms_once_per_hours: int = Field(default=20, gt=0)
    sms_stale_after_working_days: int = Field(default=2, ge=1)
    sms_max_parts: int = Field(default=3, ge=1, le=6)
    marketing_basis_property: Word | None = None
    marketing_opt_out: dict[Language, Word] = Field(default_factory=dict)
