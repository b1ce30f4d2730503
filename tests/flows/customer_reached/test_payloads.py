"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundeflyt.domain.review import EntryWhat
from tests.domain.case_situation import an_open_case
from tests.flows.customer_reached.customers import FLOW, Customers
from tests.flows.queued import Queued

PAYLOADS = Path(__file__).parent / "payloads"
LOGGED: dict[str, tuple[EntryWhat, int]] = {
    "EmailLogged__from_the_customer": ("email_in", 874_716_779_741),
    "CallLogged__from_the_customer": ("call_in", 874_716_779_742),
    "MeetingLogged__agreed": ("meeting_booked", 874_716_779_743),
    "MeetingOutcomeSet__held": ("meeting_held", 874_716_779_744),
}


class TestAMessage:
    @pytest.mark.parametrize("payload", LOGGED)
    def test_withdraws_the_case_of_whom_it_is_about(self, payload: str) -> None:
        at = Customers(an_open_case())
        what, id_ = LOGGED[payload]
        at.logged(what, id_=id_)
        queued = Queued(at.desk, FLOW, PAYLOADS)
        queued.gets(payload)
        queued.gets(payload)
        assert at.state == "withdrawn"

    def test_of_a_phone_waits_until_it_is_known_whose_it_is(self) -> None:
        at = Customers(an_open_case())
        Queued(at.desk, FLOW, PAYLOADS).gets("SmsInbound__read")
        assert at.because == "Det er ennå ikke klart hvem SMS-en er fra."
        assert len(at.desk.road.wakes) == 1

    def test_that_names_no_record_is_set_aside(self) -> None:
        queued = Queued(Customers().desk, FLOW, PAYLOADS)
        queued.gets("EmailLogged__without_a_record")
        [(_, reason)] = queued.mailbox.dead
        assert "record_id" in reason
