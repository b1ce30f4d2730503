"""One request while it is being answered: who asks, for what, when, and what the answer is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from aws_lambda_powertools.event_handler.api_gateway import Router

from csc_console.person import Person
from csc_console.problems import Language, ProblemError
from csc_console.rights import Asked
from csc_console.rules import CscConsoleRules
from kundeflyt.domain.rules import ReviewCaseRules
from kundeflyt.ports.console import ConsolePorts
from kundeflyt.ports.directory import CompanyNow


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who asks what and when. `only_owner` is the owner whose customers a PFA is kept to; None for everybody else.

    `seen` are the customers that were read from HubSpot for this request; None where there is none of that id.
    """

    person: Person | None
    asked: Asked
    language: Language
    now: datetime
    ports: ConsolePorts
    rules: CscConsoleRules
    only_owner: int | None = None
    seen: dict[int, CompanyNow | None] = field(default_factory=dict)

    @property
    def somebody(self) -> Person:
        """Who is signed in; a public route has nobody, and no business asking."""
        if self.person is None:
            raise ProblemError("not_signed_in")
        return self.person

    @property
    def case_rules(self) -> ReviewCaseRules:
        """How long a claim holds, a decision can be undone, and a case may take."""
        return self.ports.common.review_cases


def visit(router: Router) -> Visit:
    """The request that is being answered."""
    return cast("Visit", router.context["visit"])
