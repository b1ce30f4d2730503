"""The left of the page: a small HubSpot with its companies, contacts, tasks and timelines; and what is beside each."""

from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType

from infra.local.page.metodika import cards
from infra.local.page.reading import Json, Seen
from infra.local.page.wording import OUTCOMES, TASK_KINDS, as_text, closely, lately, parsed, when

_REGIONS = {"Norway": "NO", "Sweden": "SE", "Denmark": "DK"}
_TAKES_SMS = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_WORDS = ("hs_call_title", "hs_communication_body", "hs_meeting_title", "hs_note_body")
_OPT_OUTS = {"kundeflyt_sms_optout": "Reservert mot SMS", "hs_email_optout": "Reservert mot e-post"}


def companies(seen: Seen) -> list[Json]:
    """Every company with its adviser, its contacts' ids, tasks, notes and meetings, and its cards in Metodika."""
    owners = {owner["id"]: owner for owner in seen.owners}
    return [_company(company, owners, seen) for company in sorted(seen.companies, key=company_name)]


def company_name(company: Json) -> str:
    """What a company is called."""
    return str(company["properties"].get("name", "Uten navn"))


def _company(company: Json, owners: dict[str, Json], seen: Seen) -> Json:
    properties = company["properties"]
    number = properties.get("orgnummer", "")
    return {
        "id": company["id"],
        "name": company_name(company),
        "owner_id": properties.get("hubspot_owner_id", ""),
        "owner": _owner_name(owners.get(properties.get("hubspot_owner_id"))),
        "number": number,
        "contacts": company["associations"].get("contacts", []),
        "tasks": _tasks("companies", company, owners, seen),
        "timeline": _notes_and_meetings(company, owners, seen),
        "cards": cards(number, seen),
    }


def advisers(seen: Seen) -> list[Json]:
    """Who can have made a call: the portal's people who have not left."""
    people = [owner for owner in seen.owners if owner.get("type") == "PERSON" and not owner.get("archived")]
    return [{"id": owner["id"], "name": _owner_name(owner)} for owner in people]


def contacts(seen: Seen) -> list[Json]:
    """Every contact with tasks, timeline and phone."""
    owners = {owner["id"]: owner for owner in seen.owners}
    at = {company["id"]: company for company in seen.companies}
    return [
        _contact(contact, at.get(_company_id(contact)), owners, seen) for contact in sorted(seen.contacts, key=name_of)
    ]


def name_of(contact: Json) -> str:
    """What a contact is called."""
    properties = contact["properties"]
    return " ".join(filter(None, (properties.get("firstname"), properties.get("lastname")))) or "Uten navn"


def number_of(contact: Json) -> tuple[str | None, str | None]:
    """The contact's number (E.164) and, when no SMS can come to it, why not."""
    properties = contact["properties"]
    written = [properties[name] for name in ("mobilephone", "phone") if properties.get(name)]
    region = _REGIONS.get(properties.get("country", ""), "NO")
    landline = None
    for one in written:
        try:
            number = phonenumbers.parse(one, region)
        except phonenumbers.NumberParseException:
            continue
        shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        # The simulators' magic numbers are nobody's, so the numbering plan need not know them.
        if phonenumbers.number_type(number) in _TAKES_SMS or properties.get("mobilephone") == one:
            return shown, None
        landline = shown
    if landline:
        return landline, "Nummeret i HubSpot er en fasttelefon, og den tar ikke imot SMS."
    return None, "Kontakten har ikke noe nummer i HubSpot, så ingen SMS kan komme hit."


def _contact(contact: Json, company: Json | None, owners: dict[str, Json], seen: Seen) -> Json:
    number, no_sms = number_of(contact)
    properties = contact["properties"]
    owner_id = properties.get("hubspot_owner_id") or (company or {"properties": {}})["properties"].get(
        "hubspot_owner_id"
    )
    return {
        "id": contact["id"],
        "name": name_of(contact),
        "first_name": properties.get("firstname") or name_of(contact),
        "company": company["properties"].get("name", "") if company else "",
        "owner_id": owner_id,
        "owner": _owner_name(owners.get(owner_id)),
        "email": properties.get("email", ""),
        "number": _shown(number),
        "notes": [words for name, words in _OPT_OUTS.items() if properties.get(name) == "true"],
        "tasks": _tasks("contacts", contact, owners, seen),
        "timeline": _timeline(contact, owners, seen),
        "phone": {"no_sms": no_sms, "messages": _messages(number, seen) if not no_sms else []},
    }


def _tasks(kind: str, record: Json, owners: dict[str, Json], seen: Seen) -> list[Json]:
    found = [task for task in seen.tasks if record["id"] in task["associations"].get(kind, [])]
    rows = [
        {
            "id": task["id"],
            "kind": TASK_KINDS.get(task["properties"].get("hs_task_type", ""), "Gjøremål"),
            "subject": task["properties"].get("hs_task_subject", ""),
            "body": as_text(task["properties"].get("hs_task_body", "")),
            "due": when(task["properties"]["hs_timestamp"], seen.at),
            "owner": _owner_name(owners.get(task["properties"].get("hubspot_owner_id"))),
            "done": task["properties"].get("hs_task_status") == "COMPLETED",
            "made": task["createdAt"],
        }
        for task in found
    ]
    newest_first = sorted(rows, key=lambda row: str(row["made"]), reverse=True)
    return sorted(newest_first, key=lambda row: bool(row["done"]))


def _timeline(contact: Json, owners: dict[str, Json], seen: Seen) -> list[Json]:
    rows = []
    for call in seen.calls:
        if contact["id"] in call["associations"].get("contacts", []):
            given = call["properties"]
            outcome = OUTCOMES.get(given.get("hs_call_disposition", ""), "Uten utfall")
            who = _owner_name(owners.get(given.get("hubspot_owner_id")))
            rows.append((given["hs_timestamp"], call["id"], f"Samtale: {outcome.lower()}", who, given))
    for entry in seen.entries:
        if contact["id"] in entry["associations"].get("contacts", []):
            given = entry["properties"]
            rows.append((given["hs_timestamp"], entry["id"], "SMS", "", given))
    return _told(rows, seen)


def _notes_and_meetings(company: Json, owners: dict[str, Json], seen: Seen) -> list[Json]:
    rows = []
    for what, entries, begins in (
        ("Møte", seen.meetings, "hs_meeting_start_time"),
        ("Notat", seen.notes, "hs_timestamp"),
    ):
        for entry in entries:
            if company["id"] in entry["associations"].get("companies", []):
                given = entry["properties"]
                who = _owner_name(owners.get(given.get("hubspot_owner_id")))
                rows.append((given.get(begins) or given["hs_timestamp"], entry["id"], what, who, given))
    return _told(rows, seen)


def _told(rows: list[tuple[str, str, str, str, Json]], seen: Seen) -> list[Json]:
    """A timeline, the newest entry first."""
    return [
        {
            "id": id_,
            "at": lately(at, seen.at),
            "what": what,
            "who": who,
            "body": closely(as_text(next((given[name] for name in _WORDS if given.get(name)), ""))),
        }
        for at, id_, what, who, given in sorted(rows, key=lambda row: parsed(row[0]), reverse=True)
    ]


def _messages(number: str | None, seen: Seen) -> list[Json]:
    received = [
        {"id": message["id"], "ours": False, "text": message["text"], "moment": message["at"]}
        for message in seen.messages
        if message["to"] == number
    ]
    written = [
        {
            "id": letter["content"]["id"],
            "ours": True,
            "text": letter["content"]["text"],
            "moment": letter["content"]["receivedAt"],
            "state": {"delivered": "Levert", "pending": "Sender …"}.get(letter["state"], "Ikke levert"),
        }
        for letter in seen.deliveries
        if isinstance(letter["content"], dict) and letter["content"].get("from") == number
    ]
    together: list[dict[str, Any]] = sorted(received + written, key=lambda message: parsed(message["moment"]))
    return [message | {"at": lately(message.pop("moment"), seen.at)} for message in together]


def _company_id(contact: Json) -> str:
    return next(iter(contact["associations"].get("companies", [])), "")


def _owner_name(owner: Json | None) -> str:
    if owner is None:
        return "Ingen eier"
    name = f"{owner.get('firstName', '')} {owner.get('lastName', '')}".strip()
    return f"{name} (sluttet)" if owner.get("archived") else name


def _shown(number: str | None) -> str:
    if number is None:
        return ""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
