"""What the adviser reads when a text message did not arrive, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kundeflyt.domain.delivery import UNDELIVERED, WHOLE, Receipt, SentSms, Status
from kundeflyt.domain.wording import moment_in_words

# Why a plan is what it is.
NOT_OURS: Final = "Kvitteringen gjelder en SMS som vi ikke har sendt."
HEARD: Final = "Kvittering fra ITX: {what} {status}."

CHECKED: Final = "Avklart: ITX fikk SMS-en"
SUBJECT: Final = "Ring kunden: SMS-en kom ikke fram"
WHY: Final[Mapping[Status, str]] = {
    "FAILED": "Operatøren kunne ikke levere den. Sjekk at mobilnummeret på kontakten er riktig.",
    "EXPIRED": "Telefonen var ikke å nå før fristen gikk ut.",
}
_STATUS: Final[Mapping[Status, str]] = {
    "SENT": "sendt videre",
    "DELIVERED": "levert",
    "FAILED": "ikke levert",
    "EXPIRED": "ikke levert før fristen",
    "UNKNOWN": "ukjent",
}


def heard(receipt: Receipt) -> str:
    """What the vendor has told us, in a sentence."""
    what = "meldingen er" if receipt.part == WHOLE else f"del {receipt.part} er"
    return HEARD.format(what=what, status=_STATUS[receipt.status])


def body(sent: SentSms, receipt: Receipt) -> str:
    """What happened and what is left to do; neither the number nor the text is needed for it."""
    return "\n".join(
        [
            f"SMS-en som ble sendt til kunden {moment_in_words(sent.at)}, kom ikke fram.",
            WHY[receipt.status],
            "Kunden vet altså ikke at du har prøvd å ringe: ring igjen (000-33).",
        ]
    )


def checked_body(sent: SentSms, receipt: Receipt) -> str:
    """The answer to the task that asked a person whether the message went."""
    lines = [f"ITX har meldt fra om SMS-en fra {moment_in_words(sent.at)}: {_STATUS[receipt.status]}."]
    if receipt.status in UNDELIVERED:
        lines.append("Det er laget en egen oppgave om å ringe kunden.")
    else:
        lines.append("Du trenger ikke å sjekke det. Kommer den ikke fram, får du en oppgave om å ringe kunden.")
    return "\n".join(lines)
