"""What every SMS vendor behind our port keeps: the one in memory and ITX alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
import requests

from kundeflyt.adapters.itx.sms import ItxSmsWriter
from kundeflyt.ports.failures import Done, Refused, TryLater, Unsure
from kundeflyt.ports.writers import Sms, SmsWriter
from tests.fakes.sms import FakeSms

BLOCKED = "+4740000424"
SMS = Sms(
    reference="0123456789abcdef",
    to="+4791234567",
    text="Hei! Ring oss på 22 33 44 55 «snart» €",
    sender="Avonova",
    valid_until=datetime(2026, 12, 23, 15, 0, tzinfo=UTC),
)


@dataclass(frozen=True, kw_only=True)
class SeenSms:
    """A message as it went out."""

    reference: str
    to: str
    text: str
    sender: str | None
    valid_until: datetime


class SmsVendor(Protocol):
    """What the suite does to a vendor and sees there, apart from the port under test."""

    writer: SmsWriter

    def seen(self) -> list[SeenSms]: ...
    def behave(self, *, honours_references: bool = True, has_lookup: bool = True) -> None: ...
    def lose_next_answer(self) -> None: ...
    def go_down(self) -> None: ...


class VendorInMemory:
    def __init__(self) -> None:
        self._fake = FakeSms()
        self._fake.refused_numbers[BLOCKED] = "sperret"
        self.writer: SmsWriter = self._fake

    def seen(self) -> list[SeenSms]:
        return [
            SeenSms(reference=sms.reference, to=sms.to, text=sms.text, sender=sms.sender, valid_until=sms.valid_until)
            for sms in self._fake.outbox
        ]

    def behave(self, *, honours_references: bool = True, has_lookup: bool = True) -> None:
        self._fake.honours_references, self._fake.has_lookup = honours_references, has_lookup

    def lose_next_answer(self) -> None:
        self._fake.fail_next("send", Unsure("the answer was lost"), after_effect=True)

    def go_down(self) -> None:
        for method in ("send", "find_sms"):
            self._fake.fail_next(method, TryLater("down"), times=100)


class Itx:
    def __init__(self, url: str, key: str) -> None:
        self._control = f"{url}/_sim"
        self._session = requests.Session()
        self.writer: SmsWriter = ItxSmsWriter(base_url=url, key=key)
        self._post("reset")

    def seen(self) -> list[SeenSms]:
        messages = self._session.get(f"{self._control}/outbox", timeout=60).json()["messages"]
        return [
            SeenSms(
                reference=message["reference"],
                to=message["to"],
                text=message["text"],
                sender=message["sender"],
                valid_until=datetime.fromisoformat(message["validUntil"]),
            )
            for message in messages
        ]

    def behave(self, *, honours_references: bool = True, has_lookup: bool = True) -> None:
        self._post("settings", honours_references=honours_references, has_lookup=has_lookup)

    def lose_next_answer(self) -> None:
        self._post("fail-next", match="POST", drop=True, after_effect=True)

    def go_down(self) -> None:
        self._post("fail-next", match="", status=503, times=100)

    def _post(self, what: str, **body: Any) -> None:
        self._session.post(f"{self._control}/{what}", json=body, timeout=60).raise_for_status()


@pytest.fixture(params=["in memory", "ITX"])
def vendor(request: pytest.FixtureRequest) -> SmsVendor:
    if request.param == "in memory":
        return VendorInMemory()
    simulator = request.getfixturevalue("itx_simulator")
    return Itx(simulator.url, simulator.settings.key)


def seen(sms: Sms) -> SeenSms:
    return SeenSms(reference=sms.reference, to=sms.to, text=sms.text, sender=sms.sender, valid_until=sms.valid_until)


class TestSending:
    def test_a_message_goes_out_as_written(self, vendor: SmsVendor) -> None:
        [outcome] = vendor.writer.send([SMS])
        assert isinstance(outcome, Done)
        assert vendor.seen() == [seen(SMS)]

    def test_the_sender_may_be_left_to_the_vendor(self, vendor: SmsVendor) -> None:
        vendor.writer.send([replace(SMS, sender=None)])
        assert vendor.seen()[0].sender is None

    def test_many_messages_are_answered_in_the_order_asked(self, vendor: SmsVendor) -> None:
        batch = [replace(SMS, reference=f"reference-{number}") for number in range(20)]
        outcomes = vendor.writer.send(batch)
        assert all(isinstance(outcome, Done) for outcome in outcomes)
        assert outcomes == vendor.writer.find_sms(batch)
        assert sorted(sms.reference for sms in vendor.seen()) == sorted(sms.reference for sms in batch)

    def test_nothing_to_send_is_nothing_sent(self, vendor: SmsVendor) -> None:
        assert vendor.writer.send([]) == []

    def test_a_repeat_goes_out_once_where_references_are_honoured(self, vendor: SmsVendor) -> None:
        assert vendor.writer.send([SMS]) == vendor.writer.send([SMS])
        assert len(vendor.seen()) == 1

    def test_a_repeat_goes_out_twice_where_they_are_not(self, vendor: SmsVendor) -> None:
        vendor.behave(honours_references=False)
        vendor.writer.send([SMS])
        vendor.writer.send([SMS])
        assert len(vendor.seen()) == 2

    def test_a_refused_number_leaves_its_neighbours_alone(self, vendor: SmsVendor) -> None:
        blocked = replace(SMS, to=BLOCKED, reference="reference-blocked")
        outcomes = vendor.writer.send([blocked, SMS])
        assert [type(outcome) for outcome in outcomes] == [Refused, Done]
        assert "sperret" in str(outcomes[0])

    def test_what_was_not_accepted_waits(self, vendor: SmsVendor) -> None:
        vendor.go_down()
        [outcome] = vendor.writer.send([SMS])
        assert isinstance(outcome, TryLater)
        assert vendor.seen() == []


class TestAfterALostAnswer:
    """A message may have gone out although nobody heard so: it is looked for, never repeated blindly."""

    def test_it_is_unsure_and_can_be_found(self, vendor: SmsVendor) -> None:
        vendor.lose_next_answer()
        [outcome] = vendor.writer.send([SMS])
        assert isinstance(outcome, Unsure)
        [found] = vendor.writer.find_sms([SMS])
        assert isinstance(found, Done)
        assert len(vendor.seen()) == 1

    def test_one_that_never_went_out_is_not_found(self, vendor: SmsVendor) -> None:
        vendor.writer.send([replace(SMS, reference="another-reference")])
        assert vendor.writer.find_sms([SMS]) == [None]

    def test_many_are_looked_for_in_the_order_asked(self, vendor: SmsVendor) -> None:
        batch = [replace(SMS, reference=f"reference-{number}") for number in range(20)]
        sent = vendor.writer.send(batch[::2])
        findings = vendor.writer.find_sms(batch)
        assert findings[::2] == sent
        assert findings[1::2] == [None] * 10

    def test_nothing_to_look_for_is_nothing_found(self, vendor: SmsVendor) -> None:
        assert vendor.writer.find_sms([]) == []

    def test_nobody_can_tell_without_a_look_up(self, vendor: SmsVendor) -> None:
        vendor.behave(has_lookup=False)
        vendor.lose_next_answer()
        vendor.writer.send([SMS])
        [found] = vendor.writer.find_sms([SMS])
        assert isinstance(found, Unsure)

    def test_a_look_up_that_does_not_answer_is_tried_later(self, vendor: SmsVendor) -> None:
        vendor.go_down()
        assert [type(found) for found in vendor.writer.find_sms([SMS, SMS])] == [TryLater] * 2
