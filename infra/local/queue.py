"""A queue worth looking at: a dozen customers who did not answer, told on the review queue as the flow tells of them.

Everybody is invented. Companies and contacts stand in the simulated HubSpot, where the console reads names and numbers;
organisation numbers are in a series that is kept for tests.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from infra.local.stack import Stack

Json = dict[str, Any]
PERIOD = 150

_REQUIREMENTS = {
    "attempts_by_email": "001-21",
    "attempts_by_phone": "001-21",
    "no_response": "001-21",
    "period_over": "001-17",
    "main_contact": "001-23",
    "owner_set": "001-24",
    "no_open_work": "001-08",
}
_RESPONSES = ("email_in", "call_in", "call_connected", "meeting_held", "meeting_booked", "sms_in")
_RECORDS = {"sms": "communications", "email": "emails", "call": "calls", "meeting": "meetings", "task": "tasks"}
# What a sequence of five months usually leaves behind: days since it began, and what happened then.
_USUAL = (
    (0, "sequence_email"),
    (9, "call_out"),
    (14, "sequence_email"),
    (21, "sequence_call"),
    (40, "call_out"),
    (41, "sms_out"),
    (55, "sequence_email"),
    (77, "sequence_call"),
    (90, "email_out"),
    (110, "sequence_email"),
    (133, "call_out"),
    (146, "sequence_email"),
)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer of the queue and how it has been with them; `ended` is days ago, `days` how long they were tried."""

    ref: str
    name: str
    number: str
    owner: str | None = "@kari"
    person: tuple[str, str, str] | None = ("", "", "")
    phone: str = ""
    days: int = 152
    ended: float = 0.2
    ending: str = "finished"
    happened: Sequence[tuple[int, str]] = _USUAL
    orders_known: bool = True


CUSTOMERS = (
    Customer(
        ref="tyttebar",
        name="Tyttebærlia Barnehage SA",
        number="310500011",
        person=("Ragnhild", "Vatne", "Styrer"),
        phone="+47 400 11 201",
        ended=0.05,
    ),
    Customer(
        ref="kvernbrua",
        name="Kvernbrua Transport AS",
        number="310502006",
        owner="@ola",
        person=("Torgeir", "Moen", "Daglig leder"),
        phone="+47 400 11 202",
        ended=0.1,
    ),
    Customer(
        ref="havglott",
        name="Havgløtt Sjømat AS",
        number="310500151",
        owner="@siv",
        person=("Synne", "Aasen", "HR-ansvarlig"),
        ended=0.3,
    ),
    Customer(
        ref="storfuru",
        name="Storfuru Trelast AS",
        number="310500224",
        person=("Geir", "Nygård", "Verneombud"),
        phone="+47 400 11 204",
        ended=0.6,
        happened=(*_USUAL, (150, "task_open")),
    ),
    Customer(
        ref="makeberget",
        name="Måkeberget Rederi AS",
        number="310500291",
        owner="@ola",
        person=("Liv", "Strand", "Personalsjef"),
        phone="+47 400 11 205",
        days=96,
        happened=_USUAL[:9],
        ended=0.9,
    ),
    Customer(
        ref="sildrebekk",
        name="Sildrebekken Renhold og Eiendomsdrift Holding AS",
        number="310500364",
        person=("Anders", "Bråten", "Daglig leder"),
        phone="+47 400 11 206",
        ended=1.4,
    ),
    Customer(
        ref="ospelia",
        name="Ospelia Tannklinikk AS",
        number="310500437",
        owner=None,
        person=("Marit", "Holm", "Klinikksjef"),
        phone="+47 400 11 207",
        ended=2.2,
    ),
    Customer(
        ref="rugdehaug",
        name="Rugdehaugen Gartneri AS",
        number="310500577",
        owner="@siv",
        person=("Per Ivar", "Lunde", "Gartner"),
        phone="+47 400 11 208",
        ended=3.1,
        ending="bounced",
    ),
    Customer(ref="trollport", name="Trollporten Elektro AS", number="310500712", person=None, ended=4.3),
    Customer(
        ref="vinterplass",
        name="Vinterplass Hotell AS",
        number="310500852",
        owner="@ola",
        person=("Ingvild", "Sætre", "Hotelldirektør"),
        phone="+47 400 11 210",
        ended=6.0,
        happened=tuple(step for step in _USUAL if step[1] != "sequence_call"),
    ),
    Customer(
        ref="skumring",
        name="Skumringen Lysdesign AS",
        number="310500925",
        owner="@siv",
        person=("Jonas", "Eng", "Daglig leder"),
        phone="+47 400 11 211",
        ended=7.5,
        orders_known=False,
    ),
    Customer(
        ref="fjellbekk",
        name="Fjellbekk Snekkerverksted AS",
        number="310500992",
        person=("Hege", "Tveit", "Kontorleder"),
        phone="+47 400 11 212",
        ended=9.0,
        days=171,
    ),
)


def fill(stack: Stack) -> int:
    """Puts the customers into HubSpot and a request for each on the review queue; how many there were."""
    seeded = requests.post(f"{stack.hubspot_url}/_sim/seed", json=declaration(), timeout=30)
    seeded.raise_for_status()
    known = seeded.json()["refs"]
    queue, sqs = stack.outputs()["ReviewIntakeQueueUrl"], stack.client("sqs")
    now = datetime.now(UTC)
    for customer in CUSTOMERS:
        sqs.send_message(
            QueueUrl=queue, MessageBody=json.dumps(request(customer, known, int(stack.hubspot_portal_id), now))
        )
    return len(CUSTOMERS)


def declaration() -> Json:
    """The customers and their contacts, as HubSpot's simulator takes them."""
    companies = [
        {
            "ref": one.ref,
            "properties": {
                "name": one.name,
                "country": "Norway",
                "lifecyclestage": "customer",
                "orgnummer": one.number,
                **({"hubspot_owner_id": one.owner} if one.owner else {}),
            },
        }
        for one in CUSTOMERS
    ]
    contacts = [
        {
            "ref": f"{one.ref}-contact",
            "properties": {
                "firstname": one.person[0],
                "lastname": one.person[1],
                "jobtitle": one.person[2],
                "email": f"post@{one.ref}.example",
                "country": "Norway",
                "hs_language": "nb",
                "phone": one.phone,
            },
            "associations": {"companies": [f"@{one.ref}"]},
        }
        for one in CUSTOMERS
        if one.person
    ]
    return {"companies": companies, "contacts": contacts}


def request(one: Customer, known: dict[str, str], portal_id: int, now: datetime) -> Json:
    """The message about one customer; `known` are HubSpot's ids by ref."""
    company, contact = int(known[one.ref]), int(known.get(f"{one.ref}-contact", 0))
    ended = now - timedelta(days=one.ended)
    enrolled = ended - timedelta(days=one.days)
    entries = [_entry(one, place, day, what, enrolled) for place, (day, what) in enumerate(one.happened)]
    return {
        "version": 1,
        "key": f"{portal_id}/{company}/{contact or company}/{int(enrolled.timestamp())}",
        "portal_id": portal_id,
        "company": {"id": company, "name": one.name, "organisation_number": one.number, "country": "NO"},
        "evidence": {
            "company_id": company,
            "contact_id": contact or company,
            "sequence_id": 1,
            "enrolled_at": enrolled.isoformat(),
            "ended_at": ended.isoformat(),
            "ending": one.ending,
            "period_days": PERIOD,
            "main_contact_id": contact or None,
            "main_contact_named": bool(one.person),
            "main_contact_phone": bool(one.phone),
            "owner_id": int(known[one.owner.removeprefix("@")]) if one.owner else None,
            "entries": entries,
            "orders_known": one.orders_known,
        },
        "assessment": _assessment(one, entries),
        "waiting_for": None,
        "found_at": now.isoformat(),
    }


def _entry(one: Customer, place: int, day: int, what: str, enrolled: datetime) -> Json:
    kind = next(record for word, record in _RECORDS.items() if word in what.removeprefix("sequence_"))
    number = 700_000 + 100 * CUSTOMERS.index(one) + place
    return {
        "what": what,
        "record": kind,
        "id": str(number),
        "at": (enrolled + timedelta(days=day, hours=2)).isoformat(),
    }


def _assessment(one: Customer, entries: list[Json]) -> Json:
    """What the flow would say of it; that it would is held in a test."""
    records = {
        "attempts_by_email": [entry for entry in entries if entry["what"] == "sequence_email"],
        "attempts_by_phone": [entry for entry in entries if entry["what"] == "sequence_call"],
        "no_response": [entry for entry in entries if entry["what"] in _RESPONSES],
        "no_open_work": [entry for entry in entries if entry["what"] == "task_open"],
    }
    verdicts = {
        "attempts_by_email": "unknown" if one.ending == "bounced" else _met(bool(records["attempts_by_email"])),
        "attempts_by_phone": _met(bool(records["attempts_by_phone"])),
        "no_response": _met(not records["no_response"]),
        "period_over": _met(one.days + one.ended >= PERIOD),
        "main_contact": _met(bool(one.person and one.phone)),
        "owner_set": _met(one.owner is not None),
        "no_open_work": _met(not records["no_open_work"]) if one.orders_known else "unknown",
    }
    keep = "not_met" in (verdicts["no_response"], verdicts["period_over"])
    return {
        "criteria": [
            {"name": name, "requirement": _REQUIREMENTS[name], "verdict": verdict, "records": records.get(name, [])}
            for name, verdict in verdicts.items()
        ],
        "recommendation": "keep" if keep else "inactive" if set(verdicts.values()) == {"met"} else "fix_first",
    }


def _met(holds: bool) -> str:
    return "met" if holds else "not_met"
