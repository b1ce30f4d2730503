"""The built-in seed `norway`: the cards of those customers that the HubSpot simulator's seed of that name has.

Everybody is invented. The organisation numbers are valid, in a series that is kept for tests.
"""

from typing import Any

NORWAY: dict[str, Any] = {
    "users": [
        {"ref": "kari", "email": "kari@avonova.example", "name": "Kari Rådgiver", "active": True},
        {"ref": "ola", "email": "ola@avonova.example", "name": "Ola Rådgiver", "active": True},
        {"ref": "siv", "email": "siv@avonova.example", "name": "Siv Rådgiver", "active": True},
        {"ref": "per", "email": "per@avonova.example", "name": "Per Sluttet", "active": False},
    ],
    "customers": [
        {
            "ref": "fjellbygg",
            "orgNumber": "310124001",
            "name": "Fjellbygg AS",
            "url": "https://metodika.example/kundekort/fjellbygg",
            "manager": {"userId": "@kari", "role": "PFA", "since": "-700d"},
            "keyInformationUpdated": "-400d",
        },
        {
            # HubSpot says Ola: the nightly reconciliation has something to find.
            "ref": "fjordfisk",
            "orgNumber": "311873008",
            "name": "Fjordfisk AS",
            "url": "https://metodika.example/kundekort/fjordfisk",
            "manager": {"userId": "@kari", "role": "KAM", "since": "-90d"},
            "keyInformationUpdated": "-30d",
        },
        # Two cards with one number: a person has to say which is meant.
        {
            "ref": "nordkraft",
            "orgNumber": "312456001",
            "name": "Nordkraft Drift AS",
            "url": "https://metodika.example/kundekort/nordkraft",
            "manager": {"userId": "@siv", "role": "PFA", "since": "-365d"},
            "keyInformationUpdated": "-200d",
        },
        {
            "ref": "nordkraft_gammelt",
            "orgNumber": "312456001",
            "name": "Nordkraft Drift (gammelt kort)",
            "url": "https://metodika.example/kundekort/nordkraft-gammelt",
        },
        {
            "ref": "bakeriet",
            "orgNumber": "313901009",
            "name": "Bakeriet på hjørnet AS",
            "url": "https://metodika.example/kundekort/bakeriet",
            "manager": {"userId": "@per", "role": "PFA", "since": "-900d"},
        },
        # Granskog AB has no card here.
    ],
    "orders": [
        {"customerId": "@fjellbygg", "title": "Arbeidsplassvurdering", "assigneeUserId": "@kari"},
        {"customerId": "@fjellbygg", "title": "Helsekontroll, gruppe", "assigneeUserId": "@ola"},
        {"customerId": "@fjellbygg", "title": "HMS-kurs for ledere", "status": "DONE", "assigneeUserId": "@kari"},
        {"customerId": "@fjordfisk", "title": "Støymåling", "assigneeUserId": "@kari"},
        {"customerId": "@bakeriet", "title": "Ergonomisk gjennomgang", "assigneeUserId": "@per"},
    ],
    "documents": [
        {"customerId": "@fjellbygg", "kind": "ANNUAL_REPORT", "year": -1, "name": "Årsrapport.pdf", "created": "-300d"},
        {"customerId": "@fjellbygg", "kind": "COLLABORATION_PLAN", "year": 0, "name": "Samarbeidsplan.pdf"},
        {"customerId": "@fjordfisk", "kind": "ANNUAL_REPORT", "year": -1, "name": "Årsrapport.pdf"},
        {"customerId": "@fjordfisk", "kind": "ACTION_PLAN", "year": 0, "name": "Handlingsplan.pdf"},
        {"customerId": "@fjordfisk", "kind": "RISK_ASSESSMENT", "year": 0, "name": "Risikovurdering.pdf"},
    ],
    "plans": [
        {
            "customerId": "@fjellbygg",
            "year": 0,
            "items": [
                {"id": "T1", "title": "Kartlegge støy i verkstedet", "state": "DONE", "updated": "-60d"},
                {"id": "T2", "title": "Kurs i førstehjelp", "state": "NOT_STARTED"},
                {"id": "T3", "title": "Gjennomgang av stoffkartotek", "state": "NOT_STARTED"},
                {"id": "T4", "title": "Vernerunde", "state": "STARTED", "updated": "-10d"},
            ],
        },
        {
            "customerId": "@fjordfisk",
            "year": 0,
            "items": [{"id": "T1", "title": "AMU-møte i høst", "state": "NOT_STARTED"}],
        },
    ],
}
