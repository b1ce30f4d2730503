"""What the ledger remembers of text messages: those we sent, what became of them, and who wants no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kundeflyt.adapters.aws.ledger_items import (
    Item,
    action_key,
    action_records,
    has_plan,
    kept_from,
    moment,
    single_key,
    stored_plan,
)
from kundeflyt.adapters.aws.table import Table
from kundeflyt.domain.delivery import Delivery, Receipt, SentSms, action_behind, number_claim
from kundeflyt.ports.failures import TryLater
from kundeflyt.ports.ledger import Suppression, message_of

TRIES: Final = 5
"""So many receipts of one message at the same moment is no real case; the rest come again."""

_EVERYBODY: Final = "suppressed"
SMS: Final = "SMS"
_NEW: Final = "attribute_not_exists(pk)"


class SmsMemory:
    """What we sent follows from plans and actions; `SMS/<reference>` holds what receipts and doubts have told.

    Only a message whose reference does not lead back to its action stands there whole, in the index under its number.
    The list stands as `SUPPRESSED/<hash>`. Numbers stand as keyed hashes, and a suppression never runs out. All methods
    raise TryLater.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def suppressed(self, number_hashes: Collection[str]) -> frozenset[str]:
        """Under which of these hashes somebody has asked for no more messages."""
        wanted = [(number_hash, single_key("SUPPRESSED", number_hash)) for number_hash in number_hashes]
        return frozenset(self._table.standing(wanted))

    def suppress(self, suppression: Suppression) -> None:
        """Under every key in use: whoever works with an older secret finds it, too."""
        values = {
            "number_hashes": list(suppression.number_hashes),
            "contact_ids": list(suppression.contact_ids),
            "customer": _EVERYBODY,
            "at": moment(suppression.since),
        }
        for number_hash in suppression.number_hashes:
            self._table.put(single_key("SUPPRESSED", number_hash) | values)

    def lift_suppression(self, number_hashes: Collection[str]) -> None:
        """Takes these hashes off the list; what is not on it stays off."""
        for number_hash in number_hashes:
            self._table.delete(single_key("SUPPRESSED", number_hash))

    def suppressions(self) -> Sequence[Suppression]:
        """Everybody on the list, the first first; somebody listed under several keys is told of once."""
        found = (_suppression(item) for item in self._table.of_customer(_EVERYBODY))
        return list({one.number_hashes: one for one in found}.values())

    def note_sms(self, sent: SentSms, *, number_hash: str) -> None:
        """Remembers a message before it is handed to the vendor; the first word on a reference stays."""
        values = {
            "flow": sent.flow,
            "subject": sent.subject,
            "action": sent.action,
            "contact_id": sent.contact_id,
            "company_id": sent.company_id,
            "owner_id": sent.owner_id,
            "customer": _number(number_hash),
            "at": moment(sent.at),
            "parts": sent.delivery.parts,
            "changes": 0,
            "expires_at": kept_from(sent.at),
        }
        item = single_key(SMS, sent.reference) | values | _delivery_values(sent.delivery)
        self._table.put(item, condition="attribute_not_exists(pk)")

    def sent_sms(self, references: Collection[str]) -> Mapping[str, SentSms]:
        """Our messages with these references, and how far each has come."""
        wanted = list(dict.fromkeys(references))
        found = self._table.side_by_side(self._message, wanted)
        return {reference: sent for reference, (sent, _) in zip(wanted, found, strict=True) if sent}

    def _message(self, reference: str) -> tuple[SentSms | None, Item | None]:
        """A message, and the item that its receipts and doubts stand in."""
        item = self._table.get(single_key(SMS, reference))
        if item is not None and "flow" in item:
            return _sent(item), item
        return self._sent_by(action_behind(reference), _delivery(item) if item else None), item

    def _sent_by(self, holder: str | None, delivery: Delivery | None = None) -> SentSms | None:
        """The message of an action, given its key as text, as plan and record tell of it."""
        key = action_key(holder) if holder else None
        if key is None:
            return None
        items = self._table.query(f"{key.flow}/{key.subject}")
        plans = [stored_plan(item) for item in items if has_plan(item)]
        return message_of(key, plans, action_records(items).get(key.name), delivery)

    def last_sms_to(self, number_hashes: Collection[str]) -> SentSms | None:
        """The last message we sent to the number with any of these hashes; one of a moment ago may be missed."""
        found: list[SentSms | None] = []
        for number_hash in number_hashes:
            claim = self._table.get(single_key("CLAIM", number_claim(number_hash)))
            found.append(self._sent_by(claim["holder"]) if claim else None)
            found += [_sent(item) for item in self._table.of_customer(_number(number_hash), last=1)]
        last = max((sent for sent in found if sent), key=lambda sent: sent.at, default=None)
        # What its receipts have told stands under its reference.
        return self.sent_sms([last.reference]).get(last.reference) if last else None

    def note_receipt(self, reference: str, receipt: Receipt) -> Delivery | None:
        """How the message stands once this receipt is heard. None when we have no such message.

        What another worker has heard meanwhile is read again before it is added to.
        """
        for _ in range(TRIES):
            sent, item = self._message(reference)
            if sent is None:
                return None
            heard = sent.delivery.after(receipt)
            if heard == sent.delivery:
                return sent.delivery
            unchanged, seen = ("#changes = :seen", {":seen": item["changes"]}) if item else (_NEW, {})
            meanwhile = self._table.update(
                single_key(SMS, reference),
                setting=_delivery_values(heard) | {"parts": heard.parts},
                setting_once={"expires_at": kept_from(sent.at)},
                adding=("changes", 1),
                condition=unchanged,
                meaning=seen,
            )
            if meanwhile is None:
                return heard
        raise TryLater(f"SMS {reference} got too many receipts at once", after=timedelta(seconds=2))

    def doubt_sms(self, reference: str) -> bool:
        """Nobody could say whether the message was sent; False when a receipt has told.

        One write decides it: a receipt that is noted at the same moment either stands here already or finds the doubt.
        """
        sent, item = self._message(reference)
        if sent is None:
            return True
        if item is None:
            first = _delivery_values(sent.delivery) | {"parts": sent.delivery.parts}
            condition, meaning = f"{_NEW} OR size(heard) = :none", {":none": 0}
        else:
            first, condition, meaning = {}, "attribute_exists(pk) AND size(heard) = :none", {":none": 0}
        standing = self._table.update(
            single_key(SMS, reference),
            setting={"doubted": True},
            setting_once=first | {"expires_at": kept_from(sent.at)},
            adding=("changes", 1),
            condition=condition,
            meaning=meaning,
        )
        return not (standing and standing["heard"])


def _number(number_hash: str) -> str:
    return f"number/{number_hash}"


def _delivery_values(delivery: Delivery) -> dict[str, Any]:
    return {"heard": {str(part): status for part, status in delivery.heard.items()}, "state": delivery.state}


def _delivery(item: Item) -> Delivery:
    heard = {int(part): status for part, status in item["heard"].items()}
    return Delivery(parts=item["parts"], heard=heard, state=item["state"], doubted=item.get("doubted", False))


def _sent(item: Item) -> SentSms:
    return SentSms(
        reference=item["pk"].removeprefix("SMS/"),
        flow=item["flow"],
        subject=item["subject"],
        action=item["action"],
        contact_id=item.get("contact_id"),
        company_id=item.get("company_id"),
        owner_id=item.get("owner_id"),
        at=datetime.fromisoformat(item["at"]),
        delivery=_delivery(item),
    )


def _suppression(item: Item) -> Suppression:
    return Suppression(
        number_hashes=tuple(item["number_hashes"]),
        since=datetime.fromisoformat(item["at"]),
        contact_ids=tuple(item["contact_ids"]),
    )
