"""One message from a phone, and what follows from what we know about it. Pure: no decision is taken here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kundeflyt.domain.actions import Past
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.delivery import SentSms
from kundeflyt.domain.inbound import InboundSms
from kundeflyt.domain.phones import E164

NAME: Final = "sms_inbound"

STOP_WORDS: Final = frozenset({"stop", "stopp", "sluta", "avsluta", "avslutt"})

_WORD: Final = re.compile(r"[^\W_]+")
# What a phone or a habit puts under a message; it begins a line of its own.
_SIGNATURE: Final = re.compile(
    r"\n\W*(--|(sendt fra|skickat från|sent from|mvh|(med )?((vennlig|beste) )?hilsen|(med )?(vänliga? )?hälsning(ar)?)"
    r"\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class InboundFacts:
    """What we know about one message when we decide.

    `letter` is None when its words are erased. `number` is None when no SMS can be sent to where it came from.
    `sent` is the last message we sent there. `contacts` are those with the number: the one we wrote to, else all
    whom the CRM knows by it, the oldest record first; `companies` and `owners` are theirs, by contact and by id.
    """

    letter: InboundSms | None
    past: Past = field(default_factory=Past)
    number: E164 | None = None
    number_hashes: tuple[str, ...] = ()
    sent: SentSms | None = None
    contacts: tuple[Contact, ...] = ()
    companies: Mapping[int, Company] = field(default_factory=dict)
    owners: Mapping[int, Owner] = field(default_factory=dict)

    @property
    def says_stop(self) -> bool:
        """Whoever wrote wants no more SMS."""
        return self.letter is not None and is_stop(self.letter.text)


def is_stop(text: str) -> bool:
    """The message is a stop word and nothing else; case, spaces and punctuation do not count, and twice is once.

    A signature under it is not what was said.
    """
    message = _SIGNATURE.split(unicodedata.normalize("NFKC", text).replace("\r", "\n"), maxsplit=1)[0]
    said = _WORD.findall(message.casefold())
    return bool(said) and ("".join(said) in STOP_WORDS or STOP_WORDS.issuperset(said))
