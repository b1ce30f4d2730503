"""What we must know about sequences that have ended, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kundeflyt.domain.actions import Past
from kundeflyt.domain.crm import Company
from kundeflyt.domain.events import NIGHT_FELL, Event
from kundeflyt.domain.review import Entry
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sequences import Enrolment
from kundeflyt.domain.sweeping import night
from kundeflyt.ports.failures import NotOffered, TryLater
from kundeflyt.ports.readers import CardReader, Readers
from sequence_ended.case import FIX, NAME, SWEEP, EndingFacts, SweepFacts, named, seen_to, written_number
from sequence_ended.rules import SequenceEndedRules

PAGE = 1000
"""So many ends of each kind are a page of the sweep: five searches."""


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[SequenceEndedRules], now: datetime
) -> Mapping[Event, EndingFacts | SweepFacts]:
    """Reads the contacts' sequences first, and the rest only for those that have ended and are not seen to.

    Raises TryLater when HubSpot or the ledger does not answer. Metodika may be silent: then orders are unknown.
    """
    nights = [event for event in events if event.name == NIGHT_FELL]
    return {
        **{event: _sweep(event, readers, rules, now) for event in nights},
        **_endings([event for event in events if event.name != NIGHT_FELL], readers, rules, now),
    }


def _sweep(event: Event, readers: Readers, rules: Rules[SequenceEndedRules], now: datetime) -> SweepFacts:
    here = night(
        event,
        readers.history.sweep(NAME, SWEEP),
        first=now - timedelta(days=rules.flow.first_sweep_days),
        overlap=timedelta(hours=rules.flow.sweep_overlap_hours),
        now=now,
    )
    return SweepFacts(night=here, page=readers.sequences.ended_since(here.since, most=PAGE) if here.since else None)


def _endings(
    events: Sequence[Event], readers: Readers, rules: Rules[SequenceEndedRules], now: datetime
) -> Mapping[Event, EndingFacts]:
    if not events:
        return {}
    pasts = readers.history.past(NAME, events)
    enrolments = readers.sequences.enrolments({event.record_id for event in events})
    known = {
        event: _known(event, enrolments.get(event.record_id), pasts.get(event.subject, Past()), rules, now)
        for event in events
    }
    to_judge = {
        event: facts
        for event, facts in known.items()
        if facts.enrolment and facts.ended_at and facts.settled and _of_the_routine(facts.enrolment, rules)
        if not seen_to(facts.past, facts.enrolment)
    }
    return {**known, **_customers(to_judge, readers, rules, now)}


def _known(
    event: Event, enrolment: Enrolment | None, past: Past, rules: Rules[SequenceEndedRules], now: datetime
) -> EndingFacts:
    if enrolment is None or enrolment.running:
        return EndingFacts(enrolment=enrolment, past=past)
    # While no date tells, the end is when we were told of it; the date may come a moment later.
    ended_at = enrolment.over_at or max(event.occurred_at, enrolment.enrolled_at)
    # A shadow books no return: it shows at once what would follow.
    settled = rules.flow.mode == "shadow" or ended_at + timedelta(minutes=rules.flow.settle_minutes) <= now
    return EndingFacts(enrolment=enrolment, ended_at=ended_at, settled=settled, past=past)


def _of_the_routine(enrolment: Enrolment, rules: Rules[SequenceEndedRules]) -> bool:
    return not rules.flow.sequences or enrolment.sequence_id in rules.flow.sequences


def _customers(
    known: Mapping[Event, EndingFacts], readers: Readers, rules: Rules[SequenceEndedRules], now: datetime
) -> Mapping[Event, EndingFacts]:
    """All that the cases rest on, for all customers at once."""
    if not known:
        return {}
    flow = rules.flow
    works_at = readers.crm.companies_of_contacts({event.record_id for event in known})
    companies = readers.crm.companies({found[0] for found in works_at.values()}, properties=_company_properties(rules))
    of_event = {
        event: company for event in known if (at := works_at.get(event.record_id)) and (company := companies.get(at[0]))
    }
    people = readers.customers.contacts_of_companies({company.id for company in of_event.values()})
    contacts = readers.crm.contacts(
        {id_ for ids in people.values() for id_ in ids},
        properties=[flow.main_contact_property] if flow.main_contact_property else [],
    )
    traces = readers.sequences.traces(_since(known, of_event), connected=flow.connected_dispositions, now=now)
    owners = readers.crm.owners({company.owner_id for company in of_event.values() if company.owner_id})
    orders = _orders(list({one.id: one for one in of_event.values()}.values()), readers.cards, rules, now)
    fixed = _fixed(known, readers)
    return {
        event: replace(
            facts,
            company=(company := of_event.get(event)),
            owners=owners,
            contacts=tuple(contacts[id_] for id_ in people.get(company.id, ()) if id_ in contacts) if company else (),
            mainly_here=frozenset(id_ for id_, mainly in people.get(company.id, {}).items() if mainly)
            if company
            else frozenset(),
            entries=(*traces.get(company.id, ()), *(orders.get(company.id) or ())) if company else (),
            orders_known=company is not None and orders.get(company.id) is not None,
            fixed=event in fixed,
        )
        for event, facts in known.items()
    }


def _fixed(known: Mapping[Event, EndingFacts], readers: Readers) -> frozenset[Event]:
    """Where the adviser has ticked off what they were asked to put right."""
    asked = {
        event: task
        for event, facts in known.items()
        if facts.enrolment and (task := facts.past.result_of(named(FIX, facts.enrolment)))
    }
    tasks = readers.customers.tasks(set(asked.values())) if asked else {}
    return frozenset(event for event, task in asked.items() if task in tasks and tasks[task].completed)


def _company_properties(rules: Rules[SequenceEndedRules]) -> Collection[str]:
    type_ = rules.flow.customer_type_property
    return {rules.common.organisation_number_property, *([type_] if type_ else [])}


def _since(known: Mapping[Event, EndingFacts], companies: Mapping[Event, Company]) -> Mapping[int, datetime]:
    """From when on each company is asked about: two of its people may have been enrolled at different times."""
    since: dict[int, datetime] = {}
    for event, company in companies.items():
        enrolment = known[event].enrolment
        if enrolment:
            since[company.id] = min(enrolment.enrolled_at, since.get(company.id, enrolment.enrolled_at))
    return since


def _orders(
    companies: Collection[Company], cards: CardReader, rules: Rules[SequenceEndedRules], now: datetime
) -> Mapping[int, tuple[Entry, ...] | None]:
    """The orders that are being worked on for each company; None where nobody can say."""
    numbers = {company.id: written_number(company, rules) for company in companies}
    if not numbers:
        return {}
    try:
        found = cards.cards({number for number in numbers.values() if number})
        active = cards.active_orders({card.id for of_number in found.values() for card in of_number})
    except (TryLater, NotOffered):
        return {}
    return {
        company: tuple(
            Entry(what="order_open", record="orders", id=order.id, at=now)
            for card in found.get(number, ())
            for order in active.get(card.id, ())
        )
        if number
        else None
        for company, number in numbers.items()
    }
