"""What people read when a customer has written to us, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.phones import masked
from kundeflyt.domain.wording import moment_in_words

# Why a plan is what it is. Never a word of what the customer wrote.
ERASED: Final = "Meldingen er alt behandlet, og ordene er slettet."
NEVER_READ: Final = "Meldingen ble slettet før den ble behandlet."
STOPPED: Final = "Nummeret får ikke flere SMS: avsenderen ba om det."
STOP: Final = "Avsenderen ber om ikke å få flere SMS."
STOP_FROM_NO_PHONE: Final = "Avsenderen ber om ikke å få flere SMS, men nummeret kan ikke få SMS fra oss."
REPLY: Final = "En kunde har svart på SMS."
STRANGER: Final = "En SMS fra et nummer vi ikke kjenner."

CALL_SUBJECT: Final = "Kunden svarte på SMS"
STRANGER_SUBJECT: Final = "SMS fra et ukjent nummer"
UNREAD_SUBJECT: Final = "En SMS til oss ble ikke lest"

# What operations must hear of; this is a metric's name.
NO_FALLBACK_OWNER: Final = "NoFallbackOwner"

_PRINTABLE_ID: Final = re.compile(r"[\w.:-]{1,64}")


def call_body(letter: InboundSms, due: datetime) -> str:
    """Where the words stand; they are the customer's own and not repeated here."""
    return "\n".join(
        [
            f"Kunden svarte på SMS {moment_in_words(letter.received_at)}. Svaret står på kontaktens tidslinje.",
            f"Ring kunden innen {moment_in_words(due)}.",
            f"Mangler svaret på tidslinjen, så finn det i ITX{_known_as(letter)}.",
        ]
    )


def stranger_body(letter: InboundSms) -> str:
    """How to find the message: by its id at the vendor, and so much of the number that it can be recognised."""
    return "\n".join(
        [
            f"Det kom en SMS {moment_in_words(letter.received_at)} fra {_shown(letter.sender)}, som ingen kontakt i "
            "HubSpot har som nummer.",
            f"Les den i ITX{_known_as(letter)}, og svar eller før nummeret på rett kontakt.",
        ]
    )


def unread_body(received_at: datetime) -> str:
    """The words are gone with us, so that somebody has to look where they still are."""
    return (
        f"Det kom en SMS til oss {moment_in_words(received_at)} som ikke ble behandlet før den ble slettet her. "
        "Les den i ITX, og følg den opp."
    )


def _known_as(letter: InboundSms) -> str:
    return f" (melding {letter.vendor_id})" if _PRINTABLE_ID.fullmatch(letter.vendor_id) else ""


def _shown(sender: str) -> str:
    digits = sender.strip()
    return masked(digits if digits.startswith("+") else f"+{digits}")
