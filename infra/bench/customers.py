"""A portal with customers who have a history, and who have just not answered the phone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

NO_ANSWER: Final = "73a0d17f-1163-4015-bdd5-ec830791da20"
CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
"""HubSpot's own ids of these outcomes."""


def busy_customers(count: int, now: datetime, *, reached: int = 0) -> dict[str, Any]:
    """So many contacts of ten companies, each with 30 calls, 20 e-mails and 3 meetings behind them, as a seed.

    Every contact has just not answered (`call0`, `call1`, …); the first `reached` of them have written since.
    """

    def a_day(days_before: int, hour: int = 9) -> str:
        return (now - timedelta(days=days_before)).replace(hour=hour).isoformat()

    since = (now - timedelta(minutes=5)).isoformat()
    owners = [{"ref": f"owner{n}", "id": str(n + 1), "firstName": "Kari", "lastName": f"Nr{n}"} for n in range(5)]
    companies = [
        {"ref": f"company{n}", "properties": {"name": f"Firma {n}", "hubspot_owner_id": "1"}} for n in range(10)
    ]
    contacts, calls, emails, meetings = [], [], [], []
    for n in range(count):
        ties = {"contacts": [f"@contact{n}"], "companies": [f"@company{n % 10}"]}
        contacts.append(
            {
                "ref": f"contact{n}",
                "properties": {"firstname": "Anne", "mobilephone": f"+47 91 00 {n // 10:02} {n % 10:02}"},
                "associations": {"companies": [f"@company{n % 10}"]},
            }
        )
        calls += [
            {
                "properties": {
                    "hs_timestamp": a_day(d),
                    "hs_call_direction": "OUTBOUND",
                    "hs_call_disposition": outcome,
                },
                "associations": ties,
            }
            for d in range(1, 31)
            for outcome in [NO_ANSWER if d % 2 else CONNECTED]
        ]
        emails += [
            {
                "properties": {"hs_timestamp": a_day(d, 11), "hs_email_direction": direction},
                "associations": ties,
            }
            for d in range(1, 21)
            for direction in ["INCOMING_EMAIL" if d % 2 else "EMAIL"]
        ]
        meetings += [
            {
                "properties": {
                    "hs_timestamp": a_day(d),
                    "hs_meeting_start_time": a_day(d),
                    "hs_meeting_end_time": a_day(d, 10),
                },
                "associations": ties,
            }
            for d in (7, 14, 21)
        ]
        calls.append(
            {
                "ref": f"call{n}",
                "properties": {
                    "hs_timestamp": (now - timedelta(minutes=20)).isoformat(),
                    "hs_call_direction": "OUTBOUND",
                    "hs_call_disposition": NO_ANSWER,
                    "hs_call_title": "Kurs i førstehjelp",
                    "hubspot_owner_id": str(n % 5 + 1),
                },
                "associations": ties,
            }
        )
        if n < reached:
            emails.append(
                {"properties": {"hs_timestamp": since, "hs_email_direction": "INCOMING_EMAIL"}, "associations": ties}
            )
    return {
        "owners": owners,
        "companies": companies,
        "contacts": contacts,
        "calls": calls,
        "emails": emails,
        "meetings": meetings,
    }
