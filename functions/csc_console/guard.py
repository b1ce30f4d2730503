"""Who is let in: a person whom the authorizer has verified, by the rights table, and a PFA to own customers only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from csc_console.companies import companies_now
from csc_console.person import Person, person_of
from csc_console.problems import Language, ProblemError
from csc_console.rights import Asked, asked
from csc_console.rules import CscConsoleRules
from csc_console.visit import Visit
from kundeflyt.ports.console import ConsolePorts


def asked_by(event: Mapping[str, Any]) -> Asked:
    """The route of a request. Raises ProblemError when there is none."""
    found = asked(str(event.get("httpMethod") or ""), str(event.get("path") or ""))
    if found is None:
        raise ProblemError("no_such_route")
    return found


def let_in(event: Mapping[str, Any], wanted: Asked, *, client_id: str) -> Person | None:
    """The person, if one of their groups may do it; None where nobody has to be anybody. Raises ProblemError."""
    if wanted.right.public:
        return None
    person = person_of(event, client_id=client_id)
    if person is None:
        raise ProblemError("not_signed_in")
    if not person.groups:
        raise ProblemError("not_in_a_group")
    if not wanted.right.lets_in(person.groups):
        raise ProblemError("not_allowed_for_group")
    return person


def begin(
    wanted: Asked,
    person: Person | None,
    *,
    language: Language,
    now: datetime,
    ports: ConsolePorts,
    rules: CscConsoleRules,
) -> Visit:
    """The request as the routes get it, once a PFA has been kept to their own customers. Raises ProblemError.

    Whose a customer is, HubSpot says at this moment: whoever has handed one over does not see it any more.
    """
    here = Visit(person=person, asked=wanted, language=language, now=now, ports=ports, rules=rules, only_owner=None)
    if person is None or not wanted.right.only_own(person.groups):
        return here
    owner = ports.directory.owner_with_email(person.email)
    if owner is None:
        raise ProblemError("not_an_owner")
    company_id = _company(wanted, ports)
    if company_id is not None:
        company = companies_now(here, [company_id]).get(company_id)
        if company is None or company.owner_id != owner.id:
            raise ProblemError("not_your_customer")
    return Visit(
        person=person,
        asked=wanted,
        language=language,
        now=now,
        ports=ports,
        rules=rules,
        only_owner=owner.id,
        seen=here.seen,
    )


def _company(wanted: Asked, ports: ConsolePorts) -> int | None:
    """The customer that the path names, by itself or by a case; None where the route is a list of own ones."""
    match wanted.right.own:
        case "company":
            return int(wanted.names["company_id"])
        case "case":
            case = ports.cases.case(wanted.names["case_id"])
            # That there is no such case is told to nobody who might not see it.
            if case is None:
                raise ProblemError("not_your_customer")
            return case.company.id
        case _:
            return None
