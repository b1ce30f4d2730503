"""A call whose contact is merged: HubSpot tells of it anew under the survivor, and the routine decides once."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from kundeflyt.domain.actions import LogSms
from kundeflyt.domain.events import CONTACTS_MERGED, Event
from kundeflyt.domain.rules import Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.engine.run import run
from kundeflyt.ports.failures import TryLater
from records_merged.rules import RecordsMergedRules
from tests.flows.no_answer.portal import Portal
from tests.flows.no_answer.situation import COMPANY, CONTACT, PORTAL, a_call, a_contact, an_event, oslo, rules
from tests.flows.records_merged.test_plan import FLOW

SURVIVOR, OTHER_MOBILE = 103, "936 54 321"
EVENING = oslo(23, "17:00")


class Merging(Portal):
    """A portal in which the contact is merged into a new record, and the calls follow it."""

    def becomes(self, *, told: bool = True, **survivor: str) -> None:
        self.crm.remove_contact(CONTACT)
        self.crm.put(a_contact(id=SURVIVOR, **survivor), companies=[COMPANY])
        if told:
            self.is_told()

    def is_told(self) -> None:
        moment = self.at.astimezone(UTC)
        event = Event(
            name=CONTACTS_MERGED,
            portal_id=PORTAL,
            record_id=SURVIVOR,
            merged_ids=(CONTACT, 102),
            occurred_at=moment,
            received_at=moment,
        )
        by = Rules(common=rules().common, flow=RecordsMergedRules(), texts=TextBook({}), production=True)
        run(FLOW, [event], self.ports, by, self.at)

    def calls_are_told_of(self) -> None:
        """HubSpot associates the call with the survivor, which is a change of the call."""
        self.crm.put(a_call(), contacts=[SURVIVOR])
        self.hears(an_event())


@pytest.fixture
def portal() -> Merging:
    return Merging()


class TestACallThatWasFollowedUp:
    def test_is_not_followed_up_again(self, portal: Merging) -> None:
        portal.logs(a_call())
        portal.becomes()
        portal.at += timedelta(hours=21)
        portal.calls_are_told_of()
        assert len(portal.sms.outbox) == 1
        assert len(portal.tasks) == 1

    def test_is_not_followed_up_on_the_survivors_other_number_either(self, portal: Merging) -> None:
        portal.logs(a_call())
        portal.becomes(mobile=OTHER_MOBILE)
        portal.calls_are_told_of()
        assert len(portal.sms.outbox) == 1

    def test_with_an_email_alone_since_the_contact_had_opted_out_gives_the_survivor_no_sms(
        self, portal: Merging
    ) -> None:
        """HubSpot keeps the primary record's values: that the other one had opted out may be lost in the merge."""
        portal.crm.put(a_contact(properties={"kundeflyt_sms_optout": "true"}), companies=[COMPANY])
        portal.logs(a_call())
        assert not portal.sms.outbox
        portal.becomes()
        portal.calls_are_told_of()
        assert not portal.sms.outbox
        assert len(portal.tasks) == 1

    def test_is_the_days_first_call_to_the_survivor(self, portal: Merging) -> None:
        """000-24: another call that day brings the open task up to date."""
        portal.logs(a_call())
        portal.becomes()
        portal.logs(a_call(id=7), SURVIVOR)
        assert len(portal.tasks) == 1
        assert len(portal.sms.outbox) == 1

    def test_gives_nobody_an_sms_when_the_merge_is_told_of_last(self, portal: Merging) -> None:
        portal.logs(a_call())
        portal.becomes(told=False)
        portal.at += timedelta(hours=21)
        portal.calls_are_told_of()
        portal.is_told()
        portal.calls_are_told_of()
        assert len(portal.sms.outbox) == 1


class TestACallThatIsHalfDone:
    def test_has_its_sms_in_the_morning_all_the_same(self, portal: Merging) -> None:
        portal.logs(a_call(at=EVENING), at=EVENING)
        portal.becomes()
        portal.crm.put(a_call(at=EVENING), contacts=[SURVIVOR])
        portal.wakes()
        assert len(portal.sms.outbox) == 1
        assert len(portal.tasks) == 1
        assert "SMS: sendt" in portal.task.task.body

    def test_is_finished_for_the_survivor(self, portal: Merging) -> None:
        portal.sms.fail_next("send", TryLater("ITX is down"))
        portal.logs(a_call())
        assert not portal.sms.outbox
        portal.becomes()
        portal.crm.put(a_call(), contacts=[SURVIVOR])
        portal.hears(an_event())
        portal.hears(an_event())
        assert len(portal.sms.outbox) == 1
        [entry] = portal.crm.sms_entries.values()
        assert entry.contact_id == SURVIVOR
        logged = [
            action
            for stored in portal.ledger.traces(SURVIVOR).plans
            for action in stored.plan.actions
            if isinstance(action, LogSms)
        ]
        assert [one.contact_id for one in logged] == [SURVIVOR]
