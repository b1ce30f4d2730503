"""What we must know about unanswered calls, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from kundeflyt.domain.actions import Past
from kundeflyt.domain.crm import Call, Company, Contact, Reached
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import Rules
from kundeflyt.ports.readers import CrmReader, Readers
from no_answer.case import NAME, CallFacts, slot_of, the_callee
from no_answer.plan import why_nothing
from no_answer.rules import NoAnswerRules


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[NoAnswerRules], now: datetime
) -> Mapping[Event, CallFacts]:
    """Reads each kind of record once for all events, and nothing for calls that give nothing to do.

    Raises TryLater when HubSpot or the ledger does not answer.
    """
    crm, history = readers.crm, readers.history
    pasts = history.past(NAME, events)
    calls = crm.calls({event.record_id for event in events})
    facts = {
        event: CallFacts(call=calls.get(event.record_id), past=pasts.get(event.subject, Past())) for event in events
    }
    unanswered = {
        event: known.call
        for event, known in facts.items()
        if known.call and not why_nothing(event, known.call, known.past, rules.flow)
    }
    if not unanswered:
        return facts

    waiting = {call.id: call for call in unanswered.values()}.values()
    people = _contacts(waiting, crm, rules)
    callees = {
        call.id: callee
        for call in waiting
        if (callee := the_callee(call, people.get(call.id, ()), rules.common.default_country))
    }
    with ThreadPoolExecutor(max_workers=1) as beside:
        # HubSpot has a limit of its own for searches: whoever waits for that can read the rest meanwhile.
        searching = beside.submit(_reached, waiting, callees, crm, rules, now)
        companies = _companies(waiting, callees, crm)
        owner_ids = {call.owner_id for call in waiting} | {company.owner_id for company in companies.values()}
        owner_ids.add(rules.common.fallback_owner_id)
        owners = crm.owners({owner_id for owner_id in owner_ids if owner_id}) if any(owner_ids) else {}
        reached = searching.result()
    slots = {event: slot_of(event, call, callees[call.id]) for event, call in unanswered.items() if call.id in callees}
    made = history.slots(set(slots.values())) if slots else {}
    earlier = {slot.record_id for slot in made.values() if slot.record_id} - calls.keys()
    known_calls = {**calls, **crm.calls(earlier)} if earlier else calls
    still_open = crm.open_tasks({slot.task_id for slot in made.values()}) if made else frozenset()

    for event, call in unanswered.items():
        callee = callees.get(call.id)
        slot = made.get(slots[event]) if event in slots else None
        facts[event] = CallFacts(
            call=call,
            past=facts[event].past,
            contacts=people.get(call.id, ()),
            callee=callee,
            company=companies.get(call.id),
            owners=owners,
            reached=reached.get(callee.id) if callee else None,
            slot_task=slot.task_id if slot else None,
            slot_task_open=slot is not None and slot.task_id in still_open,
            earlier_call=known_calls.get(slot.record_id) if slot and slot.record_id not in (None, call.id) else None,
        )
    return facts


def _contacts(
    calls: Collection[Call], crm: CrmReader, rules: Rules[NoAnswerRules]
) -> Mapping[int, tuple[Contact, ...]]:
    """Whom each call is logged on, with what the rules want to know of them."""
    ids_of_calls = crm.contacts_of_calls({call.id for call in calls})
    ids = {contact for ids_of_call in ids_of_calls.values() for contact in ids_of_call}
    properties = {*rules.common.opt_out_properties}
    if rules.flow.marketing_basis_property:
        properties.add(rules.flow.marketing_basis_property)
    contacts = crm.contacts(ids, properties=properties) if ids else {}
    return {
        call: tuple(contacts[contact] for contact in ids_of_call if contact in contacts)
        for call, ids_of_call in ids_of_calls.items()
    }


def _companies(calls: Collection[Call], callees: Mapping[int, Contact], crm: CrmReader) -> Mapping[int, Company]:
    """The callee's company; where there is none, or no callee, the company the call was logged on."""
    of_contacts = crm.companies_of_contacts({callee.id for callee in callees.values()}) if callees else {}
    company_of_call = {
        call_id: of_contacts[callee.id][0] for call_id, callee in callees.items() if of_contacts.get(callee.id)
    }
    without = {call.id for call in calls} - company_of_call.keys()
    of_calls = crm.companies_of_calls(without) if without else {}
    company_of_call |= {call_id: found[0] for call_id, found in of_calls.items() if found}
    companies = crm.companies(set(company_of_call.values())) if company_of_call else {}
    return {call: companies[company] for call, company in company_of_call.items() if company in companies}


def _reached(
    calls: Collection[Call],
    callees: Mapping[int, Contact],
    crm: CrmReader,
    rules: Rules[NoAnswerRules],
    now: datetime,
) -> Mapping[int, Reached]:
    """When each callee was last reached after their first call in the batch; the plan compares with its own call."""
    since: dict[int, datetime] = {}
    for call in calls:
        if callee := callees.get(call.id):
            since[callee.id] = min(call.at, since.get(callee.id, call.at))
    if not since:
        return {}
    return crm.reached_since(since, connected=rules.flow.connected_dispositions, now=now)
