"""What a takeover asks for on the customer's card in Metodika (002-06 to 002-09, 002-14, 002-36). Pure.

What that system does not offer becomes a task in HubSpot with the same words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kundeflyt.domain.actions import Action, CreateCardTask, CreateTask, SetManager, WakeAt
from kundeflyt.domain.cards import CARD_CHANGED, Card
from owner_change import words
from owner_change.case import CardFacts, Takeover
from owner_change.checklist import missing_documents

_TRIES: Final = 3
_SOON: Final = timedelta(minutes=1)
_SET: Final = "set-manager"
_LOOK_AGAIN: Final = "manager-again"
_ROLE: Final = "PFA"


def on_the_card(takeover: Takeover) -> list[Action]:
    """Nothing while that system does not answer: the checklist says so, and the next look comes soon."""
    cards = takeover.facts.cards
    if cards is None:
        return []
    if cards.number is None:
        return [_by_hand(takeover, "card-number", *words.no_number(written=bool(takeover.written_number)))]
    if cards.cards is None:
        return [_by_hand(takeover, "card-unread", *words.not_offered())]
    card = cards.card
    if card is None:
        return [_by_hand(takeover, "card-unknown", *words.not_one_card(cards.cards))]
    key_information = words.key_information(card)
    actions = [
        *_manager(takeover, cards, card),
        *_task(takeover, cards, card, "key-information", words.KEY_INFORMATION_TITLE, key_information),
    ]
    own = cards.user.id if cards.user else None
    if others := [order for order in cards.orders or () if order.assignee_id != own]:
        actions += _task(takeover, cards, card, "orders", words.ORDERS_TITLE, words.orders(others))
    if lacking := missing_documents(cards, takeover.year):
        actions += _task(takeover, cards, card, "documents", words.DOCUMENTS_TITLE, words.documents(lacking))
    return actions


def _manager(takeover: Takeover, cards: CardFacts, card: Card) -> list[Action]:
    """The new adviser stands on the card: set by us when the rules say so, else by themself (002-08, 002-40)."""
    if card.manager and cards.user and card.manager.user_id == cards.user.id:
        return []
    tried = [
        record
        for name, record in takeover.facts.past.actions.items()
        if name.startswith(f"{takeover.named(_SET)}-") and record.settled
    ]
    # What is done and does not stand has been undone by somebody, who had a reason.
    worth_it = len(tried) < _TRIES and all(record.reason == CARD_CHANGED for record in tried)
    automatic = takeover.rules.flow.set_manager == "auto" and cards.user and cards.user.active
    if not automatic or not cards.user or not worth_it:
        return _task(takeover, cards, card, _SET, words.SET_MANAGER_TITLE, words.SET_MANAGER_BODY)
    name = f"{takeover.named(_SET)}-{len(tried) + 1}"
    return [
        SetManager(name=name, card_id=card.id, version=card.version, user_id=cards.user.id, role=_ROLE),
        # Somebody changed the card meanwhile, or it can't be done by us: the next look knows which.
        WakeAt(name=f"{takeover.named(_LOOK_AGAIN)}-{len(tried) + 1}", when=takeover.now + _SOON, instead_of=name),
    ]


def _task(takeover: Takeover, cards: CardFacts, card: Card, what: str, title: str, body: str) -> list[Action]:
    """In Metodika for whoever works there; in HubSpot with the same words where that cannot be done."""
    assignee = next((user for user in (cards.user, cards.fallback_user) if user and user.active), None)
    if assignee is None:
        return [_by_hand(takeover, what, title, body)]
    name = takeover.named(f"card-{what}")
    told = body if assignee == cards.user else words.unknown_user(body)
    return [
        CreateCardTask(
            name=name,
            assignee_id=assignee.id,
            card_id=card.id,
            title=title,
            body=told,
            due=takeover.calendar.follow_up_due(takeover.now).due.date(),
        ),
        _by_hand(takeover, what, title, body, instead_of=name),
    ]


def _by_hand(takeover: Takeover, what: str, title: str, body: str, *, instead_of: str | None = None) -> CreateTask:
    return CreateTask(
        name=takeover.named(f"by-hand-{what}"),
        task_type="TODO",
        subject=f"Metodika: {title}",
        body=body,
        due=takeover.calendar.follow_up_due(takeover.now).due,
        owner_id=takeover.owner.id,
        company_id=takeover.company.id,
        instead_of=instead_of,
    )
