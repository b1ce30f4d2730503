"""A takeover whose customer the system writes to, from the change of owner to the days after, as the road brings it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from kundeflyt.domain.calendar import WorkingCalendar
from kundeflyt.domain.crm import Contact
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import BlastGuard
from kundeflyt.engine.flow import Finished
from kundeflyt.engine.people import Stores, export_person, find_person, forget_person
from kundeflyt.engine.release import release
from kundeflyt.ports.failures import Outcome, TryLater
from kundeflyt.ports.writers import ManagerChange
from owner_change.case import NAME
from owner_change.rules import OwnerChangeRules
from tests.flows.desk import COMPANY, CONTACT, KARI, MONDAY
from tests.flows.owner_change.portal import CARD, LONG_AGO, OLA, SIV, Portal, changed
from tests.flows.owner_change.test_flow import ANNOUNCED

SUBJECT = "Du har fått ny rådgiver hos Avonova"
TUESDAY = MONDAY + timedelta(days=1)


class Sending(Portal):
    """The rules say send, and there is a sender."""

    def __init__(self) -> None:
        super().__init__()
        self.sends_email = True
        self.rules: dict[str, object] = {"announce": "send"}
        self.seen: set[str] = set()

    def goes_on_until(self, until: datetime) -> None:
        """Every return that is booked comes in its time, twice as it may."""
        while due := [(when, key) for key, (_, when) in self.desk.road.wakes.items() if key not in self.seen]:
            when, key = min(due)
            if when > until:
                break
            self.seen.add(key)
            self.desk.at = max(when, self.desk.at)
            event = self.desk.road.wakes[key][0]
            for _ in range(2):
                self.looks_until_done(event, **self.rules)
        self.desk.at = max(until, self.desk.at)

    def begins(self, *events: Event) -> None:
        for event in events or (self.event(),):
            self.looks_until_done(event, **self.rules)

    def because(self) -> list[str]:
        stored = sorted(self.desk.ledger.plans.values(), key=lambda one: one.planned_at)
        return [one.plan.because for one in stored]

    @property
    def announcement(self) -> str:
        return self.tasks(ANNOUNCED)[0].task.body


@pytest.fixture
def portal() -> Sending:
    return Sending()


class TestTheEMail:
    def test_goes_once_a_working_day_later_and_everybody_can_see_it(self, portal: Sending) -> None:
        portal.begins()
        assert "24.11.2026 kl. 10.20" in portal.announcement
        portal.goes_on_until(TUESDAY)
        assert not portal.desk.mail.outbox
        portal.goes_on_until(MONDAY + timedelta(days=9))
        [mail] = portal.desk.mail.outbox
        assert (mail.to, mail.reply_to) == ("anne@example.no", "ola@avonova.example")
        assert "etter Kari Lie" in mail.body
        [entry] = portal.desk.crm.email_entries.values()
        assert (entry.contact_id, entry.company_id, entry.owner_id) == (CONTACT, COMPANY, OLA)
        assert entry.at == TUESDAY + timedelta(minutes=20)
        [task] = portal.tasks(ANNOUNCED)
        assert task.completed
        assert task.task.body.startswith("Systemet sendte e-posten til kunden 24.11.2026 kl. 10.20.")
        [now, _] = portal.tasks("Overtakelse av kunde")
        assert "☑ 9." in now.task.body
        assert "kunden fikk e-post fra systemet 24.11.2026 kl. 10.20" in now.task.body

    def test_goes_in_the_same_look_where_the_rules_have_no_wait(self, portal: Sending) -> None:
        portal.rules["announce_after_working_days"] = 0
        portal.begins()
        assert len(portal.desk.mail.outbox) == 1
        assert portal.tasks(ANNOUNCED)[0].completed

    def test_goes_although_other_looks_come_in_between(self, portal: Sending) -> None:
        """Metodika is silent, then somebody changes the card: looks of their own, with rounds of their own."""
        portal.rules["set_manager"] = "auto"
        real = portal.desk.cards.set_managers

        def after_somebody_else(changes: Sequence[ManagerChange]) -> Sequence[Outcome]:
            portal.desk.cards.changed_by_somebody(CARD, portal.desk.cards.by_id[CARD].manager)
            return real(changes)

        portal.desk.cards.set_managers = after_somebody_else  # type: ignore[method-assign]
        portal.desk.cards.fail_next("cards", TryLater("Metodika svarer ikke"), times=3)
        portal.begins()
        portal.goes_on_until(MONDAY + timedelta(days=3))
        assert len(portal.desk.mail.outbox) == 1
        nights = {key for key in portal.desk.road.wakes if "/nightly-" in key}
        assert len(nights) == 4, "the nightly look goes on"

    def test_waits_for_contact_hours_while_ses_is_paused_and_goes_when_it_is_not(self, portal: Sending) -> None:
        portal.begins()
        portal.goes_on_until(TUESDAY)
        portal.desk.mail.fail_next("send_mails", TryLater("paused", after=timedelta(minutes=15)))
        event, when = next(one for key, one in portal.desk.road.wakes.items() if "/mail-" in key)
        portal.desk.at = when
        assert portal.looks(event, **portal.rules)[event] != Finished()
        portal.desk.at = TUESDAY + timedelta(hours=7)
        assert portal.looks(event, **portal.rules)[event] == Finished()
        assert not portal.desk.mail.outbox
        portal.goes_on_until(MONDAY + timedelta(days=4))
        assert len(portal.desk.mail.outbox) == 1
        [entry] = portal.desk.crm.email_entries.values()
        assert entry.at == MONDAY + timedelta(days=1, hours=22), "on Wednesday at eight"

    def test_goes_although_somebody_who_has_nothing_to_do_with_it_has_written(self, portal: Sending) -> None:
        """Another customer's new adviser, looked at in the same batch."""
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, SIV), company_id=777)
        portal.desk.crm.put(Contact(id=778, email="b@example.no"), companies=[777])
        portal.desk.customers.put_email(CONTACT, owner_id=SIV, subject=SUBJECT, at=MONDAY)
        portal.looks(portal.event(), portal.event(company_id=777), **portal.rules)
        assert len(portal.tasks(ANNOUNCED)) == 2
        portal.goes_on_until(MONDAY + timedelta(days=3))
        assert sorted(mail.to for mail in portal.desk.mail.outbox) == ["anne@example.no", "b@example.no"]


class TestNothingGoes:
    def none_goes(self, portal: Sending) -> None:
        portal.goes_on_until(MONDAY + timedelta(days=9))
        assert not portal.desk.mail.outbox
        assert not portal.desk.crm.email_entries

    def test_when_the_adviser_completes_the_task(self, portal: Sending) -> None:
        portal.begins()
        portal.desk.crm.complete(portal.tasks(ANNOUNCED)[0].id)
        self.none_goes(portal)
        assert any(because.endswith("fordi rådgiveren har fullført oppgaven.") for because in portal.because())

    def test_when_the_old_adviser_tells_the_customer_meanwhile(self, portal: Sending) -> None:
        portal.begins()
        at = MONDAY + timedelta(hours=3)
        portal.desk.customers.put_email(CONTACT, owner_id=KARI, subject=f"Re: {SUBJECT}", at=at)
        self.none_goes(portal)
        [task] = portal.tasks(ANNOUNCED)
        assert task.completed
        assert "kunden fikk e-post om det 23.11.2026 kl. 13.00" in task.task.body

    def test_when_the_owner_changes_again(self, portal: Sending) -> None:
        portal.begins()
        again = MONDAY + timedelta(hours=3)
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(again, SIV))
        portal.desk.at = again + timedelta(minutes=20)
        portal.begins(portal.event())
        self.none_goes(portal)
        first, second = portal.tasks(ANNOUNCED)
        assert first.completed
        assert "kunden har fått en annen rådgiver" in first.task.body
        assert second.task.owner_id == SIV
        assert "uten å ha hørt om det forrige byttet" in second.task.body

    def test_when_the_owner_is_removed(self, portal: Sending) -> None:
        portal.begins()
        gone = MONDAY + timedelta(hours=3)
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(gone, None))
        portal.desk.at = gone + timedelta(minutes=20)
        portal.begins(portal.event())
        self.none_goes(portal)
        assert portal.tasks(ANNOUNCED)[0].completed

    def test_to_somebody_who_is_erased_and_nothing_of_them_is_kept(self, portal: Sending) -> None:
        portal.begins()
        portal.goes_on_until(MONDAY + timedelta(days=3))
        desk = portal.desk
        stores = Stores(
            ledger=desk.ledger,
            cases=desk.cases,
            inbox=desk.inbox,
            inspection=desk.inspection,
            number_hashes=lambda _: (),
        )
        held = export_person(find_person([CONTACT], stores, country="NO"), desk.ledger)
        assert "anne@example.no" in str(held)
        forget_person([CONTACT], stores, country="NO", now=desk.at)
        for secret in ("anne@example.no", "Anne"):
            assert secret not in desk.stored
        assert any(record.name.startswith("send-ny-radgiver") for record in desk.ledger.actions.values())

    def test_to_somebody_who_is_erased_before_it_went(self, portal: Sending) -> None:
        portal.begins()
        portal.desk.ledger.forget([CONTACT], now=portal.desk.at)
        self.none_goes(portal)


class TestAnotherTakeoverSoonAfter:
    """What the system sent about the first one tells nobody of the second."""

    @pytest.mark.parametrize("next_one", [SIV, KARI])
    def test_is_told_of_though_the_first_adviser_was_announced_a_moment_before(
        self, portal: Sending, next_one: int
    ) -> None:
        portal.begins()
        portal.goes_on_until(TUESDAY + timedelta(hours=1))
        again = TUESDAY + timedelta(hours=2)
        portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), changed(again, next_one))
        portal.desk.at = again + timedelta(minutes=20)
        portal.begins(portal.event())
        portal.goes_on_until(MONDAY + timedelta(days=9))
        name = {SIV: "Siv Nes", KARI: "Kari Lie"}[next_one]
        assert [
            f"Jeg heter {who}" in mail.body
            for who, mail in zip(("Ola Moe", name), portal.desk.mail.outbox, strict=True)
        ]


class TestManyCustomersAtOnce:
    @pytest.fixture
    def companies(self, portal: Sending) -> list[int]:
        """Thirty-five get a new adviser, in whose name ten may be written to in an hour."""
        portal.desk.common = portal.desk.common.model_copy(
            update={"blast_guard": BlastGuard(emails_per_hour_per_adviser=10)}
        )
        companies = [*range(1001, 1036)]
        for company in companies:
            portal.put_company(changed(LONG_AGO, KARI), changed(MONDAY, OLA), company_id=company, number=None)
            portal.desk.crm.put(Contact(id=company + 5000, email=f"k{company}@example.no"), companies=[company])
        return companies

    def begin(self, portal: Sending, companies: Sequence[int]) -> None:
        portal.begins(*(portal.event(company_id=company) for company in companies))

    def each_is_told_once(self, portal: Sending, companies: Sequence[int]) -> None:
        assert sorted(mail.to for mail in portal.desk.mail.outbox) == [
            f"k{company}@example.no" for company in companies
        ]

    def test_are_written_to_over_hours_by_itself_and_none_is_lost(self, portal: Sending, companies: list[int]) -> None:
        self.begin(portal, companies)
        for hour, sent in enumerate((10, 20, 30, 35)):
            portal.goes_on_until(TUESDAY + timedelta(hours=hour, minutes=40))
            assert len(portal.desk.mail.outbox) == sent
            assert not portal.desk.ledger.held(NAME)
            assert portal.desk.ledger.stopped(NAME) is None
        self.each_is_told_once(portal, companies)
        assert all(made.completed for made in portal.tasks(ANNOUNCED))
        assert "BlastGuardTripped" not in portal.desk.notes.names

    def test_are_written_to_the_next_morning_where_the_day_is_over(self, portal: Sending, companies: list[int]) -> None:
        portal.desk.at = MONDAY + timedelta(hours=4, minutes=30)
        self.begin(portal, companies)
        portal.goes_on_until(TUESDAY + timedelta(hours=20))
        assert len(portal.desk.mail.outbox) == 20
        portal.goes_on_until(TUESDAY + timedelta(hours=24))
        self.each_is_told_once(portal, companies)
        calendar = WorkingCalendar("NO")
        assert all(calendar.is_open(entry.at) for entry in portal.desk.crm.email_entries.values())

    def test_whose_adviser_stops_it_while_it_waits_are_not_written_to(
        self, portal: Sending, companies: list[int]
    ) -> None:
        self.begin(portal, companies)
        portal.goes_on_until(TUESDAY + timedelta(minutes=40))
        left = [made for made in portal.tasks(ANNOUNCED) if not made.completed]
        assert len(left) == 25
        for made in left:
            portal.desk.crm.complete(made.id)
        portal.goes_on_until(TUESDAY + timedelta(days=3))
        assert len(portal.desk.mail.outbox) == 10

    def test_beyond_the_guard_for_all_wait_for_a_person(self, portal: Sending, companies: list[int]) -> None:
        portal.desk.common = portal.desk.common.model_copy(update={"blast_guard": BlastGuard(emails_per_hour=20)})
        self.begin(portal, companies)
        portal.goes_on_until(TUESDAY + timedelta(minutes=40))
        assert len(portal.desk.mail.outbox) == 20
        assert len(portal.desk.ledger.held(NAME)) == 15
        portal.desk.at += timedelta(hours=1)
        release(NAME, portal.desk.ledger, portal.desk.road, OwnerChangeRules())
        portal.begins(*(event for event, _ in portal.desk.road.put_backs.values()))
        self.each_is_told_once(portal, companies)
