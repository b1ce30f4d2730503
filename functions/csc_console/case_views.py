"""What the console is told and what it asks about review cases, as the API's contract shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from csc_console.views import CompanyView, Id, OwnerView, View
from kundeflyt.domain.cases import AuditWhat, CaseState, DecisionWhat, SlaColour
from kundeflyt.domain.review import CriterionName, Ending, EntryWhat, Gap, Recommendation, RecordType, Verdict

Step = Literal["claim", "renew", "release", "take_over", "decide", "ask", "undo", "reopen", "comment"]

Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Seen = Annotated[int, Field(ge=0, lt=2**31, description="The version of the case that the person has before them.")]


class ClaimView(View):
    """Who is working on the case, and until when that holds unless they go on."""

    by: str
    mine: bool
    until: AwareDatetime
    taken_over_from: str | None = None


class DecisionView(View):
    """What was decided. While `can_be_undone`, nothing of it is done, and it can be taken back until `undo_until`."""

    what: DecisionWhat
    reason: str
    feedback: str | None = None
    asked: OwnerView | None = None
    by: str
    mine: bool
    at: AwareDatetime
    undo_until: AwareDatetime
    can_be_undone: bool


class CaseRow(View):
    """A case as the queue shows it. `colour` tells how late it is in working time, None where nothing waits for us.

    `claim` is there while somebody works the case; a claim that has run out is nobody's. `looking` are the colleagues
    who have the case before them now, whether or not they have claimed it; never the one who asks.
    """

    id: str
    version: int
    company: CompanyView
    owner: OwnerView | None = None
    state: CaseState
    recommendation: Recommendation
    colour: SlaColour | None = None
    opened_at: AwareDatetime
    evidence_at: AwareDatetime
    amber_at: AwareDatetime
    due_at: AwareDatetime
    claim: ClaimView | None = None
    looking: tuple[str, ...] = ()
    decided: DecisionWhat | None = None


class CasePage(View):
    """A page of the queue; `next` is the cursor of the page after it, None on the last one."""

    cases: tuple[CaseRow, ...]
    next: str | None = None
    as_of: AwareDatetime


class CaseCounts(View):
    """How many cases there are in each state, for the whole of customer service.

    Of those that wait for a decision (open or claimed) also by how late they are, and how many are older than so many
    days. These are counted among the hundred that are due first and the hundred oldest: a hundred means at least a
    hundred, and a colour that lies behind a hundred others is left out.
    """

    by_state: dict[CaseState, int]
    by_colour: dict[SlaColour, int] = Field(default_factory=dict)
    by_age: dict[str, int] = Field(default_factory=dict)
    as_of: AwareDatetime


class FoundCases(View):
    """What a search found, the newest evidence first."""

    cases: tuple[CaseRow, ...]


class RecordView(View):
    """One record that the case rests on; `link` opens it, None where it stands in another system than HubSpot.

    `counts` is False for what is only shown: a call that somebody logged is no contact point (001-22).
    `response` is True for what the customer did.
    """

    what: EntryWhat
    text: str
    record: RecordType
    id: str
    at: AwareDatetime
    counts: bool
    response: bool
    link: str | None = None


class CriterionView(View):
    """One thing that must hold before the customer may become inactive, and how it stands."""

    name: CriterionName
    text: str
    requirement: str
    verdict: Verdict
    verdict_text: str
    records: tuple[RecordView, ...] = ()


class EndingView(View):
    """How a sequence of the customer's ended; without a link where the contact has been erased (`contact_id` 0)."""

    sequence_id: Id
    contact_id: Id
    contact_link: str | None
    enrolled_at: AwareDatetime
    ended_at: AwareDatetime
    ending: Ending
    text: str
    period_days: int


class MainContactView(View):
    """The customer's main contact, read from HubSpot a moment ago."""

    id: Id
    name: str
    title: str | None = None
    phone: str | None = None
    link: str


class WaitingView(View):
    """What the case waits for: gaps on the customer's card, or the answer to a question (`task_link`)."""

    gaps: tuple[Gap, ...] = ()
    text: str
    task_link: str | None = None
    until: AwareDatetime


class EffectView(View):
    """One thing that happens when the decision takes effect."""

    effect: str
    text: str


class ChoiceView(View):
    """A decision that can be made, what would happen then, and the reasons people commonly give for it."""

    what: DecisionWhat
    text: str
    effects: tuple[EffectView, ...]
    reasons: tuple[str, ...] = ()


class CommentView(View):
    """What a colleague has written on the case."""

    by: str
    at: AwareDatetime
    text: str


class AuditView(View):
    """Who did what with the case, and when; `by` is empty where the system did it."""

    at: AwareDatetime
    by: str = ""
    what: AuditWhat
    text: str
    note: str = ""


class CaseView(View):
    """Everything about one case, on one screen.

    `may` are the steps that this person can take now. `undo_minutes` is how long a decision can be taken back.
    `main_contact` is None when there is none or HubSpot does not answer: `main_contact_known` tells which.
    """

    case: CaseRow
    criteria: tuple[CriterionView, ...]
    endings: tuple[EndingView, ...]
    main_contact: MainContactView | None = None
    main_contact_known: bool = True
    waiting_for: WaitingView | None = None
    decision: DecisionView | None = None
    timeline: tuple[RecordView, ...]
    comments: tuple[CommentView, ...] = ()
    audit: tuple[AuditView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    may: tuple[Step, ...] = ()
    undo_minutes: int
    effected_at: AwareDatetime | None = None
    withdrawn_because: str | None = None
    as_of: AwareDatetime


class AsSeen(View):
    """The case as the person has it before them: refused when it has changed since."""

    version: Seen


class Decide(View):
    """Customer service's decision. `feedback` goes to the adviser in full with a `keep` (001-27, 001-41)."""

    version: Seen
    what: Literal["inactive", "keep"]
    reason: Words
    feedback: Words | None = None


class AskForMore(View):
    """A question without whose answer the case cannot be decided; it goes to the adviser unless somebody is named."""

    version: Seen
    question: Words
    owner_id: Id | None = None


class Reopen(View):
    """Why a closed case is worked again."""

    version: Seen
    reason: Words


class NewComment(View):
    """Something for colleagues to know."""

    text: Words
