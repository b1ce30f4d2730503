"""Reads customers' cards from Metodika, eight at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar

from kundeflyt.adapters.metodika import records
from kundeflyt.adapters.metodika.client import MetodikaClient, customer_path, for_each
from kundeflyt.adapters.metodika.failures import PERSON_MUST_ACT, Missing, not_ours_to_solve
from kundeflyt.adapters.metodika.records import Row
from kundeflyt.domain.cards import Card, CardUser, CollaborationPlan, Document, Order
from kundeflyt.domain.organisation_numbers import OrganisationNumber
from kundeflyt.ports.failures import Failure, NotOffered, Refused, TryLater

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(minutes=1)

IdT = TypeVar("IdT", bound=str)
FoundT = TypeVar("FoundT")


class MetodikaReader:
    """The CardReader for Metodika. Every method raises TryLater or NotOffered, and no other failure.

    `patience` is how long one method may go on asking: whoever waits for all the answers has other things to do.
    A user once found is not looked for again for `users_kept`: whoever goes through all customers meets the same few.
    """

    def __init__(
        self,
        client: MetodikaClient,
        *,
        patience: timedelta = PATIENCE,
        users_kept: timedelta = timedelta(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._patience = patience.total_seconds()
        self._clock = clock
        self._users_kept = users_kept.total_seconds()
        self._known: dict[str, CardUser] = {}
        self._known_since = 0.0

    def cards(self, numbers: Collection[OrganisationNumber]) -> Mapping[OrganisationNumber, tuple[Card, ...]]:
        """The cards with exactly these numbers, by number."""
        return self._each(numbers, self._cards_with)

    def users(self, emails: Collection[str]) -> Mapping[str, CardUser]:
        """Who these people are in Metodika, by e-mail address as given."""
        if self._clock() - self._known_since >= self._users_kept:
            self._known, self._known_since = {}, self._clock()
        found = self._each([email for email in emails if email not in self._known], self._user)
        answer = found | {email: self._known[email] for email in emails if email in self._known}
        if self._users_kept:
            self._known |= found
        return answer

    def active_orders(self, card_ids: Collection[str]) -> Mapping[str, tuple[Order, ...]]:
        """The active orders of each card."""
        return self._each(card_ids, self._active_orders)

    def documents(self, card_ids: Collection[str]) -> Mapping[str, tuple[Document, ...]]:
        """All documents of each card: one call, whatever kinds are asked for."""
        return self._each(card_ids, self._documents)

    def plans(self, card_ids: Collection[str], *, year: int) -> Mapping[str, CollaborationPlan]:
        """Each card's collaboration plan of the year."""
        asked = {"year": str(year)}
        return self._each(card_ids, lambda id_: self._one(f"{customer_path(id_)}/plan", records.plan, asked))

    def _each(self, ids: Collection[IdT], ask: Callable[[IdT], FoundT | None]) -> dict[IdT, FoundT]:
        wanted = sorted(set(ids))
        began = self._clock()

        def in_time(id_: IdT) -> FoundT | None:
            if self._clock() - began > self._patience:
                raise TryLater(f"Metodika is too slow for {len(wanted)} questions at once")
            return ask(id_)

        found = zip(wanted, for_each(wanted, in_time), strict=True)
        return {id_: what for id_, what in found if what is not None}

    def _cards_with(self, number: OrganisationNumber) -> tuple[Card, ...] | None:
        rows = self._list("/customers", {"orgNumber": number}) or []
        cards = [_understood(records.card, row, "GET /customers") for row in rows]
        own = tuple(card for card in cards if card.organisation_number == number)
        if len(own) < len(cards):
            # An ignored filter would give us other customers' cards; nobody may find those in this one's task.
            logger.warning("metodika_other_numbers: a search by number also gave cards with other numbers")
        return own or None

    def _user(self, email: str) -> CardUser | None:
        rows = self._list("/users", {"email": email}) or []
        same = (row for row in rows if str(row.get("email", "")).casefold() == email.casefold())
        return next((_understood(records.user, row, "GET /users") for row in same), None)

    def _active_orders(self, card_id: str) -> tuple[Order, ...] | None:
        path = f"{customer_path(card_id)}/orders"
        rows = self._list(path, {"status": "ACTIVE"})
        if rows is None:
            return None
        active = (row for row in rows if row.get("status") == "ACTIVE")
        return tuple(_understood(records.order, row, f"GET {path}") for row in active)

    def _documents(self, card_id: str) -> tuple[Document, ...] | None:
        path = f"{customer_path(card_id)}/documents"
        rows = self._list(path)
        return None if rows is None else tuple(_understood(records.document, row, f"GET {path}") for row in rows)

    def _one(
        self, path: str, translate: Callable[[Row], FoundT], params: Mapping[str, str] | None = None
    ) -> FoundT | None:
        answer = self._ask(path, params)
        return None if answer is None else _understood(translate, answer, f"GET {path}")

    def _list(self, path: str, params: Mapping[str, str] | None = None) -> list[Row] | None:
        answer = self._ask(path, params)
        return None if answer is None else _understood(_rows, answer, f"GET {path}")

    def _ask(self, path: str, params: Mapping[str, str] | None) -> Mapping[str, Any] | None:
        """The answer; None where Metodika has no such record."""
        answer = self._client.ask("GET", path, params=params)
        if isinstance(answer, Missing):
            return None
        if isinstance(answer, Failure):
            raise reading_failed(answer, f"GET {path}")
        return answer


def reading_failed(failure: Failure, doing: str) -> NotOffered | TryLater:
    """A read has no effect: whatever went wrong, it can be asked again unless it is not offered."""
    match failure:
        case NotOffered() | TryLater():
            return failure
        case Refused():
            # A question that Metodika won't take is our mistake, never the customer's.
            return TryLater(f"Metodika refused {doing}: {failure}", after=PERSON_MUST_ACT)
    return TryLater(str(failure))


def _understood(translate: Callable[[Row], FoundT], raw: Row, doing: str) -> FoundT:
    # The error is not passed on: it may hold what Metodika wrote.
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        return translate(raw)
    raise not_ours_to_solve("metodika_unreadable", f"Metodika's answer to {doing} breaks the contract")


def _rows(answer: Row) -> list[Row]:
    rows = answer["results"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError
    return rows
