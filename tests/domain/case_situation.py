"""A customer's case for tests: Fjordbygg AS, silent since June, and two people who work cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kundeflyt.domain.cases import ReviewCase, begin_effects, claim, decide, opened
from kundeflyt.domain.review import Entry, Evidence, ReviewedCompany, ReviewRequest, WaitingFor, assess
from kundeflyt.domain.rules import ReviewCaseRules

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)  # a Monday, ten o'clock in Oslo
RULES = ReviewCaseRules()
UNA, VIDAR = "una", "vidar"
PORTAL, COMPANY, CONTACT, ADVISER = 4711, 9001, 501, 11
STARTED = NOW - timedelta(days=160)


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


def evidence(
    company_id: int = COMPANY, *, contact_id: int = CONTACT, days_ago: float = 120, **changes: Any
) -> Evidence:
    """Tried by e-mail and by telephone for 160 days, and nothing heard."""
    values: dict[str, Any] = {
        "company_id": company_id,
        "contact_id": contact_id,
        "sequence_id": 77,
        "enrolled_at": STARTED,
        "ended_at": NOW - timedelta(days=days_ago),
        "ending": "finished",
        "main_contact_id": CONTACT,
        "main_contact_named": True,
        "main_contact_phone": True,
        "owner_id": ADVISER,
        "entries": (
            Entry(what="sequence_email", record="emails", id="101", at=STARTED + timedelta(days=1)),
            Entry(what="sequence_call", record="tasks", id="102", at=STARTED + timedelta(days=8)),
        ),
    }
    return Evidence(**values | changes)


def request(
    company_id: int = COMPANY,
    *,
    key: str = "",
    name: str = "Fjordbygg AS",
    organisation_number: str | None = "923609016",
    waits_days: float | None = None,
    **changes: Any,
) -> ReviewRequest:
    """The message that brings the evidence; with `waits_days` the main contact lacks a phone, and somebody knows."""
    if waits_days is not None:
        changes |= {"main_contact_phone": False}
    found = evidence(company_id, **changes)
    return ReviewRequest(
        key=key or f"{PORTAL}/{found.contact_id}/77/{int(found.enrolled_at.timestamp())}",
        portal_id=PORTAL,
        company=ReviewedCompany(id=company_id, name=name, organisation_number=organisation_number, country="NO"),
        evidence=found,
        assessment=assess(found, now=NOW),
        waiting_for=None if waits_days is None else WaitingFor(gaps=("phone",), until=later(days=waits_days)),
        found_at=NOW,
    )


def an_open_case(company_id: int = COMPANY, *, now: datetime = NOW, **changes: Any) -> ReviewCase:
    return opened(request(company_id, **changes), now, RULES)[0]


def claimed_by(who: str, case: ReviewCase | None = None, *, now: datetime = NOW) -> ReviewCase:
    return claim(case or an_open_case(), who, now, RULES)[0]


def decided(what: Any = "inactive", *, company_id: int = COMPANY, now: datetime = NOW, **given: Any) -> ReviewCase:
    """Una has just decided it."""
    case = claimed_by(UNA, an_open_case(company_id, now=now), now=now)
    return decide(case, UNA, now, RULES, what=what, **{"reason": "Ingen svar siden juni.", **given})[0]


def begun(what: Any = "inactive", **given: Any) -> ReviewCase:
    """Una's decision can no longer be undone, and is being carried out."""
    case = decided(what, **given)
    assert case.decision
    return begin_effects(case, case.decision.mark, case.decision.undo_until)[0]
