"""What the engine makes of receipts and of customers' own messages."""

from __future__ import annotations

from datetime import timedelta

from kundeflyt.domain.actions import CreateTask, EraseWords, LogReply, MarkContact, NoteReceipt, Suppress
from kundeflyt.domain.delivery import Receipt, reference_of
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.engine.flow import Finished, Later
from kundeflyt.ports.failures import Refused, TryLater, Unsure
from tests.engine.world import ADVISER, COMPANY, CONTACT, MOBILE, MONDAY, World, a_plan, an_event, an_sms

LETTER = "a1" * 16


def a_reply(**changes: object) -> LogReply:
    known = {
        "name": "entry",
        "letter": LETTER,
        "at": MONDAY,
        "owner_id": ADVISER,
        "contact_id": CONTACT,
        "company_id": COMPANY,
    }
    return LogReply.model_validate(known | changes)


def erase() -> EraseWords:
    return EraseWords(name="erase", letter=LETTER, after=("entry",))


def a_call(*after: str) -> CreateTask:
    return CreateTask(
        name="call",
        task_type="CALL",
        subject="Ring",
        body="Nå",
        due=MONDAY + timedelta(hours=6),
        owner_id=ADVISER,
        contact_id=CONTACT,
        after=after,
    )


def with_a_letter(text: str = "Ja takk") -> World:
    world = World(planner=lambda _event: a_plan(a_reply(), erase()))
    letter = InboundSms(vendor_id="1", sender=MOBILE, text=text, received_at=MONDAY)
    world.inbox.put(LETTER, letter)
    return world


class TestASentMessage:
    def test_is_remembered_before_the_vendor_has_it(self) -> None:
        """A receipt may come before our own send has returned."""
        world = World(planner=lambda _event: a_plan(an_sms(text="x" * 200)))
        world.sms.fail_next("send", RuntimeError("the worker died"))
        world.run_one(an_event())
        [sent] = world.ledger.sent_sms([reference_of(f"no_answer/{an_event().subject}/sms")]).values()
        assert (sent.contact_id, sent.company_id, sent.owner_id) == (CONTACT, COMPANY, ADVISER)
        assert (sent.flow, sent.subject) == ("no_answer", an_event().subject)
        assert (sent.delivery.parts, sent.delivery.state) == (2, "SENT")

    def test_is_known_by_the_reference_the_vendor_has(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.run_one(an_event())
        [message] = world.sms.outbox
        assert world.ledger.sent_sms([message.reference]).keys() == {message.reference}
        found = world.ledger.last_sms_to([f"k1:{MOBILE}"])
        assert found
        assert found.reference == message.reference

    def test_that_must_not_go_is_not_remembered(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms(latest=MONDAY - timedelta(hours=1))))
        world.run_one(an_event())
        assert not world.ledger.sent_sms([reference_of(f"no_answer/{an_event().subject}/sms")])
        assert world.ledger.last_sms_to([f"k1:{MOBILE}"]) is None


class TestAReceipt:
    def note(self, status: str = "FAILED") -> NoteReceipt:
        return NoteReceipt.model_validate({"name": "note", "reference": "3f" * 16, "part": 1, "status": status})

    def test_that_is_not_borne_out_is_refused_and_what_depends_on_it_falls_away(self) -> None:
        world = World(planner=lambda _event: a_plan(self.note(), a_call("note")))
        assert world.run_one(an_event()) == Finished()
        key = f"no_answer/{an_event().subject}"
        assert world.ledger.actions[f"{key}/note"].state == "refused"
        assert f"{key}/call" not in world.ledger.actions, "another plan may yet have reason to make it"
        assert not world.crm.tasks

    def test_that_stands_lets_the_rest_be_done(self) -> None:
        sender = World(planner=lambda _event: a_plan(an_sms()))
        sender.run_one(an_event())
        [reference] = [message.reference for message in sender.sms.outbox]
        note = self.note().model_copy(update={"reference": reference})
        sender.planner = lambda _event: a_plan(note, a_call("note"))
        sender.run_one(an_event(2))
        assert sender.ledger.actions[f"no_answer/{an_event(2).subject}/note"].result == "FAILED"
        assert len(sender.crm.tasks) == 1

    def test_waits_when_the_ledger_does_not_answer(self) -> None:
        world = World(planner=lambda _event: a_plan(self.note()))

        def down(method: str) -> None:
            if method == "note_receipt":
                raise TryLater("down")

        world.ledger.before_call = down
        assert isinstance(world.run_one(an_event()), Later)
        assert not world.ledger.actions

    def test_of_a_part_that_had_another_end_says_which(self) -> None:
        world = World(planner=lambda _event: a_plan(an_sms()))
        world.run_one(an_event())
        [reference] = [message.reference for message in world.sms.outbox]
        world.ledger.note_receipt(reference, Receipt(part=1, status="DELIVERED"))
        note = self.note().model_copy(update={"reference": reference})
        world.planner = lambda _event: a_plan(note)
        world.run_one(an_event(2))
        record = world.ledger.actions[f"no_answer/{an_event(2).subject}/note"]
        assert record.reason == "ITX har sagt noe annet før: del 1 DELIVERED"


class TestAReply:
    def test_goes_from_where_it_waits_to_the_timeline_and_nowhere_else(self) -> None:
        world = with_a_letter("Ring Berit")
        world.run_one(an_event())
        [entry] = world.crm.sms_entries.values()
        assert entry.body == "SMS fra kunden:\n\nRing Berit"
        assert not world.inbox.waiting
        stored = repr(world.ledger.plans) + repr(world.ledger.actions) + repr(world.notes.heard)
        assert "Berit" not in stored

    def test_whose_words_are_gone_is_refused(self) -> None:
        world = with_a_letter()
        world.inbox.waiting.clear()
        world.run_one(an_event())
        record = world.ledger.actions[f"no_answer/{an_event().subject}/entry"]
        assert (record.state, record.reason) == ("refused", "ordene er slettet hos oss; meldingen finnes i ITX")

    def test_that_nobody_could_log_keeps_its_words(self) -> None:
        world = with_a_letter()
        world.crm.fail_next("log_sms", Refused("nei"))
        world.run_one(an_event())
        assert world.inbox.waiting

    def test_that_may_have_been_logged_is_looked_into_by_a_person(self) -> None:
        world = with_a_letter()
        world.crm.fail_next("log_sms", Unsure("lost"))
        world.crm.fail_next("find_sms_entries", Unsure("no look-up"))
        world.run_one(an_event())
        [task] = world.crm.tasks.values()
        assert task.task.subject == "Sjekk at kundens SMS står på tidslinjen"
        assert world.inbox.waiting

    def test_waits_when_the_words_cannot_be_read(self) -> None:
        world = with_a_letter()
        world.inbox.fail_next("letters", TryLater("down"))
        assert isinstance(world.run_one(an_event()), Later)
        assert world.run_one(an_event()) == Finished()
        assert len(world.crm.sms_entries) == 1

    def test_is_erased_later_when_the_store_does_not_answer(self) -> None:
        world = with_a_letter()
        world.inbox.fail_next("erase", TryLater("down"))
        assert isinstance(world.run_one(an_event()), Later)
        assert world.run_one(an_event()) == Finished()
        assert not world.inbox.waiting
        assert len(world.crm.sms_entries) == 1


class TestAWish:
    def test_for_no_more_is_kept_by_the_next_sending(self) -> None:
        world = World(planner=lambda _event: a_plan(Suppress(name="stop", number_hashes=(f"k1:{MOBILE}",))))
        world.run_one(an_event(1))
        world.planner = lambda _event: a_plan(an_sms())
        world.run_one(an_event(2))
        assert not world.sms.outbox
        record = world.ledger.actions[f"no_answer/{an_event(2).subject}/sms"]
        assert record.reason == "mottakeren har bedt om ikke å få SMS"

    def test_waits_when_the_ledger_does_not_answer(self) -> None:
        world = World(planner=lambda _event: a_plan(Suppress(name="stop", number_hashes=("k1:x",))))

        def down(method: str) -> None:
            if method == "suppress":
                raise TryLater("down")

        world.ledger.before_call = down
        assert isinstance(world.run_one(an_event()), Later)

    def test_is_shown_on_the_contact(self) -> None:
        mark = MarkContact(name="mark", contact_id=CONTACT, properties={"reservert": "true"})
        world = World(planner=lambda _event: a_plan(mark))
        world.run_one(an_event())
        assert world.crm.contact(CONTACT).properties == {"reservert": "true"}
