"""What we must know about customers that change hands, read for a whole batch in as few vendor calls as possible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from kundeflyt.domain.actions import CreateTask, Past, UpdateTask
from kundeflyt.domain.cases import Decision, decision_to_remove
from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Contact, EntryKind
from kundeflyt.domain.events import Event
from kundeflyt.domain.organisation_numbers import OrganisationNumber, organisation_number
from kundeflyt.domain.ownership import latest_handover
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.wording import OSLO
from kundeflyt.ports.failures import NotOffered, TryLater
from kundeflyt.ports.readers import CardReader, Readers
from owner_change.case import (
    ANNOUNCE,
    FIRST_MEETING,
    NAME,
    NOW,
    TEXT,
    CardFacts,
    Takeover,
    TakeoverFacts,
    mark_of,
    settled_at,
    written_number,
)
from owner_change.checklist import checklist
from owner_change.rules import OwnerChangeRules

_LANGUAGES = ("nb", "sv", "en")
_ENTRIES: tuple[EntryKind, ...] = ("notes", "meetings")
AnswerT = TypeVar("AnswerT")


def gather(
    events: Sequence[Event], readers: Readers, rules: Rules[OwnerChangeRules], now: datetime
) -> Mapping[Event, TakeoverFacts]:
    """Reads the owners' histories first, and the rest only of the customers that are in new hands for good.

    Raises TryLater when HubSpot or the ledger does not answer. Metodika may be silent: nothing else waits for it.
    """
    pasts = readers.history.past(NAME, events)
    companies = readers.customers.companies(
        {event.record_id for event in events},
        properties=_company_properties(rules),
        dated=[name for name in [rules.flow.informed_property] if name],
    )
    known = {event: _known(event, companies, pasts, rules, now) for event in events}
    changed = {
        event: facts for event, facts in known.items() if facts.handover and facts.handover.is_one and facts.settled
    }
    if not changed:
        return known
    owner_ids = {
        id_
        for facts in changed.values()
        if facts.handover
        for id_ in (facts.handover.owner_id, *facts.handover.earlier_owner_ids)
        if id_
    }
    owners = readers.crm.owners(owner_ids)
    changed_by = readers.crm.owners_of_users(
        {facts.handover.user_id for facts in changed.values() if facts.handover and facts.handover.user_id}
    )
    made = {event: _made(facts) for event, facts in changed.items()}
    tasks = readers.customers.tasks({id_ for ours in made.values() for id_ in ours.values()})
    for event, facts in changed.items():
        by = facts.handover and facts.handover.user_id
        known[event] = replace(
            facts,
            handover=facts.handover and facts.handover.among(lambda id_: id_ not in owners or owners[id_].is_person),
            removal_decided=_removal_decided(facts, readers),
            owners=owners,
            changed_by=changed_by.get(by) if by else None,
            tasks={name: tasks[id_] for name, id_ in made[event].items() if id_ in tasks},
        )
    taken_over = {
        event: known[event]
        for event in changed
        if (handover := known[event].handover)
        and handover.is_one
        and (owner := owners.get(handover.owner_id or 0))
        and owner.is_person
    }
    return {**known, **_customers(taken_over, readers, rules, now)}


def _removal_decided(facts: TakeoverFacts, readers: Readers) -> Decision | None:
    """Customer service's stored decision, where an owner was removed; only then the cases are asked at all."""
    company, handover = facts.company, facts.handover
    if company is None or handover is None or handover.owner_id is not None:
        return None
    return decision_to_remove(readers.cases.cases_of(company.id), handover.at, company.owner_history)


def _company_properties(rules: Rules[OwnerChangeRules]) -> Collection[str]:
    flow = rules.flow
    named = (
        flow.informed_property,
        flow.no_announcement_property,
        flow.stage_property,
        flow.report_complete_property,
    )
    return {name for name in named if name} | {rules.common.organisation_number_property}


def _known(
    event: Event,
    companies: Mapping[int, Company],
    pasts: Mapping[str, Past],
    rules: Rules[OwnerChangeRules],
    now: datetime,
) -> TakeoverFacts:
    company = companies.get(event.record_id)
    past = pasts.get(event.subject, Past())
    if company is None:
        return TakeoverFacts(company=None, past=past)
    handover = latest_handover(company.owner_history, timedelta(minutes=rules.flow.settle_minutes))
    # A shadow books no return: it shows at once what would follow, were the change to stand.
    settled = handover is None or rules.flow.mode == "shadow" or settled_at(handover, rules.flow) <= now
    day = now.astimezone(OSLO).date()
    return TakeoverFacts(company=company, handover=handover, settled=settled, day=day, past=past)


def _customers(
    known: Mapping[Event, TakeoverFacts], readers: Readers, rules: Rules[OwnerChangeRules], now: datetime
) -> Mapping[Event, TakeoverFacts]:
    """Everything that the takeover's checklist tells of, for all customers at once."""
    if not known:
        return {}
    ids = {event.record_id for event in known}
    people = readers.customers.contacts_of_companies(ids)
    main = rules.flow.main_contact_property
    contacts = readers.crm.contacts(
        {id_ for theirs in people.values() for id_ in theirs},
        properties=[*([main] if main else []), *rules.common.opt_out_properties],
    )
    work = readers.customers.work(ids, now=now)
    latest = {kind: readers.customers.latest(kind, ids) for kind in _ENTRIES}
    told = _told(known, readers, rules, now)
    cards = _cards(known, readers.cards, rules, now)
    found = {
        event: replace(
            facts,
            contacts=_present(people.get(event.record_id, {}), contacts),
            mainly_here=frozenset(id_ for id_, mainly in people.get(event.record_id, {}).items() if mainly),
            announced_at=_announced_at(facts, people.get(event.record_id, {}), told),
            work=work.get(event.record_id, ()),
            latest={kind: newest.get(event.record_id, ()) for kind, newest in latest.items()},
            cards=cards.get(event),
        )
        for event, facts in known.items()
    }
    return {event: _seen_whole(event, facts, readers, rules, now) for event, facts in found.items()}


def _seen_whole(
    event: Event, facts: TakeoverFacts, readers: Readers, rules: Rules[OwnerChangeRules], now: datetime
) -> TakeoverFacts:
    """What only shows when all the rest is known."""
    handover, company = facts.handover, facts.company
    owner = facts.owners.get(handover.owner_id or 0) if handover else None
    if handover is None or company is None or owner is None:
        return facts
    takeover = Takeover(event, company, handover, owner, facts, rules, now)
    may_be_sent = rules.flow.announce == "send" and takeover.may_be_sent
    return replace(facts, may_be_sent=may_be_sent, written=_written(takeover, readers))


def _written(takeover: Takeover, readers: Readers) -> Mapping[str, tuple[str, ...]]:
    """What we wrote in the checklists that would be changed now: only there a person's words have to be found."""
    facts = takeover.facts
    changing = {
        name: task.id
        for group in (NOW, FIRST_MEETING)
        if (task := facts.tasks.get(name := takeover.named(group)))
        and not task.completed
        and checklist(group, takeover).body != task.body
    }
    if not changing:
        return {}
    plans = readers.history.story(NAME, takeover.event.subject).plans
    actions = [action for plan in plans for action in plan.actions]
    return {
        name: tuple(
            action.body
            for action in actions
            if isinstance(action, CreateTask | UpdateTask)
            and action.body
            and (action.task_id == task_id if isinstance(action, UpdateTask) else action.name == name)
        )
        for name, task_id in changing.items()
    }


def _announced_at(
    facts: TakeoverFacts, people: Collection[int], told: Mapping[tuple[int, int], datetime]
) -> datetime | None:
    """When the old or the new owner last wrote to one of the customer's people about it."""
    since = facts.may_tell_since
    return max(
        (at for (contact, by), at in told.items() if contact in people and by in since and at > since[by]),
        default=None,
    )


def _present(ids: Iterable[int], contacts: Mapping[int, Contact]) -> tuple[Contact, ...]:
    return tuple(contacts[id_] for id_ in ids if id_ in contacts)


def _made(facts: TakeoverFacts) -> Mapping[str, int]:
    """The ids of the tasks we made about this takeover, and of earlier ones' to tell the customer, by action."""
    if facts.handover is None:
        return {}
    names = {f"{action}-{mark_of(facts.handover)}" for action in (ANNOUNCE, NOW, FIRST_MEETING)}
    names |= {name for name in facts.past.actions if name.startswith(f"{ANNOUNCE}-")}
    return {name: id_ for name in names if (id_ := facts.past.result_of(name))}


def _told(
    known: Mapping[Event, TakeoverFacts], readers: Readers, rules: Rules[OwnerChangeRules], now: datetime
) -> Mapping[tuple[int, int], datetime]:
    """Who has had the message already, and from which adviser (002-17)."""
    owners = {id_ for facts in known.values() for id_ in facts.owners}
    values = {"pfa": "", "previous": "", "callback": "", "contact_first_name": ""}
    values["provider"] = rules.common.provider_name
    subjects = {rules.texts.render(TEXT, language, values).subject or "" for language in _LANGUAGES}
    since = now - timedelta(days=rules.flow.announced_within_days)
    return readers.customers.told(TEXT, subjects, by=owners, since=since)


def _cards(
    known: Mapping[Event, TakeoverFacts], cards: CardReader, rules: Rules[OwnerChangeRules], now: datetime
) -> Mapping[Event, CardFacts]:
    """What the customers' cards tell; nothing at all while that system does not answer."""
    numbers = {event: _number(facts, rules) for event, facts in known.items()}
    try:
        found = _offered(lambda: cards.cards({number for number in numbers.values() if number}))
        if found is None:
            return {event: CardFacts(number=number, cards=None) for event, number in numbers.items()}
        of_events = {event: found.get(number, ()) if number else () for event, number in numbers.items()}
        one_card = {these[0].id for these in of_events.values() if len(these) == 1}
        fallback = rules.flow.customer_system_fallback_user or ""
        users = _offered(lambda: cards.users(({_email(facts) for facts in known.values()} | {fallback}) - {""})) or {}
        orders = _offered(lambda: cards.active_orders(one_card))
        documents = _offered(lambda: cards.documents(one_card))
        plans = _offered(lambda: cards.plans(one_card, year=now.astimezone(OSLO).year))
    except TryLater:
        return {}
    facts_by_event: dict[Event, CardFacts] = {}
    for event, these in of_events.items():
        card = these[0].id if len(these) == 1 else ""
        facts_by_event[event] = CardFacts(
            number=numbers[event],
            cards=these,
            user=users.get(_email(known[event])),
            fallback_user=users.get(fallback),
            orders=None if orders is None else orders.get(card, ()),
            documents=None if documents is None else documents.get(card, ()),
            plan=plans.get(card) if plans else None,
            plan_offered=plans is not None,
        )
    return facts_by_event


def _number(facts: TakeoverFacts, rules: Rules[OwnerChangeRules]) -> OrganisationNumber | None:
    company = facts.company
    if company is None:
        return None
    country = country_code(company.country) or rules.common.default_country
    return organisation_number(written_number(company, rules), country)


def _email(facts: TakeoverFacts) -> str:
    """Where the new adviser is known in both systems."""
    owner = facts.owners.get(facts.handover.owner_id or 0) if facts.handover else None
    return (owner.email if owner else None) or ""


def _offered(ask: Callable[[], AnswerT]) -> AnswerT | None:
    """None where that system cannot tell such things at all."""
    try:
        return ask()
    except NotOffered:
        return None
