"""What we must know about customers nobody gets hold of, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kundeflyt.domain.actions import Past
from kundeflyt.domain.crm import Call
from kundeflyt.domain.events import CALL_LOGGED, CUSTOMER_TRIED, MEETING_OUTCOME_SET, NIGHT_FELL, Event
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.sweeping import night
from kundeflyt.ports.readers import Readers
from sequence_due import words
from sequence_due.case import NAME, SWEEP, CustomerFacts, Facts, NightFacts, TraceFacts, asked_since
from sequence_due.rules import SequenceDueRules

PAGE = 200
"""So many e-mails are a page of the night: one search."""


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[SequenceDueRules], now: datetime
) -> Mapping[Event, Facts]:
    """Whom a call or a meeting was about first; of a customer to be judged all that was tried and heard.

    Raises TryLater when HubSpot or the ledger does not answer.
    """
    by_name = {
        name: [event for event in events if event.name == name]
        for name in (CALL_LOGGED, MEETING_OUTCOME_SET, NIGHT_FELL, CUSTOMER_TRIED)
    }
    return {
        **_calls(by_name[CALL_LOGGED], readers, rules),
        **_meetings(by_name[MEETING_OUTCOME_SET], readers),
        **{event: _night(event, readers, rules, now) for event in by_name[NIGHT_FELL]},
        **_customers(by_name[CUSTOMER_TRIED], readers, rules, now),
    }


def _calls(events: Sequence[Event], readers: Readers, rules: Rules[SequenceDueRules]) -> Mapping[Event, TraceFacts]:
    """Of a call nobody answered the customer it was logged on, else where its contact works."""
    if not events:
        return {}
    calls = readers.crm.calls({event.record_id for event in events})
    in_vain = {id_ for id_, call in calls.items() if _in_vain(call, rules)}
    companies = dict(readers.crm.companies_of_calls(in_vain)) if in_vain else {}
    people = readers.crm.contacts_of_calls(in_vain - companies.keys()) if in_vain - companies.keys() else {}
    employers = readers.crm.companies_of_contacts({id_ for ids in people.values() for id_ in ids}) if people else {}
    companies |= {
        call: found[:1]
        for call, ids in people.items()
        if (found := tuple(e for id_ in ids for e in employers.get(id_, ())))
    }
    return {
        event: TraceFacts(companies=companies.get(event.record_id, ())[:1], why_none=words.CALL_WITHOUT_COMPANY)
        if event.record_id in in_vain
        else TraceFacts(why_none=words.CALL_GONE if event.record_id not in calls else words.CALL_NOT_IN_VAIN)
        for event in events
    }


def _in_vain(call: Call, rules: Rules[SequenceDueRules]) -> bool:
    return not call.inbound and call.disposition in rules.flow.no_answer_dispositions


def _meetings(events: Sequence[Event], readers: Readers) -> Mapping[Event, TraceFacts]:
    if not events:
        return {}
    missed = readers.sequences.missed_meetings({event.record_id for event in events})
    return {
        event: TraceFacts(companies=missed[event.record_id][:1], why_none=words.MEETING_WITHOUT_COMPANY)
        if event.record_id in missed
        else TraceFacts(why_none=words.MEETING_NOT_MISSED)
        for event in events
    }


def _night(event: Event, readers: Readers, rules: Rules[SequenceDueRules], now: datetime) -> NightFacts:
    """E-mails that have had their time to be answered since the last night."""
    until = now - timedelta(days=rules.flow.email_waits_days)
    here = night(
        event,
        readers.history.sweep(NAME, SWEEP),
        first=until - timedelta(days=rules.flow.within_days),
        overlap=timedelta(hours=rules.flow.sweep_overlap_hours),
        now=now,
    )
    page = readers.sequences.written_to(here.since, until, most=PAGE) if here.since else None
    return NightFacts(night=here, page=page)


def _customers(
    events: Sequence[Event], readers: Readers, rules: Rules[SequenceDueRules], now: datetime
) -> Mapping[Event, CustomerFacts]:
    """Everything for those customers that somebody looks after."""
    if not events:
        return {}
    flow = rules.flow
    pasts = readers.history.past(NAME, events)
    kind = flow.customer_type_property
    companies = readers.crm.companies({event.record_id for event in events}, properties=[kind] if kind else [])
    known = {
        event: CustomerFacts(company=companies.get(event.record_id), past=pasts.get(event.subject, Past()))
        for event in events
    }
    owned = {event: facts.company for event, facts in known.items() if facts.company and facts.company.owner_id}
    if not owned:
        return known
    ids = {company.id for company in owned.values()}
    owners = readers.crm.owners({company.owner_id for company in owned.values() if company.owner_id})
    people = readers.customers.contacts_of_companies(ids)
    contact_ids = {id_ for found in people.values() for id_ in found}
    named = {*rules.common.opt_out_properties, *([flow.main_contact_property] if flow.main_contact_property else [])}
    contacts = readers.crm.contacts(contact_ids, properties=named)
    enrolments = readers.sequences.enrolments(contact_ids)
    since = {company.id: asked_since(known[event].past, flow, now) for event, company in owned.items()}
    entries = readers.sequences.traces(since, connected=flow.connected_dispositions, now=now)
    return known | {
        event: CustomerFacts(
            company=company,
            past=known[event].past,
            owners=owners,
            contacts=tuple(contacts[id_] for id_ in people.get(company.id, {}) if id_ in contacts),
            mainly_here=frozenset(id_ for id_, mainly in people.get(company.id, {}).items() if mainly),
            enrolments=tuple(enrolments[id_] for id_ in people.get(company.id, {}) if id_ in enrolments),
            entries=entries.get(company.id, ()),
            cases=tuple(readers.cases.cases_of(company.id)),
        )
        for event, company in owned.items()
    }
