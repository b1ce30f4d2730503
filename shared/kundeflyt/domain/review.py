"""What a customer's silence looks like when a sequence has ended, and what that speaks for (001-16 to 001-25).

The evidence names records and moments, never a person's name, number or words. The criteria are judged here and
nowhere else; the words people read about them are made where they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from kundeflyt.domain.crm import NOBODY

Verdict = Literal["met", "not_met", "unknown"]
Recommendation = Literal["inactive", "keep", "fix_first"]
Ending = Literal["finished", "replied", "bounced", "opted_out", "left"]
EntryWhat = Literal[
    "sequence_email",
    "sequence_call",
    "email_out",
    "email_in",
    "call_out",
    "call_in",
    "call_connected",
    "meeting_held",
    "meeting_booked",
    "meeting_no_show",
    "sms_out",
    "sms_in",
    "task_open",
    "order_open",
]
RecordType = Literal["emails", "calls", "meetings", "communications", "tasks", "orders"]
CriterionName = Literal[
    "attempts_by_email",
    "attempts_by_phone",
    "no_response",
    "period_over",
    "main_contact",
    "owner_set",
    "no_open_work",
]
Gap = Literal["main_contact", "phone", "email"]

PERIOD_DAYS: Final = 150
"""How long a customer is tried where the rules name no period for its type: about five months (001-17)."""

_RESPONSES: Final = frozenset({"email_in", "call_in", "call_connected", "meeting_held", "meeting_booked", "sms_in"})
# A logged call is in neither list: it is shown, and is no contact point (001-22).
_TOUCHPOINTS: Final = frozenset({"sequence_email", "sequence_call"})
_OPEN_WORK: Final = frozenset({"task_open", "order_open"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Model):
    """One record that a case rests on; `id` is its id in the system it stands in, `at` when it happened."""

    what: EntryWhat
    record: RecordType
    id: str
    at: AwareDatetime

    @property
    def response(self) -> bool:
        """The customer has been heard from: they wrote, rang, answered, met us or agreed to."""
        return self.what in _RESPONSES

    @property
    def touchpoint(self) -> bool:
        """A step of the sequence that was done; a call that somebody logged is none (001-22)."""
        return self.what in _TOUCHPOINTS


class Evidence(_Model):
    """All that is known of a customer when a sequence has ended, for the company and not just for the contact.

    `period_days` is how long a customer of its type is tried. `orders_known` is False while the system that has the
    orders does not answer. Ids are HubSpot's; 0 is an owner no more than None is.
    """

    company_id: int
    contact_id: int
    sequence_id: int
    enrolled_at: AwareDatetime
    ended_at: AwareDatetime
    ending: Ending
    customer_type: str | None = None
    period_days: int = Field(default=PERIOD_DAYS, gt=0)
    main_contact_id: int | None = None
    main_contact_named: bool = False
    main_contact_phone: bool = False
    owner_id: int | None = None
    entries: tuple[Entry, ...] = ()
    orders_known: bool = True

    @property
    def people(self) -> frozenset[int]:
        """Whom it names: the contact whose sequence ended, and the customer's main contact."""
        return frozenset(id_ for id_ in (self.contact_id, self.main_contact_id) if id_)

    def without(self, forgotten: Collection[int]) -> Evidence:
        """The same of the customer when these contacts are forgotten; whose ending it was is `NOBODY` (0) then."""
        changes: dict[str, object] = {}
        if self.contact_id in forgotten:
            changes["contact_id"] = NOBODY
        if self.main_contact_id in forgotten:
            changes |= {"main_contact_id": None, "main_contact_named": False, "main_contact_phone": False}
        return self.model_copy(update=changes) if changes else self

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the responsible adviser can put right on the customer's card (001-23, 001-36)."""
        if not self.main_contact_id or not self.main_contact_named:
            return ("main_contact",)
        return () if self.main_contact_phone else ("phone",)


class Criterion(_Model):
    """One thing that must hold before a customer may become inactive, and the records that it rests on."""

    name: CriterionName
    requirement: str
    verdict: Verdict
    records: tuple[Entry, ...] = ()


class Assessment(_Model):
    """How each criterion stands, and what that speaks for; the decision is customer service's (001-26, 001-40)."""

    criteria: tuple[Criterion, ...]
    recommendation: Recommendation

    def verdict(self, name: CriterionName) -> Verdict:
        """How one criterion stands; unknown when it was not judged."""
        return next((one.verdict for one in self.criteria if one.name == name), "unknown")


class ReviewedCompany(_Model):
    """The customer that is assessed; `country` is an ISO code. A company's name is no personal data."""

    id: int
    name: str
    organisation_number: str | None = None
    country: str | None = None


class WaitingFor(_Model):
    """What somebody was asked to put right first; the case comes to customer service `until` then at the latest.

    The same request comes again, under another key, when it has been put right or that time is over: then nothing is
    waited for any more. An `email` is missing where the sequence's last one bounced.
    """

    gaps: tuple[Gap, ...] = Field(min_length=1)
    until: AwareDatetime


class ReviewRequest(_Model):
    """The message on the review queue: a customer to be assessed, with everything it is to be judged by.

    `key` names what happened and not its delivery: the same ending told twice has the same key, and is one case.
    """

    version: Literal[1] = 1
    key: str = Field(min_length=1, max_length=200)
    portal_id: int
    company: ReviewedCompany
    evidence: Evidence
    assessment: Assessment
    waiting_for: WaitingFor | None = None
    found_at: AwareDatetime

    @property
    def subject(self) -> str:
        """What happened, not its delivery."""
        return self.key

    def about(self, company_id: int) -> ReviewRequest:
        """The same customer under this id, when the company has been merged into it."""
        if company_id == self.company.id:
            return self
        company = self.company.model_copy(update={"id": company_id})
        evidence = self.evidence.model_copy(update={"company_id": company_id})
        return self.model_copy(update={"company": company, "evidence": evidence})

    def without(self, forgotten: Collection[int]) -> ReviewRequest:
        """The same request, when these contacts have been forgotten: judged as the customer stands without them."""
        if not self.evidence.people.intersection(forgotten):
            return self
        evidence = self.evidence.without(forgotten)
        judged = self.evidence.main_contact_id != evidence.main_contact_id
        assessment = assess(evidence, now=self.found_at) if judged else self.assessment
        return self.model_copy(update={"evidence": evidence, "assessment": assessment})

    @model_validator(mode="after")
    def _about_one_company(self) -> Self:
        if self.company.id != self.evidence.company_id:
            raise ValueError(f"the evidence is about company {self.evidence.company_id}, not {self.company.id}")
        return self


def assess(evidence: Evidence, *, now: datetime) -> Assessment:
    """Judges what is known: inactive only when every criterion is certainly met (001-21, 001-23, 001-26).

    Whoever has answered, or has not been tried for as long as its type is, is kept; anything else that is not met, or
    that nobody can say, is to be put right first. `now` is aware; the order of the entries does not matter.
    """
    since = _in_order(entry for entry in evidence.entries if entry.at >= evidence.enrolled_at)
    criteria = (
        _attempts("attempts_by_email", "sequence_email", since, certain=evidence.ending != "bounced"),
        _attempts("attempts_by_phone", "sequence_call", since),
        _no_response(evidence, since),
        _criterion("period_over", "001-17", now - evidence.enrolled_at >= timedelta(days=evidence.period_days)),
        _criterion("main_contact", "001-23", not evidence.gaps),
        _criterion("owner_set", "001-24", bool(evidence.owner_id)),
        _no_open_work(evidence),
    )
    return Assessment(criteria=criteria, recommendation=_recommendation({one.name: one.verdict for one in criteria}))


def _recommendation(verdicts: dict[CriterionName, Verdict]) -> Recommendation:
    if verdicts["no_response"] == "not_met" or verdicts["period_over"] == "not_met":
        return "keep"
    return "inactive" if set(verdicts.values()) == {"met"} else "fix_first"


def _attempts(name: CriterionName, what: EntryWhat, since: tuple[Entry, ...], *, certain: bool = True) -> Criterion:
    """Tried through the sequence; where the last e-mail bounced, nobody can say that any of them arrived (001-21)."""
    done = tuple(entry for entry in since if entry.touchpoint and entry.what == what)
    verdict: Verdict = "not_met" if not done else "met" if certain else "unknown"
    return Criterion(name=name, requirement="001-21", verdict=verdict, records=done)


def _no_response(evidence: Evidence, since: tuple[Entry, ...]) -> Criterion:
    """Nobody at the company has been heard from; a sequence that a reply has ended says so by itself (001-21)."""
    heard = tuple(entry for entry in since if entry.response)
    silent = not heard and evidence.ending != "replied"
    return _criterion("no_response", "001-21", silent, heard)


def _no_open_work(evidence: Evidence) -> Criterion:
    """Nothing is under way for the customer, whenever it was begun (001-08)."""
    begun = _in_order(entry for entry in evidence.entries if entry.what in _OPEN_WORK)
    if not begun and not evidence.orders_known:
        return Criterion(name="no_open_work", requirement="001-08", verdict="unknown")
    return _criterion("no_open_work", "001-08", not begun, begun)


def _criterion(name: CriterionName, requirement: str, holds: bool, records: tuple[Entry, ...] = ()) -> Criterion:
    return Criterion(name=name, requirement=requirement, verdict="met" if holds else "not_met", records=records)


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(set(entries), key=lambda entry: (entry.at, entry.record, entry.id, entry.what)))
