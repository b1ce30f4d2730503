"""What we must know about unanswered calls, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kundeflyt.domain.actions import Past
from kundeflyt.domain.crm import Call, Company, Contact, Reached
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import CrmReader, HistoryReader
from no_answer.plan import NAME, CallFacts, slot_of, the_callee, why_nothing
from no_answer.rules import NoAnswerRules


def gather(
    events: Sequence[Event], crm: CrmReader, history: HistoryReader, rules: Rules[NoAnswerRules], now: datetime
) -> Mapping[Event, CallFacts]:
    """Reads each kind of record once for all events, and nothing for calls that give nothing to do.

    Raises TryLater when HubSpot or the ledger does not answer.
    """
    pasts = history.past(NAME, events)
    calls = crm.calls({event.record_id for event in events})

    def past(event: Event) -> Past:
        return pasts.get(event.subject, Past())

    waiting = {
        event: calls[event.record_id]
        for event in events
        if not why_nothing(event, calls.get(event.record_id), past(event), rules.flow)
    }
    people = _contacts(waiting.values(), crm, rules)
    callees = {call.id: contact for call in waiting.values() if (contact := the_callee(call, people.get(call.id, ())))}
    companies = _companies(waiting.values(), callees, crm)
    owner_ids = {call.owner_id for call in waiting.values()} | {company.owner_id for company in companies.values()}
    owners = crm.owners({owner for owner in {*owner_ids, rules.common.fallback_owner_id} if owner})
    reached = _reached(waiting.values(), callees, crm, rules, now)
    slots = {event: slot_of(event, call, callees[call.id]) for event, call in waiting.items() if call.id in callees}
    made = history.slots(set(slots.values())) if slots else {}
    still_open = crm.open_tasks(set(made.values())) if made else frozenset()

    def facts(event: Event) -> CallFacts:
        call = calls.get(event.record_id)
        if call is None or event not in waiting:
            return CallFacts(call=call, past=past(event))
        callee = callees.get(call.id)
        slot_task = made.get(slots[event]) if event in slots else None
        return CallFacts(
            call=call,
            past=past(event),
            contacts=people.get(call.id, ()),
            company=companies.get(call.id),
            owners=owners,
            reached=reached.get(callee.id) if callee else None,
            slot_task=slot_task,
            slot_task_open=slot_task in still_open,
        )

    return {event: facts(event) for event in events}


def _contacts(calls: Iterable[Call], crm: CrmReader, rules: Rules[NoAnswerRules]) -> Mapping[int, tuple[Contact, ...]]:
    ids_of_calls = crm.contacts_of_calls({call.id for call in calls}) if calls else {}
    ids = {contact for ids_of_call in ids_of_calls.values() for contact in ids_of_call}
    named = {*rules.common.opt_out_properties}
    if rules.flow.marketing_basis_property:
        named.add(rules.flow.marketing_basis_property)
    contacts = crm.contacts(ids, properties=named) if ids else {}
    return {
        call: tuple(contacts[contact] for contact in ids_of_call if contact in contacts)
        for call, ids_of_call in ids_of_calls.items()
    }


def _companies(calls: Iterable[Call], callees: Mapping[int, Contact], crm: CrmReader) -> Mapping[int, Company]:
    """The callee's company; for a call whose callee is unknown, the company it was logged on."""
    of_contacts = crm.companies_of_contacts({callee.id for callee in callees.values()}) if callees else {}
    unclear = {call.id for call in calls if call.id not in callees}
    of_calls = crm.companies_of_calls(unclear) if unclear else {}
    company_of_call = {call_id: found[0] for call_id, found in of_calls.items() if found}
    for call_id, callee in callees.items():
        if found := of_contacts.get(callee.id):
            company_of_call[call_id] = found[0]
    companies = crm.companies(set(company_of_call.values())) if company_of_call else {}
    return {call: companies[company] for call, company in company_of_call.items() if company in companies}


def _reached(
    calls: Iterable[Call],
    callees: Mapping[int, Contact],
    crm: CrmReader,
    rules: Rules[NoAnswerRules],
    now: datetime,
) -> Mapping[int, Reached]:
    since: dict[int, datetime] = {}
    for call in calls:
        if callee := callees.get(call.id):
            since[callee.id] = min(call.at, since.get(callee.id, call.at))
    if not since:
        return {}
    return crm.reached_since(since, connected=rules.flow.connected_dispositions, now=now)
