"""How the customer hears who the new adviser is: from the adviser, or from us after a wait. Pure.

With `announce: send` the adviser gets the task at once all the same. It says when the customer will be written to, and
whoever completes it stops that. At that time everything is looked at afresh (002-16 to 002-18, 002-54, 002-55).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kundeflyt.domain.actions import Action, CreateTask, LogEmail, SendEmail, UpdateTask
from kundeflyt.domain.crm import Contact
from kundeflyt.domain.customers import says_yes
from kundeflyt.domain.mail import usable_address
from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import moment_in_words
from owner_change import words
from owner_change.case import ANNOUNCE, FIND_CONTACT, OVERTAKEN, PROMISE, SEND, TEXT, Takeover, TakeoverFacts, promises


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What the adviser is given, and what is sent once all else is done.

    `says` is for the ledger, `wake` when to look again, `contact_id` whose name is in it, `problem` for operations.
    """

    tasks: tuple[Action, ...] = ()
    send: tuple[Action, ...] = ()
    wake: datetime | None = None
    says: str = ""
    contact_id: int | None = None
    problem: str | None = None


def announce(takeover: Takeover) -> Announcement:
    """Nobody who knows is told, nobody is told twice, and a person does what we cannot."""
    sent = takeover.facts.past.actions.get(takeover.named(SEND))
    if sent and sent.settled:
        return Announcement(says=words.SENT[sent.state])
    if why := takeover.told_already:
        return _called_off(takeover, why)
    if takeover.says_yes(takeover.rules.flow.no_announcement_property):
        return _called_off(takeover, words.SWITCHED_OFF)
    contact = takeover.main_contact
    if contact is None or not contact.email:
        return _find_somebody(takeover, contact)
    text = takeover.rules.texts.render(TEXT, takeover.language, takeover.values)
    withheld = takeover.rules.production and not text.approved
    if takeover.rules.flow.announce == "task":
        return _by_hand(takeover, contact, None if withheld else text)
    if why := words.UNAPPROVED if withheld else _why_not_by_us(takeover, contact):
        return _by_hand(takeover, contact, None if withheld else text, why=why)
    return _by_us(takeover, contact, text)


def take_back(facts: TakeoverFacts, mark: str | None, why: str) -> list[Action]:
    """What was promised about another takeover than this one will not come."""
    return [
        UpdateTask(name=f"{OVERTAKEN}-{other}", task_id=task.id, body=words.not_sent(why), completed=True)
        for other, task in facts.promised_before(mark).items()
    ]


def _why_not_by_us(takeover: Takeover, contact: Contact) -> str | None:
    if not takeover.rules.sends_email:
        return words.NO_SENDER
    if usable_address(takeover.owner.email) is None:
        return words.NO_ADDRESS_OF_ADVISER
    if usable_address(contact.email) is None:
        return words.NO_USABLE_ADDRESS
    if any(says_yes(contact.properties.get(name)) for name in takeover.rules.common.opt_out_properties):
        return words.OPTED_OUT
    return words.INTERRUPTED if takeover.interrupted else None


def _called_off(takeover: Takeover, why: str) -> Announcement:
    """A task that promises an e-mail is ended; one that asks the adviser to write is theirs."""
    task = takeover.facts.tasks.get(takeover.named(ANNOUNCE))
    if task is None or not promises(task):
        return Announcement(says=words.not_sent(why) if takeover.rules.flow.announce == "send" else "")
    body = words.not_sent(why)
    ended = UpdateTask(name=f"not-sent-{takeover.mark}", task_id=task.id, body=body, completed=True)
    return Announcement(tasks=(ended,), says=body)


def _find_somebody(takeover: Takeover, contact: Contact | None) -> Announcement:
    subject, body = words.find_contact(known=contact is not None)
    task = CreateTask(
        name=takeover.named(FIND_CONTACT),
        task_type="TODO",
        subject=subject,
        body=body,
        due=takeover.calendar.follow_up_due(takeover.now).due,
        owner_id=takeover.owner.id,
        contact_id=contact.id if contact else None,
        company_id=takeover.company.id,
    )
    called_off = _called_off(takeover, words.NOBODY_TO_WRITE_TO)
    return Announcement(
        tasks=(task, *called_off.tasks), says=called_off.says, contact_id=contact.id if contact else None
    )


def _by_hand(takeover: Takeover, contact: Contact, text: Rendered | None, why: str | None = None) -> Announcement:
    """The adviser writes, with the text ready; a promise made before is taken back."""
    subject, body = words.announcement(text, ask=takeover.predecessor is not None, why=why)
    standing = takeover.facts.tasks.get(takeover.named(ANNOUNCE))
    task: Action = _task(takeover, contact, subject, body, takeover.calendar.follow_up_due(takeover.now).due)
    if standing and promises(standing):
        task = UpdateTask(
            name=f"by-hand-{ANNOUNCE}-{takeover.mark}-{takeover.event.round}", task_id=standing.id, body=body
        )
    return Announcement(
        tasks=(task,),
        says=words.not_by_us(why) if why else "",
        contact_id=contact.id,
        problem=words.UNAPPROVED_TEXT if text is None else None,
    )


def _by_us(takeover: Takeover, contact: Contact, text: Rendered) -> Announcement:
    """The promise first; the e-mail when the wait is over and nobody has stopped it."""
    record = takeover.facts.past.actions.get(takeover.named(ANNOUNCE))
    standing = takeover.facts.tasks.get(takeover.named(ANNOUNCE))
    if record is None or not record.settled:
        return _promise(takeover, contact, text)
    if record.state != "done" or standing is None:
        return Announcement(says=words.not_sent(words.TASK_GONE))
    if standing.completed:
        return Announcement(says=words.not_sent(words.TASK_COMPLETED))
    if not promises(standing):
        return _promise(takeover, contact, text, standing.id)
    if not takeover.may_be_sent:
        return _wait(max(takeover.send_at, takeover.calendar.next_opening(takeover.now)))
    return Announcement(send=_send(takeover, contact, text), says=words.SENDING, contact_id=contact.id)


def _promise(takeover: Takeover, contact: Contact, text: Rendered, task_id: int | None = None) -> Announcement:
    """Said at once, in a new task or in the one that stands. Without a wait the e-mail follows in the same plan."""
    when = takeover.send_after(takeover.now)
    subject, body = words.promise(text, at=when)
    task: Action = _task(takeover, contact, subject, body, takeover.calendar.end_of_work(when.date()))
    if task_id:
        task = UpdateTask(name=f"{takeover.named(PROMISE)}-{takeover.event.round}", task_id=task_id, body=body)
    if task_id is None and takeover.may_be_sent:
        send = _send(takeover, contact, text)
        return Announcement(tasks=(task,), send=send, says=words.SENDING, contact_id=contact.id)
    waiting = _wait(when)
    return Announcement(tasks=(task,), wake=waiting.wake, says=waiting.says, contact_id=contact.id)


def _wait(when: datetime) -> Announcement:
    return Announcement(wake=when, says=words.SENT_LATER.format(at=moment_in_words(when)))


def _task(takeover: Takeover, contact: Contact, subject: str, body: str, due: datetime) -> CreateTask:
    return CreateTask(
        name=takeover.named(ANNOUNCE),
        task_type="EMAIL",
        subject=subject,
        body=body,
        due=due,
        owner_id=takeover.owner.id,
        contact_id=contact.id,
        company_id=takeover.company.id,
    )


def _send(takeover: Takeover, contact: Contact, text: Rendered) -> tuple[Action, ...]:
    """The e-mail, its entry on the timeline, and the task that says what became of it."""
    to, reply_to = usable_address(contact.email) or "", usable_address(takeover.owner.email) or ""
    send = SendEmail(
        name=takeover.named(SEND),
        to=to,
        subject=text.subject or "",
        body=text.body,
        text_id=f"{text.text_id} v{text.version} {text.language}",
        sender_name=takeover.rules.common.provider_name,
        reply_to=reply_to,
        reply_name=takeover.owner.name,
        latest=takeover.calendar.closing(takeover.now),
        owner_id=takeover.owner.id,
        contact_id=contact.id,
    )
    entry = LogEmail(
        name=takeover.named("email-entry"),
        after=send.name,
        subject=send.subject,
        body=send.body,
        to=to,
        reply_to=reply_to,
        owner_id=takeover.owner.id,
        contact_id=contact.id,
        company_id=takeover.company.id,
    )
    made = takeover.facts.past.result_of(takeover.named(ANNOUNCE))
    told = UpdateTask(
        name=takeover.named("task-says-sent"),
        task_id=made,
        task_of=None if made else takeover.named(ANNOUNCE),
        body=words.outcome(text),
        completed=True,
        tells_about=send.name,
        outcomes=words.EMAIL_OUTCOMES,
    )
    return send, entry, told
