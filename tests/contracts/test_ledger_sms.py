"""What every ledger remembers of text messages: the same tests on the one in memory and on DynamoDB's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kundeflyt.domain.delivery import Delivery, Receipt, SentSms
from kundeflyt.ports.ledger import Ledger, Suppression
from tests.contracts.at_once import at_once

NOW = datetime(2026, 3, 2, 9, 30, 15, 120000, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def message(reference: str = "3f" * 16, *, parts: int = 1, **changes: Any) -> SentSms:
    known: dict[str, Any] = {
        "flow": "no_answer",
        "subject": "7/9007199254740993",
        "action": "sms",
        "contact_id": 101,
        "company_id": 201,
        "owner_id": 301,
        "at": NOW,
        "delivery": Delivery(parts=parts),
    }
    return SentSms(reference=reference, **known | changes)


class TestSuppression:
    def test_knows_anyone_who_asked_for_no_more_under_any_key(self, ledger: Ledger) -> None:
        ledger.suppress(Suppression(number_hashes=("old-hash",), since=NOW))

        assert ledger.suppressed(["new-hash", "old-hash"]) == {"old-hash"}
        assert not ledger.suppressed(["new-hash"])
        assert not ledger.suppressed([])

    def test_stands_under_every_key_in_use(self, ledger: Ledger) -> None:
        """While a key is changed, some workers know only the old one."""
        ledger.suppress(Suppression(number_hashes=("new-hash", "old-hash"), since=NOW))

        assert ledger.suppressed(["old-hash"])
        assert ledger.suppressed(["new-hash"])

    def test_tells_of_everybody_once_the_first_first(self, ledger: Ledger) -> None:
        last = Suppression(number_hashes=("c2", "c1"), since=LATER)
        first = Suppression(number_hashes=("a1",), since=NOW, contact_ids=(101, 102))
        for one in (last, first, last):
            ledger.suppress(one)

        assert list(ledger.suppressions()) == [first, last]

    def test_is_told_of_once_by_whoever_said_it_again_under_a_new_key(self, ledger: Ledger) -> None:
        ledger.suppress(Suppression(number_hashes=("a1",), since=NOW))
        again = Suppression(number_hashes=("a2", "a1"), since=LATER)
        ledger.suppress(again)

        assert list(ledger.suppressions()) == [again]

    def test_is_told_of_however_many_there_are(self, ledger: Ledger) -> None:
        before = len(ledger.suppressions())
        for number in range(101):
            since = NOW + timedelta(seconds=number)
            ledger.suppress(Suppression(number_hashes=(f"many-{number}",), since=since))

        found = [one.number_hashes[0] for one in ledger.suppressions() if one.number_hashes[0].startswith("many-")]
        assert found == [f"many-{number}" for number in range(101)]
        assert len(ledger.suppressions()) == before + 101

    def test_is_lifted_under_every_key_named(self, ledger: Ledger) -> None:
        ledger.suppress(Suppression(number_hashes=("a2", "a1"), since=NOW))
        ledger.suppress(Suppression(number_hashes=("b1",), since=NOW))
        for _ in range(2):
            ledger.lift_suppression(["a2", "a1"])

        assert not ledger.suppressed(["a1", "a2"])
        assert ledger.suppressed(["b1"])


class TestSentMessages:
    def test_are_remembered_whole(self, ledger: Ledger) -> None:
        ledger.note_sms(message(), number_hash="n1")
        lonely = message("0" * 32, contact_id=None, company_id=None, owner_id=None)
        ledger.note_sms(lonely, number_hash="n2")

        found = ledger.sent_sms([message().reference, lonely.reference, "unknown", lonely.reference])

        assert found == {message().reference: message(), lonely.reference: lonely}
        assert ledger.sent_sms([]) == {}

    def test_stay_as_they_were_first_told_of(self, ledger: Ledger) -> None:
        """A message handed over a second time keeps what its receipts have said."""
        ledger.note_sms(message(), number_hash="n1")
        ledger.note_receipt(message().reference, Receipt(part=1, status="FAILED"))
        ledger.note_sms(message(at=LATER), number_hash="n1")

        [sent] = ledger.sent_sms([message().reference]).values()
        assert (sent.at, sent.delivery.state) == (NOW, "FAILED")

    def test_the_last_to_a_number_is_found_under_any_key(self, ledger: Ledger) -> None:
        older, newer = message("1" * 32, at=NOW), message("2" * 32, at=LATER, contact_id=7)
        ledger.note_sms(newer, number_hash="new-hash")
        ledger.note_sms(older, number_hash="old-hash")
        ledger.note_sms(message("3" * 32, at=LATER), number_hash="another")

        assert ledger.last_sms_to(["new-hash", "old-hash"]) == newer
        assert ledger.last_sms_to(["old-hash"]) == older
        assert ledger.last_sms_to(["unknown"]) is None
        assert ledger.last_sms_to([]) is None


class TestReceipts:
    def test_are_added_up(self, ledger: Ledger) -> None:
        ledger.note_sms(message(parts=2), number_hash="n1")

        first = ledger.note_receipt(message().reference, Receipt(part=2, status="DELIVERED"))
        last = ledger.note_receipt(message().reference, Receipt(part=1, status="DELIVERED"))

        assert first == Delivery(parts=2, heard={2: "DELIVERED"})
        assert last == Delivery(parts=2, heard={1: "DELIVERED", 2: "DELIVERED"}, state="DELIVERED")
        assert ledger.sent_sms([message().reference])[message().reference].delivery == last

    def test_that_are_no_news_change_nothing(self, ledger: Ledger) -> None:
        ledger.note_sms(message(), number_hash="n1")
        failed = ledger.note_receipt(message().reference, Receipt(part=1, status="FAILED"))

        assert ledger.note_receipt(message().reference, Receipt(part=1, status="DELIVERED")) == failed
        assert ledger.note_receipt(message().reference, Receipt(part=1, status="FAILED")) == failed

    def test_of_a_message_that_is_not_ours_are_not_kept(self, ledger: Ledger) -> None:
        assert ledger.note_receipt("f" * 32, Receipt(part=1, status="FAILED")) is None
        assert ledger.sent_sms(["f" * 32]) == {}

    def test_of_all_parts_at_once_are_all_heard(self, ledger: Ledger) -> None:
        parts = 4
        ledger.note_sms(message(parts=parts), number_hash="n1")

        at_once(
            lambda number: ledger.note_receipt(message().reference, Receipt(part=number + 1, status="DELIVERED")),
            workers=parts,
        )

        [sent] = ledger.sent_sms([message().reference]).values()
        assert sent.delivery.state == "DELIVERED"

    def test_find_the_doubt_that_came_before_them(self, ledger: Ledger) -> None:
        ledger.note_sms(message(), number_hash="n1")

        assert [ledger.doubt_sms(message().reference) for _ in range(2)] == [True, True]
        delivered = ledger.note_receipt(message().reference, Receipt(part=1, status="DELIVERED"))

        assert delivered == Delivery(parts=1, heard={1: "DELIVERED"}, state="DELIVERED", doubted=True)
        assert ledger.sent_sms([message().reference])[message().reference].delivery == delivered
        assert not ledger.doubt_sms(message().reference)

    def test_leave_no_doubt_where_one_has_come(self, ledger: Ledger) -> None:
        ledger.note_sms(message(), number_hash="n1")
        ledger.note_receipt(message().reference, Receipt(part=1, status="SENT"))

        assert not ledger.doubt_sms(message().reference)
        assert not ledger.sent_sms([message().reference])[message().reference].delivery.doubted

    def test_of_a_message_never_noted_settle_nothing(self, ledger: Ledger) -> None:
        assert ledger.doubt_sms("f" * 32)
        assert ledger.sent_sms(["f" * 32]) == {}

    def test_and_a_doubt_at_the_same_moment_know_of_each_other(self, ledger: Ledger) -> None:
        """Else a message would stay in doubt for ever that its only receipt has told of."""
        ledger.note_sms(message(), number_hash="n1")
        seen: list[object] = []

        def either(number: int) -> None:
            if number:
                seen.append(ledger.doubt_sms(message().reference))
            else:
                heard = ledger.note_receipt(message().reference, Receipt(part=1, status="SENT"))
                seen.append(bool(heard and heard.doubted))

        at_once(either, workers=2)

        assert len(set(seen)) == 1, "the receipt found the doubt exactly when the doubt found no receipt"
