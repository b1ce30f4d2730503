"""What the adviser reads in the tasks, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kundeflyt.domain.phones import masked
from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import moment_in_words

# Why a plan is what it is.
NO_ANSWER: Final = "Utgående anrop uten svar."
CALL_GONE: Final = "Samtalen finnes ikke lenger i HubSpot."
OTHER_OUTCOME: Final = "Utfallet er et annet enn «ikke svar»."
INBOUND: Final = "Samtalen er inngående."
IMPORTED: Final = "Samtalen var mer enn {hours} timer gammel da vi først hørte om den, og er trolig importert."
NO_CONTACT: Final = "Samtalen har ingen kontakt, og må få en."
SEVERAL_CONTACTS: Final = "Samtalen har flere kontakter, og det går ikke fram hvem som ble oppringt."
FOLLOWED_UP_BEFORE: Final = "Samtalen er alt fulgt opp; at den nå har flere kontakter, endrer ikke det."
CALL_MOVED: Final = "Samtalen er flyttet til en annen kontakt etter at den ble fulgt opp."
REACHED: Final = "Kontakten er nådd siden: {at}."

# What becomes of the SMS, as the task says it.
SMS_NOW: Final = "SMS: sendes nå."
SMS_LATER: Final = "SMS: sendes {at}, når kontakttiden begynner."
SMS_OPTED_OUT: Final = "SMS: ikke sendt, fordi kontakten har reservert seg."
SMS_NO_MOBILE: Final = (
    "SMS: ikke sendt, fordi vi ikke finner et sikkert mobilnummer på kontakten. Skriv det gjerne med landkode."
)
SMS_STALE: Final = "SMS: ikke sendt, fordi anropet {at} er for gammelt til det."
SMS_NO_CALLBACK: Final = "SMS: ikke sendt, fordi vi mangler et nummer kunden kan ringe tilbake på."
SMS_NO_OPENING: Final = "SMS: ikke sendt, fordi det er for lenge til neste kontakttid."
SMS_UNAPPROVED: Final = "SMS: ikke sendt, fordi teksten ikke er godkjent."
SMS_TOO_LONG: Final = "SMS: ikke sendt, fordi teksten ble for lang."
SMS_NOT_NEEDED: Final = "SMS: ikke sendt, fordi kontakten er nådd siden. Oppgaven kan lukkes hvis alt er avklart."
SMS_OUTCOMES: Final[Mapping[str, str]] = {
    "done": "SMS: sendt {at}.",
    "refused": "SMS: ikke sendt, fordi {reason}.",
    "unsure": "SMS: usikkert om den ble sendt {at}. Det er laget en egen oppgave om å sjekke det.",
}

# What operations must hear of; these are metric names.
UNAPPROVED_TEXT: Final = "UnapprovedText"
TEXT_TOO_LONG: Final = "TextTooLong"
NO_CALLBACK_NUMBER: Final = "NoCallbackNumber"


def task_subject(topic: str, *, again: bool) -> str:
    """What the task is about; the contact stands on the task, so that no name need stand in its title."""
    what = "flere ubesvarte anrop" if again else "ubesvart anrop"
    return f"Send e-post: {what} om {topic}" if topic else f"Send e-post: {what}"


def task_body(*, call_at: datetime, again: bool, week_is_out: bool, email: Rendered | None) -> str:
    """What the adviser needs to finish the follow-up: what happened, what is left, and the e-mail ready to send.

    Whoever gets the task need not be the one who called. `{outcome}` is where the line about the SMS goes. `email` is
    None when its text awaits approval.
    """
    lines = [
        f"Kunden svarte ikke på anropet {moment_in_words(call_at)}.",
        "{outcome}",
        "Kunden er oppringt minst to ganger den dagen."
        if again
        else "Er kunden ikke oppringt to ganger ennå, så ring én gang til.",
    ]
    if week_is_out:
        lines.append("Ukens frist for oppfølging er ute: ta denne først.")
    if email is None:
        lines += ["", "E-postteksten er ikke godkjent ennå, så du må skrive den selv."]
    else:
        lines += ["", "E-post klar til å sendes:", "", f"Emne: {email.subject}", "", email.body]
    return "\n".join(lines)


def task_overtaken(because: str, *, sms_sent_at: datetime | None) -> tuple[str, str]:
    """Subject and body of an e-mail task whose call is no unanswered call any more: its ready text would be untrue."""
    lines = [f"{because} Det ble endret etter at denne oppgaven ble laget."]
    lines.append(f"SMS: sendt {moment_in_words(sms_sent_at)}." if sms_sent_at else "SMS: sendes ikke.")
    lines.append("Lukk oppgaven hvis kunden er nådd. Er kunden ikke nådd, skal det fortsatt sendes e-post.")
    return "Trengs e-posten fortsatt? Samtalen er endret", "\n".join(lines)


def call_moved(call_at: datetime) -> tuple[str, str]:
    """Subject and body of the task for a call whose e-mail task and SMS were another contact's."""
    return (
        "Følg opp: samtalen er flyttet til en annen kontakt",
        f"Samtalen {moment_in_words(call_at)} var logget på en annen kontakt da den ble fulgt opp, så e-postoppgaven "
        "og en eventuell SMS gjaldt den. Følg opp denne kontakten selv, og rydd opp hos den andre om det trengs.",
    )


def ask_for_contact(*, several: bool, call_at: datetime, dialled: str | None) -> tuple[str, str]:
    """Subject and body of the task that asks whom a call was made to (000-17); `dialled` is a number in E.164.

    Time and the number's last digits are how the adviser knows which call it is.
    """
    when = moment_in_words(call_at) + (f" til {masked(dialled)}" if dialled else "")
    after = "Så snart det er gjort, lages e-postoppgaven, og kunden får SMS hvis det går."
    if several:
        return (
            "Hvem ble oppringt?",
            f"Samtalen {when} er logget på flere kontakter. La bare den som ble oppringt, stå igjen. {after}",
        )
    return (
        "Legg til kontakt på samtalen",
        f"Samtalen {when} er logget uten kontakt. Legg til den som ble oppringt. {after}",
    )
