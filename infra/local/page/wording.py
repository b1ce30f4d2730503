"""The page's Norwegian: what actions, states and outcomes are called, and moments as people say them."""

import html
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

OUTCOMES = {
    "73a0d17f-1163-4015-bdd5-ec830791da20": "Ikke svar",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Fikk svar",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Opptatt",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "La igjen talemelding",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Feil nummer",
}
"""HubSpot's own outcomes have the same ids in every portal."""

CALL_TYPES = {"Proaktiv - influensavaksine": "influensavaksine", "Proaktiv - kurs": "kurs", "Statusmøte": "statusmote"}
"""A portal's own call types, and what the demo's rules say they are about."""

ENDS = {
    "finish": "Gikk ut uten svar",
    "reply": "Kunden svarte",
    "meeting": "Kunden avtalte møte",
    "bounce": "E-posten kom i retur",
    "opt-out": "Meldte seg av e-post",
    "unenrol": "Stoppet for hånd",
}
"""How a sequence can end, by the simulator's words for it."""

TASK_KINDS = {"EMAIL": "E-post", "CALL": "Ring", "TODO": "Gjøremål"}

FLOWS = {
    "no_answer": "Samtale",
    "sms_inbound": "SMS fra kunden",
    "sms_receipt": "Kvittering fra ITX",
    "contact_erased": "Kontakt slettet for personvern",
    "records_merged": "Poster slått sammen",
    "owner_change": "Ny rådgiver",
    "review_decided": "Vedtak om inaktiv kunde",
    "sequence_due": "Forsøkt forgjeves",
    "sequence_ended": "Sequence",
    "customer_reached": "Kunden tar kontakt",
}
"""One that is not here goes by its own name."""

ACTIONS = {
    "look_at": ("Se på hver kunde for seg", "Det er sett på hver kunde for seg"),
    "enrol": ("Start sequence for kontakten", "Kontakten er i sequence"),
    "send_sms": ("Send SMS", "SMS tatt imot av ITX"),
    "log_sms": ("Sett SMS-en på tidslinjen", "SMS-en står på tidslinjen"),
    "settle_send": ("Avklar den usikre SMS-en", "Den usikre SMS-en ble sendt likevel"),
    "log_reply": ("Sett kundens ord på tidslinjen", "Kundens ord står på tidslinjen"),
    "erase_words": ("Slett kundens ord hos oss", "Kundens ord er slettet hos oss"),
    "suppress": ("Sperr nummeret for SMS", "Nummeret er sperret: ingen flere SMS"),
    "open_review_case": ("Be CSC vurdere kunden", "CSC er bedt om å vurdere kunden"),
    "withdraw_case": ("Trekk saken hos CSC tilbake", "Saken hos CSC er trukket tilbake"),
    "reactivate_case": ("Vekk den inaktive kunden", "Den inaktive kunden er vekket"),
    "begin_effects": ("La vedtaket stå", "Vedtaket står og kan ikke angres"),
    "close_case": ("Avslutt saken", "Saken er avsluttet, eller venter på svar"),
    "end_wait": ("Gi saken til CSC", "Saken er hos CSC"),
    "mark_company": ("Sett status på selskapet i HubSpot", "Selskapet har fått status i HubSpot"),
    "clear_owner": ("Fjern eieren i HubSpot", "Eieren er fjernet i HubSpot"),
    "announce": ("Si fra om det som har skjedd", "Det er sagt fra om det som har skjedd"),
    "mark_contact": ("Merk kontakten som reservert i HubSpot", "Kontakten er merket som reservert i HubSpot"),
    "erase_person": ("Slett alt vi husker om personen", "Alt vi husket om personen, er slettet"),
    "send_email": ("Send e-posten til kunden", "E-posten til kunden er sendt"),
    "log_email": ("Sett e-posten på tidslinjen", "E-posten står på tidslinjen"),
    "pass_guard": ("Se at det ikke er for mange på én gang", "Det er ikke for mange på én gang"),
    "move_work": ("Gi den nye rådgiveren arbeidet", "Den nye rådgiveren har fått arbeidet"),
    "log_note": ("Skriv hva som ble flyttet", "Notatet sier hva som ble flyttet"),
    "set_manager": ("Sett rådgiveren på kundekortet", "Rådgiveren står på kundekortet"),
    "move_history": ("Flytt historikken til posten som er igjen", "Historikken er flyttet til posten som er igjen"),
}
"""What an action is called before and after it is done; one that is not here goes by its own name."""

BOXES = {
    "002-38": "Overføringsmøte",
    "002-39": "Kundebildet lest",
    "002-40": "PFA/KAM i Metodika",
    "002-41": "Kontaktpersoner",
    "002-42": "Eier i HubSpot",
    "002-44": "Nøkkelinformasjon",
    "002-52": "Bestillinger",
    "002-54": "Vet kunden om byttet?",
    "002-55": "Kunden informert",
    "002-57": "Hvor i prosessen",
    "002-56": "Møte booket",
    "002-43": "Kundebildet kvalitetssikret",
    "002-45": "Samarbeidsplanen lest",
    "002-46": "Ikke påbegynte tiltak",
    "002-47": "Utførte tiltak huket av",
    "002-48": "Årsrapporten lest",
    "002-49": "Årsrapporten fullført",
    "002-50": "Siste notater og møter",
    "002-51": "Dokumenter i Metodika",
    "002-53": "AMU-møter planlagt",
}
"""A takeover's boxes in the order of its two tasks, in few words."""

BOX_STATES = {"verified": "sett av systemet", "ticked": "huket av", "open": "ikke gjort"}

STATES = {
    "done": "utført",
    "started": "pågår",
    "pending": "venter",
    "refused": "ikke gjort",
    "unsure": "usikkert",
    "dropped": "falt bort",
    "shadow": "bare vist",
}

DOCUMENTS = {
    "ANNUAL_REPORT": "Årsrapport",
    "ACTION_PLAN": "Handlingsplan",
    "RISK_ASSESSMENT": "Risikovurdering",
    "COLLABORATION_PLAN": "Samarbeidsplan",
    "OTHER": "Annet",
}

RECEIPTS = {
    "SENT": "sendt videre til operatøren",
    "DELIVERED": "levert på telefonen",
    "FAILED": "kunne ikke leveres",
    "EXPIRED": "fristen gikk ut før den ble levert",
    "UNKNOWN": "ukjent",
}

_DAYS = ("man.", "tirs.", "ons.", "tors.", "fre.", "lør.", "søn.")
_MONTHS = ("jan.", "feb.", "mars", "april", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des.")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_EMPTY_LINES = re.compile(r"\n\s*\n")


def parsed(moment: str) -> datetime:
    """A moment of any vendor's, in the time people here live by."""
    return datetime.fromisoformat(moment).astimezone(OSLO)


def lately(moment: str, now: datetime) -> str:
    """A moment that has been: the clock alone today, else the day too."""
    at = parsed(moment)
    return f"kl. {at:%H.%M}" if at.date() == now.astimezone(OSLO).date() else when(moment, now)


def when(moment: str, now: datetime) -> str:
    """A moment as a person would say it: the day, and the clock."""
    at, today = parsed(moment), now.astimezone(OSLO).date()
    clock = f"kl. {at:%H.%M}"
    days = (at.date() - today).days
    near = {-1: "i går", 0: "i dag", 1: "i morgen"}.get(days)
    if near:
        return f"{near} {clock}"
    return f"{_DAYS[at.weekday()]} {at.day}. {_MONTHS[at.month - 1]} {clock}"


def day(day: date) -> str:
    """A day of any year."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def clock(moment: str) -> str:
    """The time of day to the second."""
    return f"{parsed(moment):%H.%M.%S}"


def later(since: str, moment: str) -> str:
    """How long after something this was, as short as it can be said."""
    gone = max(parsed(moment) - parsed(since), timedelta())
    seconds = gone.total_seconds()
    if seconds < 1:
        return f"+{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"+{seconds:.1f} s".replace(".", ",")
    if gone < timedelta(hours=1):
        return f"+{seconds / 60:.0f} min"
    if gone < timedelta(days=1):
        return f"+{seconds / 3600:.0f} t"
    return f"+{gone.days} d"


def as_text(body: str) -> str:
    """HubSpot's rich text as plain lines; whatever else was markup is left as it stands and shown, never obeyed."""
    return html.unescape(_BREAK.sub("\n", body))


def closely(text: str) -> str:
    """The same words without empty lines between them."""
    return _EMPTY_LINES.sub("\n", text)
