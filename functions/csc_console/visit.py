# ruff: noqa: D102 - the desks' methods are told by the routes that call them
"""One request while it is being answered: who asks, for what, when, and what the answer is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from aws_lambda_powertools.event_handler.api_gateway import Router

from csc_console.person import Person
from csc_console.problems import Language
from csc_console.rights import Asked
from csc_console.views import (
    AllRules,
    AskForMore,
    CaseCounts,
    CasePage,
    CaseState,
    CaseView,
    Changes,
    DeadLetters,
    Decide,
    Errors,
    Flows,
    FoundCases,
    HeldEvents,
    History,
    Me,
    MyWork,
    Redriven,
    Released,
    RollBack,
    RulesView,
    SignIn,
    Sorting,
    Takeovers,
)
from kundeflyt.domain.review import Recommendation


class CaseDesk(Protocol):
    """The cases, as one person sees and works them."""

    def page(
        self,
        here: Visit,
        *,
        state: CaseState | None,
        older_than_days: int | None,
        owner_id: int | None,
        recommendation: Recommendation | None,
        claimed_by: str | None,
        sort: Sorting,
        cursor: str | None,
        size: int,
    ) -> CasePage: ...
    def counts(self, here: Visit) -> CaseCounts: ...
    def search(self, here: Visit, text: str) -> FoundCases: ...
    def one(self, here: Visit, case_id: str) -> CaseView: ...
    def claim(self, here: Visit, case_id: str) -> CaseView: ...
    def renew(self, here: Visit, case_id: str) -> CaseView: ...
    def release(self, here: Visit, case_id: str) -> CaseView: ...
    def take_over(self, here: Visit, case_id: str, version: int) -> CaseView: ...
    def decide(self, here: Visit, case_id: str, decision: Decide) -> CaseView: ...
    def ask(self, here: Visit, case_id: str, question: AskForMore) -> CaseView: ...
    def undo(self, here: Visit, case_id: str, version: int) -> CaseView: ...
    def reopen(self, here: Visit, case_id: str, version: int) -> CaseView: ...
    def comment(self, here: Visit, case_id: str, text: str) -> CaseView: ...


class CompanyDesk(Protocol):
    """What is known of customers, and of whoever asks."""

    def sign_in(self) -> SignIn: ...
    def me(self, here: Visit) -> Me: ...
    def history(self, here: Visit, company_id: int, *, cursor: str | None, size: int) -> History: ...
    def takeovers(self, here: Visit, company_id: int) -> Takeovers: ...
    def my_work(self, here: Visit) -> MyWork: ...


class OperationsDesk(Protocol):
    """The state of the flows."""

    def flows(self, here: Visit) -> Flows: ...
    def held(self, flow: str) -> HeldEvents: ...
    def release(self, flow: str) -> Released: ...
    def dead_letters(self, flow: str) -> DeadLetters: ...
    def redrive(self, here: Visit, flow: str, ids: tuple[str, ...] | None) -> Redriven: ...
    def errors(self, here: Visit, hours: int) -> Errors: ...
    def all_rules(self) -> AllRules: ...
    def rules(self, name: str) -> RulesView: ...
    def roll_back(self, name: str, back: RollBack) -> RulesView: ...
    def changes(self, *, cursor: str | None, size: int) -> Changes: ...


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who asks what and when. `only_owner` is the owner whose customers a PFA is kept to; None for everybody else."""

    person: Person | None
    asked: Asked
    language: Language
    now: datetime
    cases: CaseDesk
    companies: CompanyDesk
    operations: OperationsDesk
    only_owner: int | None = None


def visit(router: Router) -> Visit:
    """The request that is being answered."""
    return cast("Visit", router.context["visit"])
