"""What we must know about decided cases, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kundeflyt.domain.cards import Card, CardUser
from kundeflyt.domain.cases import ReviewCase, is_news
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company
from kundeflyt.domain.events import NIGHT_FELL, Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber, organisation_number
from kundeflyt.domain.review import Entry
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.cases import CaseQuery
from kundeflyt.ports.failures import NotOffered, TryLater
from kundeflyt.ports.readers import CardReader, Readers
from review_decided.case import NAME, SWEEP, CaseFacts, Facts, NightFacts, cursor_of, stage_of
from review_decided.rules import ReviewDecidedRules

LOOKED_AT = CaseQuery(states=("decided", "waiting"), sort="oldest")


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[ReviewDecidedRules], now: datetime
) -> Mapping[Event, Facts]:
    """Reads the cases afresh, and the rest only of those whose decision stands.

    Raises TryLater when HubSpot or a store of ours does not answer. Metodika may be silent: nobody waits for it.
    """
    nights = [event for event in events if event.name == NIGHT_FELL]
    decided = [event for event in events if event.name != NIGHT_FELL]
    return {
        **{event: _night(event, readers, rules) for event in nights},
        **_decided(decided, readers, rules, now),
    }


def _night(event: Event, readers: Readers, rules: Rules[ReviewDecidedRules]) -> NightFacts:
    sweep = readers.history.sweep(NAME, SWEEP)
    stage = stage_of(event, sweep)
    if stage != "page":
        return NightFacts(stage=stage, sweep=sweep)
    page = readers.cases.page(LOOKED_AT, cursor=cursor_of(event, sweep), size=rules.flow.page)
    return NightFacts(stage=stage, sweep=sweep, cases=page.cases, onward=page.cursor)


def _decided(
    events: Sequence[Event], readers: Readers, rules: Rules[ReviewDecidedRules], now: datetime
) -> Mapping[Event, CaseFacts]:
    known = {event: _known(readers.cases.case(event.about), now) for event in events}
    asked = {event: task for event, facts in known.items() if facts.case and (task := _asked(facts.case))}
    if asked:
        tasks = readers.customers.tasks(set(asked.values()))
        for event, id_ in asked.items():
            known[event] = replace(known[event], answered=id_ not in tasks or tasks[id_].completed)
    due = {
        event: facts.case
        for event, facts in known.items()
        if facts.due and facts.case and facts.case.state == "decided"
    }
    if not due:
        return known
    ids = {event: readers.history.survivor("company", case.company.id) for event, case in due.items()}
    companies = readers.customers.companies(set(ids.values()), properties=[rules.common.organisation_number_property])
    news = _news({event: case for event, case in due.items() if ids[event] in companies}, ids, readers, rules, now)
    owners = readers.crm.owners(_owners(due.values(), companies.values(), rules))
    for event, case in due.items():
        company = companies.get(ids[event])
        known[event] = replace(
            known[event],
            company=company,
            owners=owners,
            heard=news.get(event),
            handed_on=company is not None and _nothing_has_followed(case) and _handed_on(case, company),
        )
        if company and case.decision is not None and case.decision.what == "inactive":
            card, user = _card(case, company, known[event], readers.cards, rules)
            known[event] = replace(known[event], card=card, user=user)
    return known


def _known(case: ReviewCase | None, now: datetime) -> CaseFacts:
    if case is None:
        return CaseFacts(case=None)
    until = case.waiting_for.until if case.waiting_for else case.decision.undo_until if case.decision else None
    return CaseFacts(case=case, due=until is not None and until <= now)


def _nothing_has_followed(case: ReviewCase) -> bool:
    """A decision for inactive of which nothing has followed yet: what has come since may still take it back."""
    decision = case.decision
    return decision is not None and decision.what == "inactive" and decision.effects_begun_at is None


def _handed_on(case: ReviewCase, company: Company) -> bool:
    """Somebody has been given the customer since it was decided."""
    decided_at = case.decision.at if case.decision else None
    anew = any(change.owner_id and decided_at and change.at > decided_at for change in company.owner_history)
    return anew and company.owner_id is not None


def _news(
    decided: Mapping[Event, ReviewCase],
    ids: Mapping[Event, int],
    readers: Readers,
    rules: Rules[ReviewDecidedRules],
    now: datetime,
) -> Mapping[Event, Entry]:
    """What customers have been heard by that was not in the evidence: no webhook need have told of it."""
    open_yet = {event: case for event, case in decided.items() if _nothing_has_followed(case)}
    since: dict[int, datetime] = {}
    for event, case in open_yet.items():
        at = case.evidence[-1].enrolled_at
        since[ids[event]] = min(at, since.get(ids[event], at))
    if not since:
        return {}
    traces = readers.sequences.traces(since, connected=rules.flow.connected_dispositions, now=now)
    news: dict[Event, Entry] = {}
    for event, case in open_yet.items():
        audit = readers.cases.audit(case.id)
        heard = [one for one in traces.get(ids[event], ()) if one.response and is_news(case, audit, one)]
        if heard:
            news[event] = min(heard, key=lambda one: (one.at, one.record, one.id))
    return news


def _asked(case: ReviewCase) -> int | None:
    return case.waiting_for.task_id if case.waiting_for else None


def _owners(
    cases: Collection[ReviewCase], companies: Collection[Company], rules: Rules[ReviewDecidedRules]
) -> set[int]:
    ids = {case.company.owner_id for case in cases} | {company.owner_id for company in companies}
    ids |= {case.decision.asked for case in cases if case.decision}
    return {id_ for id_ in ids | {rules.common.csc_owner_id, rules.common.fallback_owner_id} if id_}


def _card(
    case: ReviewCase, company: Company, facts: CaseFacts, cards: CardReader, rules: Rules[ReviewDecidedRules]
) -> tuple[Card | None, CardUser | None]:
    """The customer's one card, and who the adviser is there; neither while that system is silent or cannot tell."""
    number = _number(case, company, rules)
    adviser = facts.owners.get(company.owner_id or case.company.owner_id or 0)
    if number is None or adviser is None or not adviser.email:
        return None, None
    try:
        found = cards.cards({number}).get(number, ())
        user = cards.users({adviser.email}).get(adviser.email) if len(found) == 1 else None
    except (TryLater, NotOffered):
        return None, None
    return (found[0], user) if len(found) == 1 else (None, None)


def _number(case: ReviewCase, company: Company, rules: Rules[ReviewDecidedRules]) -> OrganisationNumber | None:
    written = company.properties.get(rules.common.organisation_number_property) or case.company.organisation_number
    country = country_code(company.country or case.company.country) or rules.common.default_country
    return organisation_number(written, country)
