"""What advisers read when a sequence is proposed, and the reasons that stand in the ledger (bokmål)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kundeflyt.domain.links import Links
from kundeflyt.domain.review import Entry
from kundeflyt.domain.wording import day_in_words

# Why a plan is what it is.
CALL_GONE: Final = "Samtalen finnes ikke lenger i HubSpot."
CALL_NOT_IN_VAIN: Final = "Samtalen er ikke et utgående anrop uten svar."
CALL_WITHOUT_COMPANY: Final = "Samtalen hører ikke til noe selskap."
MEETING_NOT_MISSED: Final = "Møtet er ikke et møte kunden uteble fra."
MEETING_WITHOUT_COMPANY: Final = "Møtet hører ikke til noe selskap."
TRIED: Final = "Kunden er forsøkt nådd: det ses på om en sequence bør startes."
WALKED: Final = "Denne siden av gjennomgangen er sett på."
ANOTHER_NIGHT: Final = "En annen gjennomgang holder på."
PAGE: Final = "Gjennomgang av e-poster uten svar: {count} kunder funnet."

COMPANY_GONE: Final = "Selskapet finnes ikke lenger i HubSpot."
NO_ADVISER: Final = "Kunden har ingen rådgiver som kan starte en sequence."
INACTIVE: Final = "Kunden er inaktiv."
RUNNING: Final = "En av kundens kontakter er alt i en sequence."
OPEN_CASE: Final = "Kundeservice har alt kunden til vurdering."
OPTED_OUT: Final = "Hovedkontakten har reservert seg."
NOT_DUE: Final = "Ikke forsøkt ofte nok: {meetings} møter, {calls} anrop og {emails} e-poster uten svar."
PROPOSED: Final = "En sequence er alt foreslått for kunden, og ingenting har skjedd siden."
DUE: Final = "Kunden er forsøkt forgjeves: rådgiveren bør starte en sequence."
ENROLLING: Final = "Kunden er forsøkt forgjeves: hovedkontakten settes i en sequence."


def task(
    *,
    not_met: Sequence[Entry],
    calls: Sequence[Entry],
    emails: Sequence[Entry],
    links: Links,
    company_id: int,
    sequence_chosen: bool,
) -> tuple[str, str]:
    """Subject and body of the task that proposes a sequence: why, and what to do (001-05 to 001-14)."""
    lines = ["Kunden er forsøkt nådd uten hell:", ""]
    for entries, what in (
        (not_met, "møtte ikke til avtalt møte"),
        (calls, "svarte ikke på anrop"),
        (emails, "svarte ikke på e-post"),
    ):
        lines += [f"– {day_in_words(one.at)} {what}: {links.activity(company_id, int(one.id))}" for one in entries]
    lines += [
        "",
        "Er det fortsatt aktuelt å få kontakt, så start en sequence:",
        "1. Åpne kontaktkortet i HubSpot og trykk på e-post.",
        "2. Velg mottaker, og trykk på Sequences i verktøylinjen.",
        "3. Velg sequence, og les gjennom innholdet. Endre det som ikke passer for denne kunden.",
        "4. Start den.",
        "",
        "Er det ikke aktuelt, så fullfør oppgaven. Du får ikke et nytt forslag før noe har endret seg.",
    ]
    if sequence_chosen:
        lines += ["", "Systemet prøvde å starte den, men HubSpot tok ikke imot: det må gjøres for hånd."]
    return "Start en sequence: kunden svarer ikke", "\n".join(lines)
