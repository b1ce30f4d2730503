"""The built-in seed `norway`: a small portal with the customers an adviser in Norway could have.

Everybody is invented. The numbers are of valid kinds but chosen at random, and nothing is ever sent from here.
Organisation numbers are valid, written as people write them, and in a series that is kept for tests.
"""

from typing import Any

_NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


def _contact(ref: str, first: str, last: str, company: str, **properties: str) -> dict[str, Any]:
    return {
        "ref": ref,
        "properties": {
            "firstname": first,
            "lastname": last,
            "email": f"{ref}@{company}.example",
            "country": "Norway",
            "hs_language": "nb",
            **properties,
        },
        "associations": {"companies": [f"@{company}"]},
    }


def _company(ref: str, name: str, owner: str, number: str, country: str = "Norway") -> dict[str, Any]:
    return {
        "ref": ref,
        "properties": {
            "name": name,
            "domain": f"{ref}.example",
            "country": country,
            "lifecyclestage": "customer",
            "orgnummer": number,
            "hubspot_owner_id": owner,
        },
    }


def _checkbox(name: str, label: str) -> dict[str, str]:
    return {
        "name": name,
        "label": label,
        "type": "bool",
        "fieldType": "booleancheckbox",
        "groupName": "contactinformation",
    }


NORWAY: dict[str, Any] = {
    "properties": {
        "contacts": [
            _checkbox("kundeflyt_sms_optout", "Reservert mot SMS"),
            _checkbox("sms_samtykke", "Samtykke til markedsføring på SMS"),
        ],
        "companies": [
            {
                "name": "orgnummer",
                "label": "Organisasjonsnummer",
                "type": "string",
                "fieldType": "text",
                "groupName": "companyinformation",
            }
        ],
    },
    "owners": [
        {"ref": "kari", "firstName": "Kari", "lastName": "Rådgiver", "email": "kari@avonova.example"},
        {"ref": "ola", "firstName": "Ola", "lastName": "Rådgiver", "email": "ola@avonova.example"},
        {"ref": "siv", "firstName": "Siv", "lastName": "Rådgiver", "email": "siv@avonova.example"},
        {
            "ref": "sluttet",
            "firstName": "Per",
            "lastName": "Sluttet",
            "email": "per@avonova.example",
            "archived": True,
        },
        {"ref": "ko", "firstName": "Felles", "lastName": "Kø", "type": "QUEUE"},
        {"ref": "csc", "firstName": "Kunde", "lastName": "Senter", "email": "csc@avonova.example"},
    ],
    "sequences": [
        {
            "ref": "ingen_kontakt",
            "name": "Vi får ikke tak i deg",
            "steps": ["EMAIL", "CALL", "EMAIL", "EMAIL", "CALL", "EMAIL"],
        }
    ],
    "companies": [
        _company("fjellbygg", "Fjellbygg AS", "@kari", "310 124 001"),
        _company("fjordfisk", "Fjordfisk AS", "@ola", "311873008"),
        _company("nordkraft", "Nordkraft Drift AS", "@siv", "NO 312 456 001 MVA"),
        _company("bakeriet", "Bakeriet på hjørnet AS", "@sluttet", "313901009"),
        _company("granskog", "Granskog AB", "@kari", "459912-3454", "Sweden"),
    ],
    "contacts": [
        _contact("anne", "Anne", "Berg", "fjellbygg", mobilephone="+47 406 12 345"),
        _contact("bjorn", "Bjørn", "Dahl", "fjellbygg", phone="91 23 45 67", hubspot_owner_id="@kari"),
        _contact("cecilie", "Cecilie", "Eide", "fjordfisk", mobilephone="0047 452 34 567", hs_language="nn"),
        _contact("david", "David", "Foss", "nordkraft", mobilephone="+4798765432", sms_samtykke="true"),
        _contact(
            "erik",
            "Erik",
            "Granlund",
            "granskog",
            mobilephone="+46 70 123 45 67",
            country="Sweden",
            hs_language="sv",
        ),
        _contact("frida", "Frida", "Haugen", "fjordfisk", phone="22 33 44 55"),
        _contact("geir", "Geir", "Iversen", "bakeriet"),
        _contact(
            "hanne",
            "Hanne",
            "Jensen",
            "nordkraft",
            mobilephone="+47 481 23 456",
            hs_email_optout="true",
            kundeflyt_sms_optout="true",
        ),
    ],
    "calls": [
        {
            "ref": "answered",
            "createdAt": "-20d",
            "properties": {
                "hs_timestamp": "-20d",
                "hs_call_title": "Statusmøte",
                "hs_call_direction": "OUTBOUND",
                "hs_call_disposition": _CONNECTED,
                "hubspot_owner_id": "@ola",
            },
            "associations": {"contacts": ["@cecilie"]},
        },
        {
            "ref": "missed",
            "createdAt": "-9d",
            "properties": {
                "hs_timestamp": "-9d",
                "hs_call_title": "Influensavaksine",
                "hs_call_direction": "OUTBOUND",
                "hs_call_disposition": _NO_ANSWER,
                "hubspot_owner_id": "@siv",
            },
            "associations": {"contacts": ["@david"]},
        },
    ],
}
