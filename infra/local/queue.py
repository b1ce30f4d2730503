"""A queue worth looking at: customers who did not answer, told as the flow tells of them, and what became of them.

Those of today are told on the review queue. Those of last week have a past, which is played as people make it
(`infra.played`): so there are deadlines that come and have gone, and colleagues who have been at work.

Everybody is invented. Companies and contacts stand in the simulated HubSpot, where the console reads names and numbers;
organisation numbers are in a series that is kept for tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import requests
from holidays import country_holidays

from infra.local.page.wording import OSLO
from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.tools import ROOT
from infra.local.users import PEOPLE

Json = dict[str, Any]
Since = Literal["claimed", "decided", "kept", "asked", "answered", "reopened", "withdrawn"]
PERIOD, SHORT_PERIOD, SMALL = 150, 90, "Liten"
"""How long a customer is tried, and how long one of the small ones is, in the demo's rules."""
TYPE_PROPERTY = "kundetype"
"""The company's property that says what kind of customer it is."""
GAP_WAITS = timedelta(days=14)
LISE, NILS = (PEOPLE[role][0] for role in ("csc", "csc2"))

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
_QUESTION = "Hvem er rett kontaktperson?"
_FRIDAY = 5
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
    """One customer of the queue and how it has been with them.

    Their case came to customer service so many working days ago (`came`), the sequence had `ended` so many days before
    that, and they had been tried for `days`. `since` is what colleagues have done about it.
    """

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
    small: bool = False
    lacks_phone: bool = False
    came: int = 0
    since: Since | None = None

    @property
    def to_decide(self) -> bool:
        """Customer service has something to do about it now."""
        return not self.lacks_phone and self.since in (None, "claimed", "answered", "reopened")

    @property
    def period(self) -> int:
        """How many days such a customer is tried."""
        return SHORT_PERIOD if self.small else PERIOD


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
        came=1,
        ended=0.2,
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
        came=1,
        ended=0.4,
    ),
    Customer(
        ref="sildrebekk",
        name="Sildrebekken Renhold og Eiendomsdrift Holding AS",
        number="310500364",
        person=("Anders", "Bråten", "Daglig leder"),
        phone="+47 400 11 206",
        came=2,
        ended=0.1,
    ),
    Customer(
        ref="ospelia",
        name="Ospelia Tannklinikk AS",
        number="310500437",
        owner=None,
        person=("Marit", "Holm", "Klinikksjef"),
        phone="+47 400 11 207",
        came=4,
        ended=0.1,
    ),
    Customer(
        ref="rugdehaug",
        name="Rugdehaugen Gartneri AS",
        number="310500577",
        owner="@siv",
        person=("Per Ivar", "Lunde", "Gartner"),
        phone="+47 400 11 208",
        came=4,
        ended=0.3,
        ending="bounced",
    ),
    Customer(ref="trollport", name="Trollporten Elektro AS", number="310500712", person=None, came=5, ended=0.1),
    Customer(
        ref="vinterplass",
        name="Vinterplass Hotell AS",
        number="310500852",
        owner="@ola",
        person=("Ingvild", "Sætre", "Hotelldirektør"),
        phone="+47 400 11 210",
        came=6,
        ended=0.1,
        happened=tuple(step for step in _USUAL if step[1] != "sequence_call"),
    ),
    Customer(
        ref="skumring",
        name="Skumringen Lysdesign AS",
        number="310500925",
        owner="@siv",
        person=("Jonas", "Eng", "Daglig leder"),
        phone="+47 400 11 211",
        came=6,
        ended=0.4,
        orders_known=False,
        since="claimed",
    ),
    Customer(
        ref="fjellbekk",
        name="Fjellbekk Snekkerverksted AS",
        number="310500992",
        person=("Hege", "Tveit", "Kontorleder"),
        phone="+47 400 11 212",
        came=8,
        ended=0.2,
        days=96,
        happened=_USUAL[:9],
        small=True,
    ),
    Customer(
        ref="nordlys",
        name="Nordlysbakken Bakeri AS",
        number="310501123",
        owner="@ola",
        person=("Tuva", "Eide", "Daglig leder"),
        phone="+47 400 11 213",
        came=6,
        ended=0.1,
        since="answered",
    ),
    Customer(
        ref="elvesus",
        name="Elvesus Rørservice AS",
        number="310501247",
        person=("Kjell", "Haugland", "Daglig leder"),
        phone="+47 400 11 214",
        came=12,
        ended=0.3,
        since="reopened",
    ),
    Customer(
        ref="solvind",
        name="Solvindøya Kraft AS",
        number="310501360",
        owner="@siv",
        person=("Maja", "Berntsen", "HMS-leder"),
        ended=0.4,
        lacks_phone=True,
    ),
    Customer(
        ref="tindebu",
        name="Tindebua Sport AS",
        number="310501484",
        owner="@ola",
        person=("Eskil", "Rønning", "Butikksjef"),
        phone="+47 400 11 216",
        came=1,
        ended=0.2,
        since="decided",
    ),
    Customer(
        ref="gaupefaret",
        name="Gaupefaret Eiendom AS",
        number="310501603",
        person=("Solveig", "Myhre", "Forvalter"),
        phone="+47 400 11 217",
        came=3,
        ended=0.2,
        since="asked",
    ),
    Customer(
        ref="lyngmo",
        name="Lyngmoen Sykehjem SA",
        number="310501727",
        owner="@siv",
        person=("Nora", "Dale", "Virksomhetsleder"),
        phone="+47 400 11 218",
        came=2,
        ended=0.3,
        since="kept",
    ),
    Customer(
        ref="rypeasen",
        name="Rypeåsen Maskin AS",
        number="310501840",
        person=("Terje", "Viken", "Daglig leder"),
        phone="+47 400 11 219",
        came=3,
        ended=0.4,
        since="withdrawn",
    ),
)


def fill(stack: Stack) -> int:
    """Puts the customers into HubSpot, tells of them, and plays what has been; how many are to be decided now."""
    seeded = requests.post(f"{stack.hubspot_url}/_sim/seed", json=declaration(), timeout=30)
    seeded.raise_for_status()
    known = seeded.json()["refs"]
    outputs, portal, now = stack.outputs(), int(stack.hubspot_portal_id), datetime.now(UTC)
    _play(stack, outputs, [played(one, known, portal, now) for one in CUSTOMERS if one.came])
    sqs = stack.client("sqs")
    for customer in (one for one in CUSTOMERS if not one.came):
        message = json.dumps(request(customer, known, portal, now))
        sqs.send_message(QueueUrl=outputs["ReviewIntakeQueueUrl"], MessageBody=message)
    return sum(one.to_decide for one in CUSTOMERS)


def _play(stack: Stack, outputs: dict[str, str], past: list[Json]) -> None:
    """The steps of a case are the product's, which we share no code with: a program of its own takes them."""
    told = subprocess.run(
        [sys.executable, "-m", "infra.played", outputs["CasesTableName"], outputs["EventBusName"]],
        cwd=ROOT,
        env={**os.environ, **stack.aws_environment()},
        input=json.dumps(past),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode != 0:
        raise StackProblem(f"The queue's past could not be played:\n{told.stderr.strip()}")


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
                **({TYPE_PROPERTY: SMALL} if one.small else {}),
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
    kind = {"name": TYPE_PROPERTY, "label": "Kundetype", "type": "string", "fieldType": "text"}
    return {
        "properties": {"companies": [kind | {"groupName": "companyinformation"}]},
        "companies": companies,
        "contacts": contacts,
        "tasks": [_question(one) for one in CUSTOMERS if one.since == "answered"],
    }


def _question(one: Customer) -> Json:
    """The task by which the adviser was asked, done by now."""
    return {
        "ref": f"{one.ref}-question",
        "createdAt": "-6d",
        "properties": {
            "hs_task_subject": "CSC spør om kunden",
            "hs_task_body": _QUESTION,
            "hs_task_status": "COMPLETED",
            "hs_timestamp": "+3d",
            "hubspot_owner_id": one.owner,
        },
        "associations": {"companies": [f"@{one.ref}"]},
    }


def played(one: Customer, known: dict[str, str], portal_id: int, now: datetime) -> Json:
    """The past of one customer's case, as `infra.played` takes it: what came then, and each step since."""
    came = working_days_before(now, one.came)
    owner = int(known[one.owner.removeprefix("@")]) if one.owner else 0
    task = int(known.get(f"{one.ref}-question", 0))
    return {
        "at": came.isoformat(),
        "request": request(one, known, portal_id, came),
        "steps": _steps(one, owner, task, now),
    }


def _steps(one: Customer, owner: int, task: int, now: datetime) -> list[Json]:
    """What has been done about a case, by whom, when and in which words."""

    def ago(**time: float) -> str:
        return (now - timedelta(**time)).isoformat()

    def on(days: int, **time: float) -> str:
        return (working_days_before(now, days) + timedelta(**time)).isoformat()

    keep = {"do": "decide", "what": "keep", "reason": "Kunden er i dialog"}
    ask = {"do": "decide", "what": "needs_more", "reason": _QUESTION, "asked": owner}
    match one.since:
        case "claimed":
            return [
                {"do": "comment", "who": LISE, "at": on(2), "text": "Venter på svar fra Metodika om bestillingene."},
                {"do": "claim", "who": NILS, "at": ago(minutes=2)},
            ]
        case "decided":
            reason = {"what": "inactive", "reason": "Ikke svart i hele perioden"}
            return [
                {"do": "claim", "who": NILS, "at": ago(minutes=4)},
                {"do": "decide", "who": NILS, "at": ago(seconds=20), **reason},
            ]
        case "kept":
            said = "Virksomhetslederen er i permisjon til februar. Ring avdelingsleder Ingrid Lie i mellomtiden."
            return [
                {"do": "claim", "who": LISE, "at": ago(minutes=55)},
                {**keep, "who": LISE, "at": ago(minutes=50), "feedback": said},
            ]
        case "asked":
            return [
                {"do": "claim", "who": NILS, "at": ago(minutes=95)},
                {**ask, "who": NILS, "at": ago(minutes=90)},
            ]
        case "answered":
            return [
                {"do": "claim", "who": NILS, "at": on(4)},
                {**ask, "who": NILS, "at": on(4, minutes=6)},
                {"do": "begin_effects", "at": on(4, minutes=17)},
                {"do": "asked", "at": on(4, minutes=17), "task_id": task, "until": ago(days=-9)},
                {"do": "comment", "who": LISE, "at": on(2), "text": "Ola sier at Tuva Eide fortsatt er daglig leder."},
                {"do": "end_wait", "at": on(1), "because": "Den som ble spurt, er ferdig med oppgaven."},
            ]
        case "reopened":
            why = "Dialogen førte ikke frem: rådgiveren har ringt tre ganger uten svar."
            return [
                {"do": "claim", "who": LISE, "at": on(11)},
                {**keep, "who": LISE, "at": on(11, minutes=3)},
                {"do": "begin_effects", "at": on(11, minutes=14)},
                {"do": "effected", "at": on(11, minutes=14)},
                {"do": "reopen", "who": NILS, "at": on(1), "reason": why},
            ]
        case "withdrawn":
            rang = f"{working_days_before(now, 1).astimezone(OSLO):%d.%m.%Y kl. %H.%M}"
            return [{"do": "withdraw", "at": on(1), "because": f"Kunden ringte {rang}."}]
    return []


def working_days_before(now: datetime, days: int) -> datetime:
    """The same time of day, so many days earlier on which Norwegian offices are open."""
    then = now
    closed = set(country_holidays("NO", years=[now.year - 1, now.year]))
    closed |= {date(year, 12, eve) for year in (now.year - 1, now.year) for eve in (24, 31)}
    while days:
        then -= timedelta(days=1)
        days -= then.isoweekday() <= _FRIDAY and then.date() not in closed
    return then


def request(one: Customer, known: dict[str, str], portal_id: int, now: datetime) -> Json:
    """The message about one customer, as it was told `now`; `known` are HubSpot's ids by ref."""
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
            "customer_type": SMALL if one.small else None,
            "period_days": one.period,
            "main_contact_id": contact or None,
            "main_contact_named": bool(one.person),
            "main_contact_phone": bool(one.phone),
            "owner_id": int(known[one.owner.removeprefix("@")]) if one.owner else None,
            "entries": entries,
            "orders_known": one.orders_known,
        },
        "assessment": _assessment(one, entries),
        "waiting_for": {"gaps": ["phone"], "until": (now + GAP_WAITS).isoformat()} if one.lacks_phone else None,
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
        "period_over": _met(one.days + one.ended >= one.period),
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
