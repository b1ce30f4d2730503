"""What the console is told and what it asks, as the API's contract shows it.

Ids are HubSpot's unless said otherwise; moments are aware and in UTC. Names and numbers of people are read from HubSpot
while the request lasts and stand nowhere else. Texts are in the language the request asks for.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kundeflyt.domain.cases import AuditWhat, CaseState, DecisionWhat, SlaColour
from kundeflyt.domain.review import CriterionName, Ending, EntryWhat, Gap, Recommendation, RecordType, Verdict
from kundeflyt.domain.rules import Mode

Group = Literal["csc", "pfa", "ops"]
Step = Literal["claim", "renew", "release", "take_over", "decide", "ask", "undo", "reopen", "comment"]

Id = Annotated[str, Field(pattern=r"^\d{1,19}$", description="A HubSpot id, in digits: too long for a JSON number.")]
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Seen = Annotated[int, Field(ge=0, lt=2**31, description="The version of the case that the person has before them.")]


class View(BaseModel):
    """Nothing is told or asked that is not written down here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ------------------------------------------------------------------------------------------------ what went wrong
class WrongField(View):
    """A part of the request that cannot be used."""

    field: str
    text: str


class Verdicted(View):
    """What somebody else decided meanwhile."""

    what: DecisionWhat
    reason: str
    by: str
    at: AwareDatetime


class Problem(View):
    """What happened and what to do next (RFC 9457); `code` is for programs, `detail` and `next` are for people.

    `decided` and `claimed_by` tell what another person has done with the case meanwhile, `version` how it stands now.
    """

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    next: str
    fields: tuple[WrongField, ...] = ()
    decided: Verdicted | None = None
    claimed_by: str | None = None
    version: int | None = None
    request_id: str | None = None


# ------------------------------------------------------------------------------------------------ who is asking
class OwnerView(View):
    """An adviser; the name is read from HubSpot and is empty when HubSpot does not tell it."""

    id: Id
    name: str = ""


class Me(View):
    """Who is signed in, and which operations (`operationId`) this person may use.

    `owner` is who a PFA is in HubSpot: None when no owner there has the person's verified e-mail address.
    There are no cookies: a request that carries no token is nobody's, so another site cannot send one in this name.
    """

    email: str
    groups: tuple[Group, ...]
    owner: OwnerView | None = None
    may: tuple[str, ...]
    languages: tuple[str, ...] = ("nb", "sv", "en")


class SignIn(View):
    """Where people sign in: Cognito's hosted page, by authorization code with PKCE (S256). Nothing here is secret.

    The ID token goes into the header `Authorization: Bearer …` of every request and lasts `token_minutes`.
    """

    authorize_url: str
    token_url: str
    logout_url: str
    revoke_url: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "email")
    token_minutes: int


# ------------------------------------------------------------------------------------------------ cases
class CompanyView(View):
    """The customer; `link` opens it in HubSpot."""

    id: Id
    name: str
    organisation_number: str | None = None
    link: str


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
    """How a sequence of the customer's ended."""

    sequence_id: Id
    contact_id: Id
    contact_link: str
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


# ------------------------------------------------------------------------------------------------ why did this happen?
class ActionView(View):
    """One thing that was to be done. `state` is None while nothing has been begun."""

    name: str
    kind: str
    state: Literal["started", "done", "refused", "unsure"] | None = None
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    reason: str | None = None
    result: str | None = None
    link: str | None = None


class PlanView(View):
    """What was decided at one moment, and why; a plan without actions is a decision to do nothing."""

    planned_at: AwareDatetime
    mode: Literal["on", "shadow"]
    because: str
    problems: tuple[str, ...] = ()
    round: int
    contact_link: str | None = None
    responsible: OwnerView | None = None
    actions: tuple[ActionView, ...] = ()


class StoryView(View):
    """Everything about one event that touched the customer: what was heard, decided and done."""

    flow: str
    subject: str
    event: str
    received_at: AwareDatetime
    plans: tuple[PlanView, ...]
    held_because: str | None = None


class History(View):
    """What the system did about a customer and why, the newest first; `next` leads to what was before."""

    company: CompanyView
    owner: OwnerView | None = None
    stories: tuple[StoryView, ...]
    next: str | None = None
    as_of: AwareDatetime


class BoxView(View):
    """One point of a takeover's checklist."""

    requirement: str
    state: Literal["open", "verified", "ticked"]


class TakeoverView(View):
    """How far a customer's takeover has come. `company_name` is empty where the customer's name was not read."""

    company_id: Id
    company_name: str = ""
    link: str
    at: AwareDatetime
    previous_owner: OwnerView | None = None
    owner: OwnerView | None = None
    finished: bool
    boxes: tuple[BoxView, ...]
    looked_at: AwareDatetime


class Takeovers(View):
    """A customer's takeovers, the newest first."""

    takeovers: tuple[TakeoverView, ...]


class TaskView(View):
    """A task of ours that waits for the adviser."""

    id: Id
    subject: str
    due: AwareDatetime | None = None
    link: str


class MyWork(View):
    """What waits for a PFA: their customers' cases, takeovers that are not finished, and our open tasks."""

    owner: OwnerView
    cases: tuple[CaseRow, ...]
    takeovers: tuple[TakeoverView, ...]
    tasks: tuple[TaskView, ...]
    as_of: AwareDatetime


# ------------------------------------------------------------------------------------------------ operations
class FlowView(View):
    """How a flow stands: by its rules (`mode`), whether it has stopped itself, and what waits.

    `mode` is None when its rules cannot be used at all; `rules_problem` tells what is wrong with the newest.
    """

    name: str
    mode: Mode | None
    stopped_because: str | None = None
    held: int
    dead_letters: int
    rules_version: int | None = None
    rules_problem: str | None = None


class Flows(View):
    """Every flow of the stack."""

    flows: tuple[FlowView, ...]
    as_of: AwareDatetime


class HeldView(View):
    """An event that waits to be released."""

    id: str
    event: str
    subject: str
    reason: str
    received_at: AwareDatetime
    held_at: AwareDatetime


class HeldEvents(View):
    """What a flow holds, the oldest first; at most 200 of `total`."""

    flow: str
    total: int
    held: tuple[HeldView, ...]


class Released(View):
    """How many events were let go, and how many of them a minute are worked."""

    flow: str
    released: int
    per_minute: int


class DeadLetterView(View):
    """A message that was set aside, with the reason. `event` is None when nobody can read it."""

    id: str
    set_aside_at: AwareDatetime
    reason: str
    event: str | None = None
    subject: str | None = None


class DeadLetters(View):
    """What a flow has set aside, the oldest first."""

    flow: str
    dead_letters: tuple[DeadLetterView, ...]


class Redrive(View):
    """Which messages go back to their queue: those named, or every one that can be read."""

    ids: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] | None = None


class Redriven(View):
    """What is back on its queue, and what was left."""

    flow: str
    redriven: tuple[DeadLetterView, ...]
    left: tuple[DeadLetterView, ...]
    missing: tuple[str, ...] = ()


class ErrorView(View):
    """One thing that operations was told, by record ids."""

    at: AwareDatetime
    service: str
    level: str
    what: str
    about: dict[str, str | int] = Field(default_factory=dict)


class Errors(View):
    """What went wrong lately, the newest first; `since` is how far back was looked."""

    since: AwareDatetime
    errors: tuple[ErrorView, ...]


class RulesVersion(View):
    """Rules as somebody put them; phone numbers are masked. `problem` tells why they are not used."""

    version: int
    put_at: AwareDatetime
    by: str
    problem: str | None = None
    rules: dict[str, Any] | None = None


class RulesView(View):
    """The rules of a flow (or `common`): what is in force, and every version that is remembered, the newest first."""

    name: str
    in_force: int | None
    versions: tuple[RulesVersion, ...]


class AllRules(View):
    """The rules there are, each with its newest version and the one in force."""

    rules: tuple[RulesView, ...]


class RollBack(View):
    """Put an earlier version in force again. `version` is the newest that the person has seen."""

    to: Annotated[int, Field(gt=0, lt=2**31)]
    version: Annotated[int, Field(gt=0, lt=2**31)]


class ChangeView(View):
    """A change that somebody made through the console: `outcome` is how the request ended (an HTTP status)."""

    at: AwareDatetime
    by: str
    operation: str
    about: dict[str, str]
    outcome: int | None = None


class Changes(View):
    """Every change made through the console, the newest first."""

    changes: tuple[ChangeView, ...]
    next: str | None = None
