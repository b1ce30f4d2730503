"""Our own words for what happened, on their way through a message and back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundeflyt.domain.delivery import STATUSES, Receipt
from kundeflyt.domain.events import (
    CALL_LOGGED,
    CONTACT_ERASED,
    MERGES,
    NIGHT_FELL,
    SMS_INBOUND,
    SMS_RECEIPT,
    Event,
    MalformedEventError,
)

times = st.datetimes(timezones=st.just(UTC))
known: dict[str, st.SearchStrategy[Any]] = {
    "portal_id": st.integers(0, 2**60),
    "occurred_at": times,
    "received_at": times,
    "round": st.integers(0, 9),
    "bulk": st.booleans(),
}
marks = st.text(alphabet="0123456789abcdef", min_size=1, max_size=64)
events = (
    st.builds(Event, name=st.sampled_from([CALL_LOGGED, CONTACT_ERASED]), record_id=st.integers(0, 2**60), **known)
    | st.builds(
        Event,
        name=st.sampled_from(sorted(MERGES)),
        record_id=st.integers(0, 2**60),
        merged_ids=st.lists(st.integers(1, 2**60), min_size=1).map(tuple),
        **known,
    )
    | st.builds(Event, name=st.just(SMS_INBOUND), about=marks, **known)
    | st.builds(
        Event,
        name=st.just(SMS_RECEIPT),
        about=marks,
        receipt=st.builds(Receipt, part=st.integers(0, 255), status=st.sampled_from(sorted(STATUSES))),
        **known,
    )
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


def raw(**changes: Any) -> dict[str, Any]:
    event = Event(
        name=CALL_LOGGED,
        portal_id=25,
        record_id=874_716_779_721,
        occurred_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        received_at=datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC),
    )
    return event.to_json() | changes


def sms(**changes: Any) -> dict[str, Any]:
    told = {"name": SMS_RECEIPT, "about": "3f3f", "receipt": {"part": 1, "status": "FAILED"}, "record_id": 0}
    return raw(**told) | changes


class TestAnEvent:
    @given(events)
    def test_comes_out_of_a_message_as_it_went_in(self, event: Event) -> None:
        assert Event.from_json(json.loads(json.dumps(event.to_json()))) == event

    @given(events)
    def test_keeps_its_subject_when_it_is_put_back(self, event: Event) -> None:
        again = event.next_round()

        assert again.subject == event.subject
        assert again.round == event.round + 1

    def test_of_a_message_with_more_in_it_is_read_all_the_same(self) -> None:
        assert Event.from_json(raw(colour="blue")) == Event.from_json(raw())

    def test_that_hubspot_does_not_know_is_about_its_mark(self) -> None:
        assert Event.from_json(sms()).subject == "25/3f3f"

    def test_says_nothing_of_what_it_does_not_have(self) -> None:
        """A call's event is the same text as before receipts were known."""
        assert not {"about", "receipt", "merged_ids"} & raw().keys()


class TestWhatAnEventCanHold:
    @given(events)
    def test_is_ids_marks_times_and_our_own_names_and_no_word_or_number_of_anybodys(self, event: Event) -> None:
        """So nothing of a person has to be looked for in queues, archive, schedules, held events and dead letters."""
        held = event.to_json()
        ids = [held.pop(name) for name in ("portal_id", "record_id", "round")] + [*held.pop("merged_ids", ())]
        assert all(isinstance(one, int) for one in ids)
        assert re.fullmatch(r"[A-Za-z]+", held.pop("name"))
        assert re.fullmatch(r"[A-Za-z0-9-]{1,64}", held.pop("about", "mark"))
        receipt = held.pop("receipt", {"part": 1, "status": "SENT"})
        assert (receipt["status"] in STATUSES, type(receipt["part"])) == (True, int)
        assert all(datetime.fromisoformat(held.pop(name)) for name in ("occurred_at", "received_at"))
        assert held.pop("bulk", True) is True
        assert held == {}


class TestAMalformedMessage:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"name": "SomethingElse"}, "name is not one we know"),
            ({"portal_id": "25"}, "portal_id is not a whole number"),
            ({"record_id": True}, "record_id is not a whole number"),
            ({"round": -1}, "round is not a whole number"),
            ({"bulk": "yes"}, "bulk is not yes or no"),
            ({"occurred_at": 17}, "occurred_at is not a time"),
            ({"received_at": "2026-11-23T09:00:00"}, "received_at has no time zone"),
            ({"about": "+47 912 34 567"}, "about is not a short mark"),
            ({"about": 17}, "about is not a short mark"),
            ({"receipt": {"part": 1, "status": "SENT"}}, "only a receipt's event has a receipt"),
            ({"name": "SmsInbound"}, "does not say which message"),
            ({"merged_ids": [1]}, "a merge's event names the merged records"),
            ({"name": "ContactsMerged"}, "a merge's event names the merged records"),
            ({"name": "ContactsMerged", "merged_ids": []}, "a merge's event names the merged records"),
            ({"name": "ContactsMerged", "merged_ids": "12"}, "merged_ids are not ids"),
            ({"name": "ContactsMerged", "merged_ids": [1, "+47 912 34 567"]}, "merged_ids are not ids"),
        ],
    )
    def test_is_refused_with_the_field_that_is_wrong(self, changes: dict[str, Any], says: str) -> None:
        with pytest.raises(MalformedEventError, match=says):
            Event.from_json(raw(**changes))

    @pytest.mark.parametrize(
        "receipt",
        [
            *(None, [], {}, {"part": 1}, {"part": True, "status": "SENT"}, {"part": -1, "status": "SENT"}),
            *({"part": 1, "status": "SEEN"}, {"part": 1, "status": ["SENT"]}, {"part": "1", "status": "SENT"}),
        ],
    )
    def test_of_a_receipt_is_refused_without_a_part_and_a_status(self, receipt: Any) -> None:
        with pytest.raises(MalformedEventError, match="not a part and a status we know"):
            Event.from_json(sms(receipt=receipt))

    def test_is_refused_with_the_fields_it_lacks(self) -> None:
        with pytest.raises(MalformedEventError, match="lacks occurred_at, record_id"):
            Event.from_json({key: value for key, value in raw().items() if key not in {"record_id", "occurred_at"}})

    @given(json_values | st.fixed_dictionaries(dict.fromkeys(raw(), json_values)))
    def test_is_never_worse_than_refused(self, anything: Any) -> None:
        try:
            Event.from_json(anything)
        except MalformedEventError:
            return


class TestTheNight:
    def fell(self, at: datetime, about: str = "owner-reconcile") -> Event:
        return Event(name=NIGHT_FELL, portal_id=7, about=about, occurred_at=at, received_at=at, bulk=True)

    def test_falls_once_by_the_date_in_oslo(self) -> None:
        summer, same = datetime(2026, 7, 1, 22, 5, tzinfo=UTC), datetime(2026, 7, 2, 3, 0, tzinfo=UTC)

        assert self.fell(summer).subject == "7/owner-reconcile-2026-07-02"
        assert self.fell(same).subject == self.fell(summer).subject
        assert self.fell(same, about="other").subject != self.fell(same).subject

    def test_must_say_which_sweep_it_is_for(self) -> None:
        raw = self.fell(datetime(2026, 7, 1, tzinfo=UTC)).to_json() | {"about": ""}

        with pytest.raises(MalformedEventError, match="which message, sweep or case"):
            Event.from_json(raw)
