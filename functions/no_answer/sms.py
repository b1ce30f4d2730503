"""What becomes of the SMS after a call nobody answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kundeflyt.domain.actions import SendSms
from kundeflyt.domain.sms_text import measure
from kundeflyt.domain.texts import Purpose, Rendered
from kundeflyt.domain.wording import moment_in_words
from no_answer import words
from no_answer.case import SMS, Case
from no_answer.rules import Topic


@dataclass(frozen=True, kw_only=True)
class SmsDecision:
    """Sent now, later (`wake`) or not, and what the task says of it; `problem` is for operations."""

    says: str
    send: SendSms | None = None
    wake: datetime | None = None
    problem: str | None = None


def decide(case: Case) -> SmsDecision:
    """Only to a mobile, only to somebody who wants it, only in contact hours, only while it makes sense (000-22).

    What can be said at once is said at once; waiting is the last thing decided.
    """
    if case.opted_out:
        return SmsDecision(says=words.SMS_OPTED_OUT)
    number = case.mobile
    if number is None:
        return SmsDecision(says=words.SMS_NO_MOBILE)
    if case.stale:
        return SmsDecision(says=words.SMS_STALE.format(at=moment_in_words(case.call.at)))
    if case.callback is None:
        return SmsDecision(says=words.SMS_NO_CALLBACK, problem=words.NO_CALLBACK_NUMBER)
    text = _wanted(case)
    fault = _fault(case, text)
    if fault and text.purpose is Purpose.MARKETING:
        text = _service(case)
    if unusable := _fault(case, text):
        return unusable
    problem = fault.problem if fault else None
    if not case.calendar.is_open(case.now):
        opening = case.calendar.may_wait_until(case.now)
        if opening is None:
            return SmsDecision(says=words.SMS_NO_OPENING, problem=problem)
        return SmsDecision(says=words.SMS_LATER.format(at=moment_in_words(opening)), wake=opening, problem=problem)
    send = SendSms(
        name=SMS,
        to=number,
        text=text.body,
        text_id=f"{text.text_id} v{text.version} {text.language}",
        once_per_hours=case.rules.flow.sms_once_per_hours,
        latest=case.calendar.closing(case.now),
        valid_until=case.calendar.end_of_day(case.now),
        owner_id=case.owner_id,
        sender=case.rules.common.sms_sender,
    )
    return SmsDecision(says=words.SMS_NOW, send=send, problem=problem)


def withheld(case: Case, text: Rendered) -> bool:
    """Nobody has approved the words: they are not put into the world in production."""
    return case.rules.production and not text.approved


def _fault(case: Case, text: Rendered) -> SmsDecision | None:
    if withheld(case, text):
        return SmsDecision(says=words.SMS_UNAPPROVED, problem=words.UNAPPROVED_TEXT)
    if measure(text.body).parts > case.rules.flow.sms_max_parts:
        return SmsDecision(says=words.SMS_TOO_LONG, problem=words.TEXT_TOO_LONG)
    return None


def _wanted(case: Case) -> Rendered:
    """MARKETING only with a stored basis and a way out of it, else what the call was about and no more."""
    marketing = f"sms_marketing_{_topic(case)}"
    opt_out = case.rules.flow.marketing_opt_out.get(case.language)
    if case.has_marketing_basis and opt_out and marketing in case.rules.texts:
        return case.rules.texts.render(marketing, case.language, {**case.values, "opt_out": opt_out}, _topic(case))
    return _service(case)


def _service(case: Case) -> Rendered:
    return case.rules.texts.render("sms_service", case.language, case.values, _topic(case))


def _topic(case: Case) -> Topic:
    """A topic near health is not named in an SMS, unless the rules say so."""
    return "general" if case.topic in case.rules.flow.sms_general_topics else case.topic
