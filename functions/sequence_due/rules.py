"""What business people can change about when a sequence is proposed, without a new deployment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kundeflyt.domain.rules import CONNECTED, NO_ANSWER, FlowRules

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SequenceId = Annotated[int, Field(gt=0)]


class SequenceDueRules(FlowRules):
    """How often a customer is tried in vain before a sequence is proposed, and the portal's own names.

    So many calls, or so many e-mails, nobody answered within `within_days` (001-06, 001-07); one meeting to which
    nobody came is enough (001-05). An e-mail counts as unanswered `email_waits_days` after it was sent.
    `main_contact_property` is the contact's property that says who the main contact is, `customer_type_property` the
    company's that says what kind of customer it is. With `enrol` `auto` the main contact gets into the sequence that
    `sequences` names for the type, else into `sequence`, `enrol_per_day` at the most; what HubSpot refuses becomes
    the task. The nightly look at who was written to goes back `sweep_overlap_hours` behind what it has seen.
    """

    no_answer_dispositions: frozenset[str] = frozenset({NO_ANSWER})
    connected_dispositions: frozenset[str] = frozenset({CONNECTED})
    calls_without_answer: int = Field(default=3, ge=1, le=20)
    emails_without_answer: int = Field(default=3, ge=1, le=20)
    email_waits_days: int = Field(default=5, ge=1, le=30)
    within_days: int = Field(default=60, ge=7, le=365)
    main_contact_property: Word | None = None
    customer_type_property: Word | None = None
    enrol: Literal["task", "auto"] = "task"
    sequence: SequenceId | None = None
    sequences: dict[Word, SequenceId] = Field(default_factory=dict)
    enrol_per_day: int = Field(default=50, ge=0, le=1000)
    sweep_overlap_hours: int = Field(default=24, ge=1, le=168)
