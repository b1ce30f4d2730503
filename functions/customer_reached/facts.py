"""What we must know when a customer is heard from, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from customer_reached import words
from customer_reached.case import Facts, Standing, cases_to_look_at
from customer_reached.rules import CustomerReachedRules
from kundeflyt.domain.actions import LogReply
from kundeflyt.domain.cases import is_news
from kundeflyt.domain.events import (
    CALL_LOGGED,
    EMAIL_LOGGED,
    MEETING_LOGGED,
    MEETING_OUTCOME_SET,
    SMS_INBOUND,
    Event,
)
from kundeflyt.domain.review import Entry, RecordType
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.cases import CaseReader
from kundeflyt.ports.readers import HistoryReader, Readers

RECORDS: Final[Mapping[str, RecordType]] = {
    EMAIL_LOGGED: "emails",
    CALL_LOGGED: "calls",
    MEETING_LOGGED: "meetings",
    MEETING_OUTCOME_SET: "meetings",
}
_READS_SMS: Final = "sms_inbound"
"""The flow that finds out whose a message is, and whether it says stop."""


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[CustomerReachedRules], now: datetime
) -> Mapping[Event, Facts]:
    """Whether it came from a customer, and whom it is about; more only where that customer has a case.

    Of all others nothing is read but our own table. Raises TryLater when HubSpot or a store of ours does not answer.
    """
    found = {event: _message(event, readers.history) for event in events if event.name == SMS_INBOUND}
    for record in dict.fromkeys(RECORDS.values()):
        found |= _records(record, [one for one in events if RECORDS.get(one.name) == record], readers, rules, now)
    for event, facts in found.items():
        if facts.entry is not None:
            entry = facts.entry
            standings = (one for company in facts.companies for one in _standings(company, entry, readers.cases))
            found[event] = replace(facts, standings=tuple(standings))
    return _with_customers(found, readers)


def _records(
    record: RecordType,
    events: Sequence[Event],
    readers: Readers,
    rules: Rules[CustomerReachedRules],
    now: datetime,
) -> Mapping[Event, Facts]:
    if not events:
        return {}
    connected = rules.flow.connected_dispositions
    heard = readers.sequences.heard(record, {event.record_id for event in events}, connected=connected, now=now)
    return {
        event: Facts(entry=heard[event.record_id].entry, companies=heard[event.record_id].companies)
        if event.record_id in heard
        else Facts(why_not=words.NOT_THE_CUSTOMER)
        for event in events
    }


def _message(event: Event, history: HistoryReader) -> Facts:
    """What the flow that reads messages has made of this one: its words are not read again."""
    story = history.story(_READS_SMS, event.subject)
    replies = [action for plan in story.plans for action in plan.actions if isinstance(action, LogReply)]
    if not story.plans:
        return Facts(waits=True, why_not=words.SMS_OF_NOBODY)
    if not replies:
        return Facts(why_not=words.SMS_OF_NOBODY)
    if any(reply.unasked for reply in replies):
        return Facts(why_not=words.SMS_STOP)
    logged = [story.actions[reply.name].result for reply in replies if reply.name in story.actions]
    entry = Entry(
        what="sms_in",
        record="communications",
        id=next((id_ for id_ in logged if id_), event.about),
        at=min(reply.at for reply in replies),
    )
    companies = dict.fromkeys(reply.company_id for reply in replies if reply.company_id)
    settled = all(reply.name in story.actions and story.actions[reply.name].settled for reply in replies)
    return Facts(entry=entry, companies=tuple(companies), waits=not settled)


def _standings(company_id: int, entry: Entry, cases: CaseReader) -> Iterator[Standing]:
    for case in cases_to_look_at(cases.cases_of(company_id), entry):
        yield Standing(company_id=company_id, case=case, news=is_news(case, cases.audit(case.id), entry))


def _with_customers(found: Mapping[Event, Facts], readers: Readers) -> Mapping[Event, Facts]:
    ids = {standing.company_id for facts in found.values() for standing in facts.standings}
    if not ids:
        return found
    companies = readers.customers.companies(ids, properties=())
    people = {standing.case.company.owner_id for facts in found.values() for standing in facts.standings}
    people |= {company.owner_id for company in companies.values()}
    people |= {change.owner_id for company in companies.values() for change in company.owner_history}
    owners = readers.crm.owners({id_ for id_ in people if id_})
    return {
        event: replace(
            facts,
            owners=owners,
            standings=tuple(replace(one, company=companies.get(one.company_id)) for one in facts.standings),
        )
        for event, facts in found.items()
    }
