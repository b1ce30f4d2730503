"""What the adviser reads in the tasks, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kundeflyt.domain.texts import Rendered
from kundeflyt.domain.wording import moment_in_words

# The name of the action that asks whom a call was made to.
ASK: Final = "ask-contact"

# Why a plan is what it is.
NO_ANSWER: Final = "Utgående anrop uten svar."
CALL_GONE: Final = "Samtalen finnes ikke lenger i HubSpot."
OTHER_OUTCOME: Final = "Utfallet er ikke «ikke svar»."
INBOUND: Final = "Samtalen er inngående."
IMPORTED: Final = "Samtalen var mer enn {hours} timer gammel da vi først hørte om den, og er trolig importert."
NO_CONTACT: Final = "Samtalen har ingen kontakt, og må få en (000-17)."
SEVERAL_CONTACTS: Final = "Samtalen har flere kontakter, og det går ikke fram hvem som ble oppringt."
REACHED: Final = "Kontakten er nådd siden: {how} {at}."

# What becomes of the SMS, as the task says it.
SMS_NOW: Final = "SMS: sendes nå."
SMS_LATER: Final = "SMS: sendes {at}, når kontakttiden begynner."
SMS_OPTED_OUT: Final = "SMS: ikke sendt, fordi kontakten har reservert seg."
SMS_NO_MOBILE: Final = "SMS: ikke sendt, fordi kontakten ikke har et mobilnummer i HubSpot."
SMS_STALE: Final = "SMS: ikke sendt, fordi anropet {at} er for gammelt til det."
SMS_NO_CALLBACK: Final = "SMS: ikke sendt, fordi vi mangler et nummer kunden kan ringe tilbake på."
SMS_NO_OPENING: Final = "SMS: ikke sendt, fordi det er for lenge til neste kontakttid."
SMS_UNAPPROVED: Final = "SMS: ikke sendt, fordi teksten ikke er godkjent."
SMS_TOO_LONG: Final = "SMS: ikke sendt, fordi teksten ble for lang."
SMS_NOT_NEEDED: Final = "SMS: ikke sendt, fordi kontakten er nådd siden. Oppgaven kan lukkes hvis alt er avklart."
SMS_OUTCOMES: Final[Mapping[str, str]] = {
    "done": "SMS: sendt {at}.",
    "refused": "SMS: ikke sendt, fordi {reason}.",
    "unsure": "SMS: usikkert om den ble sendt {at}. Du har fått en egen oppgave om å sjekke det.",
}

# What operations must hear of; these are metric names.
UNAPPROVED_TEXT: Final = "UnapprovedText"
TEXT_TOO_LONG: Final = "TextTooLong"
NO_CALLBACK_NUMBER: Final = "NoCallbackNumber"


def task_subject(topic: str) -> str:
    """What the task is about; the contact stands on the task, so that no name need stand in its title."""
    return f"Send e-post: ubesvart anrop om {topic}" if topic else "Send e-post: ubesvart anrop"


def task_body(*, call_at: datetime, again: bool, same_week: bool, email: Rendered | None) -> str:
    """What the adviser needs to finish the follow-up: what happened, what is left, and the e-mail ready to send.

    `{outcome}` is where the line about the SMS goes. `email` is None when its text awaits approval.
    """
    lines = [
        f"Kunden svarte ikke da du ringte {moment_in_words(call_at)}.",
        "{outcome}",
        "Du har ringt minst to ganger i dag."
        if again
        else "Har du ikke alt forsøkt to ganger, så ring én gang til (000-24).",
    ]
    if not same_week:
        lines.append("Ukens frist for oppfølging er ute (000-09): ta denne først.")
    if email is None:
        lines += ["", "E-postteksten er ikke godkjent ennå, så du må skrive den selv."]
    else:
        lines += ["", "E-post klar til å sendes:", "", f"Emne: {email.subject}", "", email.body]
    return "\n".join(lines)


def ask_for_contact(*, several: bool, call_at: datetime) -> tuple[str, str]:
    """Subject and body of the task that asks whom a call was made to (000-17)."""
    when = moment_in_words(call_at)
    after = "Så snart det er gjort, lages e-postoppgaven, og kunden får SMS."
    if several:
        return (
            "Hvem ringte du til?",
            f"Samtalen {when} er logget på flere kontakter. La bare den du ringte til, stå igjen. {after}",
        )
    return "Legg til kontakt på samtalen", f"Samtalen {when} er logget uten kontakt. Legg til den du ringte. {after}"
