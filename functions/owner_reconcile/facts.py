"""The next page of customers, read from both systems and our memory in as few calls as possible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kundeflyt.domain.cards import Card
from kundeflyt.domain.cases import decision_to_remove
from kundeflyt.domain.crm import Company
from kundeflyt.domain.differences import about_record, record_of
from kundeflyt.domain.events import Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeps import Sweep
from kundeflyt.ports.failures import NotOffered
from kundeflyt.ports.readers import CardReader, Readers
from owner_reconcile.case import (
    COMPANY,
    LAST,
    NAME,
    OWNER,
    SWEEP,
    Found,
    Page,
    SweepFacts,
    compare,
    cursor_of,
    number_of,
    stage_of,
)
from owner_reconcile.rules import OwnerReconcileRules

TOGETHER: Final = 200
"""Cards asked for with one patience: a multiple of how many are under way at once, so that none of them waits."""


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[OwnerReconcileRules], now: datetime
) -> Mapping[Event, SweepFacts]:
    """Where the sweep stands, for each delivery; a page is read only for the one that is to walk it.

    Raises TryLater when HubSpot, Metodika or the ledger does not answer: the night is long, and the page waits.
    """
    sweep = readers.history.sweep(NAME, SWEEP)
    return {event: _facts(event, sweep, readers, rules, now) for event in events}


def _facts(
    event: Event, sweep: Sweep | None, readers: Readers, rules: Rules[OwnerReconcileRules], now: datetime
) -> SweepFacts:
    stage = stage_of(event, sweep, rules.flow, now)
    if stage == "over" and _unfinished(event, readers):
        stage = "page"
    page = _page(cursor_of(sweep), readers, rules) if stage == "page" else None
    return SweepFacts(stage=stage, sweep=sweep, page=page)


def _unfinished(event: Event, readers: Readers) -> bool:
    """A task was begun and is not remembered: left so, it would be made again the next night."""
    actions = readers.history.past(NAME, [event])[event.subject].actions
    begun = {name.removeprefix("task-") for name in actions if name.startswith("task-")}
    settled = {name.removeprefix("remember-") for name, action in actions.items() if action.settled}
    return not begun <= settled


def _page(after: int, readers: Readers, rules: Rules[OwnerReconcileRules]) -> Page:
    flow = rules.flow
    having, values = _mark(rules)
    listed = readers.customers.listed(
        after,
        limit=flow.page,
        having=having,
        values=values,
        properties=[rules.common.organisation_number_property],
    )
    complete = len(listed) < flow.page
    page = Page(companies=tuple(listed), last=LAST if complete else listed[-1].id, complete=complete)
    try:
        page = _with_cards(page, readers, rules)
    except NotOffered:
        return replace(page, cards=None, users=None)
    return _with_memory(after, _with_the_differing_afresh(page, readers, rules), readers, rules)


def _mark(rules: Rules[OwnerReconcileRules]) -> tuple[str, Collection[str]]:
    """The property that makes a company a customer, and its values, where any will not do."""
    if rules.flow.customer_property:
        return rules.flow.customer_property, rules.flow.customer_values
    return rules.common.organisation_number_property, ()


def _with_cards(page: Page, readers: Readers, rules: Rules[OwnerReconcileRules]) -> Page:
    numbers = sorted({number for company in page.companies if (number := number_of(company, rules))})
    cards = _cards(numbers, readers.cards)
    return replace(_with_people(page, page.companies, readers), cards=cards)


def _cards(numbers: Sequence[OrganisationNumber], cards: CardReader) -> Mapping[OrganisationNumber, tuple[Card, ...]]:
    found: dict[OrganisationNumber, tuple[Card, ...]] = {}
    for first in range(0, len(numbers), TOGETHER):
        found |= cards.cards(numbers[first : first + TOGETHER])
    return found


def _with_people(page: Page, companies: Iterable[Company], readers: Readers, also: Collection[int] = ()) -> Page:
    """The page with these companies' owners, and who they are in the customer cards' system."""
    ids = {company.owner_id for company in companies if company.owner_id} | {*also}
    owners = {**page.owners, **readers.crm.owners(ids - page.owners.keys())}
    emails = {owner.email for owner in owners.values() if owner.email and owner.is_person and owner.can_take_tasks}
    known = page.users or {}
    return replace(page, owners=owners, users={**known, **readers.cards.users(emails - known.keys())})


def _with_the_differing_afresh(page: Page, readers: Readers, rules: Rules[OwnerReconcileRules]) -> Page:
    """A list may be a moment old, and does not tell since when: those that differ are read again, with histories."""
    doubted = [company.id for company in page.companies if isinstance(compare(company, page, rules), Found)]
    if not doubted:
        return page
    afresh = readers.customers.companies(doubted, properties=[rules.common.organisation_number_property])
    companies = [company for company in page.companies if company.id not in doubted or company.id in afresh]
    page = replace(
        page,
        companies=tuple(afresh.get(company.id, company) for company in companies),
        inactive=frozenset(company.id for company in afresh.values() if _removed_by_decision(company, readers)),
    )
    return _with_people(page, afresh.values(), readers)


def _removed_by_decision(company: Company, readers: Readers) -> bool:
    """Customer service has decided that the customer is inactive, and its owner was removed for that (001-35)."""
    removed_at = max((change.at for change in company.owner_history), default=None)
    if company.owner_id or removed_at is None:
        return False
    return decision_to_remove(readers.cases.cases_of(company.id), removed_at, company.owner_history) is not None


def _with_memory(after: int, page: Page, readers: Readers, rules: Rules[OwnerReconcileRules]) -> Page:
    history = readers.history
    companies = history.differences(NAME, about_record(COMPANY, after + 1), about_record(COMPANY, page.last))
    people = history.differences(NAME, about_record(OWNER, 0), about_record(OWNER, LAST))
    page = _with_people(page, (), readers, also={record_of(about) for about in people})
    lost = {record_of(about) for about in companies} - {company.id for company in page.companies}
    overlooked = {about_record(COMPANY, id_) for id_ in _still_customers(lost, readers, rules)}
    standing = {about: one for about, one in {**companies, **people}.items() if about not in overlooked}
    tasks = {one.task_id for one in standing.values() if one.task_id}
    return replace(page, standing=standing, tasks=readers.customers.tasks(tasks) if tasks else {})


def _still_customers(ids: Collection[int], readers: Readers, rules: Rules[OwnerReconcileRules]) -> Collection[int]:
    """Who is there after all: a list may leave out what is being changed, and what was told of them stands."""
    having, values = _mark(rules)
    found = readers.customers.companies(ids, properties=[having]) if ids else {}
    written = {id_: company.properties.get(having) for id_, company in found.items()}
    return [id_ for id_, value in written.items() if value and (not values or value in values)]
