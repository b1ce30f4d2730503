"""The flow of takeovers as it is deployed, given a batch of customers that have just changed hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module, reload
from itertools import islice
from typing import Any, Final

from stdnum.no import orgnr

from infra.bench import vendors
from infra.bench.deployed import Run, deployed_with_vendors, message
from infra.bench.figure import Figure, Say
from infra.simulators import hubspot

CONTACTS, EMAILS, TASKS, MEETINGS, NOTES = 3, 20, 10, 4, 2
"""What each company has: every task is open and every meeting to come, so that all of them have to be moved."""
_SETTLE_MINUTES: Final = (15, 0)
"""The rules' default makes the first look a wait. The second is the takeover, for which nothing waits here."""
_FORMER, NEW = "1", "2"
_ALREADY_TOLD: Final = 10
"""One customer in so many has heard of it: an e-mail with the message's subject is among theirs."""


@dataclass(frozen=True, kw_only=True)
class Takeovers:
    """What a batch of takeovers took: HubSpot's calls of both looks by method and path, and the second look's run.

    `listing` are searches that only went on where a page of 200 was full.
    """

    calls: Counter[str]
    listing: int
    run: Run
    metodika_calls: int


def calls_per(count: int, say: Say, *, target: int) -> Sequence[Figure]:
    """HubSpot's calls for so many takeovers in one batch, beyond listing and in all."""
    say(f"{count} companies, each with {CONTACTS} contacts, {EMAILS} e-mails, {TASKS} tasks and {MEETINGS} meetings")
    taken = take_over(count)
    for call, times in sorted(taken.calls.items()):
        say(f"  {times} {call}")
    say(f"  of these {taken.listing} only list what is on further pages; Metodika had {taken.metodika_calls} calls")
    name = f"hubspot_calls_per_{count}_takeovers"
    beyond = taken.calls.total() - taken.listing
    return [
        Figure(name=name, value=beyond, unit="calls", target=target),
        Figure(name=f"{name}_with_listing", value=taken.calls.total(), unit="calls"),
    ]


def take_over(
    count: int,
    *,
    hubspot_seconds: float = 0.0,
    metodika_seconds: float = 0.0,
    aws_seconds: Mapping[str, float] | None = None,
) -> Takeovers:
    """Both looks at so many customers, each look one invocation; vendors take so long to answer.

    Raises ValueError unless every customer was taken over as a whole.
    """
    with (
        vendors.running("hubspot", seconds=hubspot_seconds) as hubspot_url,
        vendors.running("metodika", seconds=metodika_seconds) as metodika_url,
    ):
        companies = _seed(hubspot_url, metodika_url, count)
        calls: Counter[str] = Counter()
        listing = 0
        for settle_minutes in _SETTLE_MINUTES:
            vendors.control(hubspot_url, "DELETE", "log")
            vendors.control(metodika_url, "DELETE", "log")
            with _deployed(hubspot_url, metodika_url, settle_minutes, aws_seconds) as look:
                run = look(companies)
            asked = vendors.control(hubspot_url, "GET", "log")["requests"]
            calls += Counter(f"{request['method']} {request['path'].split('?')[0]}" for request in asked)
            listing += sum(request["path"].endswith("/search") and request["after"] > 0 for request in asked)
        _check(hubspot_url, metodika_url, count)
        metodika_calls = vendors.control(metodika_url, "GET", "log")["count"]
    return Takeovers(calls=calls, listing=listing, run=run, metodika_calls=metodika_calls)


@contextmanager
def _deployed(
    hubspot_url: str, metodika_url: str, settle_minutes: int, aws_seconds: Mapping[str, float] | None
) -> Iterator[Callable[[Sequence[int]], Run]]:
    """The deployed function with these rules; gives what invokes it with all companies."""
    rules = {
        "common": {"fallback_owner_id": 1, "csc_owner_id": 1, "callback_number": "22 33 44 55"},
        "owner_change": {"settle_minutes": settle_minutes},
    }
    with deployed_with_vendors(
        "OwnerChangeFunction", hubspot_url=hubspot_url, metodika_url=metodika_url, rules=rules, seconds=aws_seconds
    ) as function:
        handle = reload(import_module("owner_change.handler")).handle  # it keeps the world it was first called in

        def look(companies: Sequence[int]) -> Run:
            now = datetime.now(UTC)
            left: list[object] = []
            portal_id = hubspot.Settings().portal_id
            records = [message("OwnerChanged", company, portal_id=portal_id, now=now) for company in companies]
            run = function.measured(lambda: left.extend(handle({"Records": records}, None)["batchItemFailures"]))
            if left:
                raise ValueError(f"{len(left)} of {len(companies)} messages were put back")
            return run

        yield look


def _seed(hubspot_url: str, metodika_url: str, count: int) -> Sequence[int]:
    """A portal and its cards as they are the moment after all companies have been given to the new adviser."""
    numbers = organisation_numbers(count)
    refs = vendors.control(hubspot_url, "POST", "seed", portal(numbers, datetime.now(UTC)))["refs"]
    vendors.control(metodika_url, "POST", "seed", _cards(numbers))
    companies = [int(refs[f"company{place}"]) for place in range(count)]
    for company in companies:
        vendors.control(hubspot_url, "PATCH", f"ui/companies/{company}", {"properties": {"hubspot_owner_id": NEW}})
    return companies


def organisation_numbers(count: int) -> Sequence[str]:
    """So many valid ones, of a series that is kept for tests."""
    return list(islice(filter(orgnr.is_valid, map(str, range(310_124_000, 311_000_000))), count))


def portal(numbers: Sequence[str], now: datetime) -> dict[str, Any]:
    """For each number a company of the former adviser (`company0`, `company1`, …), as a seed; owner NEW is to come."""
    companies: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    activities: dict[str, list[dict[str, Any]]] = {"emails": [], "tasks": [], "meetings": [], "notes": []}

    def add(kind: str, to: Mapping[str, list[str]], at: datetime, **values: str) -> None:
        properties = {"hs_timestamp": at.isoformat(), "hubspot_owner_id": _FORMER, **values}
        activities[kind].append({"properties": properties, "associations": to})

    for place, number in enumerate(numbers):
        company = f"@company{place}"
        values = {"name": f"Firma {place}", "orgnummer": number, "hubspot_owner_id": _FORMER, "country": "Norway"}
        companies.append({"ref": company[1:], "properties": values, "createdAt": "-400d"})
        for person in range(CONTACTS):
            properties = {"firstname": "Anne", "email": f"anne{person}@firma{place}.example", "phone": "22 33 44 55"}
            contacts.append(
                {
                    "ref": f"contact{place}-{person}",
                    "properties": properties,
                    "associations": {"companies": [company]},
                }
            )
        both = {"contacts": [f"@contact{place}-0"], "companies": [company]}
        for day in range(1, EMAILS + 1):
            told = day == 1 and place % _ALREADY_TOLD == 0
            subject = "Du har fått ny rådgiver hos Avonova" if told else "Møtet vårt"
            add("emails", both, now - timedelta(days=day), hs_email_direction="EMAIL", hs_email_subject=subject)
        for day in range(1, TASKS + 1):
            title = {"hs_task_subject": "Ring", "hs_task_status": "NOT_STARTED"}
            add("tasks", both, now + timedelta(days=day), **title)
        for week in range(1, MEETINGS + 1):
            at = now + timedelta(weeks=week)
            ends = (at + timedelta(hours=1)).isoformat()
            add("meetings", both, at, hs_meeting_start_time=at.isoformat(), hs_meeting_end_time=ends)
        for day in range(1, NOTES + 1):
            add("notes", both, now - timedelta(days=day))
    owners = [
        {"id": id_, "firstName": name, "lastName": "Rådgiver", "email": f"{name.lower()}@avonova.example"}
        for id_, name in ((_FORMER, "Kari"), (NEW, "Ola"))
    ]
    text = {"name": "orgnummer", "label": "Nummer", "type": "string", "fieldType": "text"}
    return {
        "properties": {"companies": [text | {"groupName": "companyinformation"}]},
        "owners": owners,
        "companies": companies,
        "contacts": contacts,
        **activities,
    }


def _cards(numbers: Sequence[str]) -> dict[str, Any]:
    """Each customer has a card with the former adviser on it, one active order of theirs, a plan and no documents."""
    users = [
        {"ref": name, "email": f"{name}@avonova.example", "name": name.title(), "active": True}
        for name in ("kari", "ola")
    ]
    customers = [
        {
            "ref": f"card{place}",
            "orgNumber": number,
            "name": f"Firma {place}",
            "manager": {"userId": "@kari", "role": "PFA", "since": "-700d"},
            "keyInformationUpdated": "-400d",
        }
        for place, number in enumerate(numbers)
    ]
    orders = [
        {"customerId": f"@card{place}", "title": "Arbeidsplassvurdering", "assigneeUserId": "@kari"}
        for place in range(len(numbers))
    ]
    return {"users": users, "customers": customers, "orders": orders}


def _check(hubspot_url: str, metodika_url: str, count: int) -> None:
    """Everybody's message or the word that they know, meeting, lists and moved work; and four tasks on each card."""
    state = {
        kind: vendors.control(hubspot_url, "GET", f"state/{kind}")["results"] for kind in ("tasks", "meetings", "notes")
    }
    ours = [task["properties"] for task in state["tasks"] if "kundeflyt_key" in task["properties"]]
    names = Counter(properties["kundeflyt_key"].split("/")[-1].rsplit("-", 1)[0] for properties in ours)
    untold = count - (count + _ALREADY_TOLD - 1) // _ALREADY_TOLD
    wanted = {
        "ny-radgiver": untold,
        "handover-meeting": count,
        "checklist-now": count,
        "checklist-first-meeting": count,
    }
    moved = sum(
        row["properties"]["hubspot_owner_id"] == NEW and "kundeflyt_key" not in row["properties"]
        for row in [*state["tasks"], *state["meetings"]]
    )
    noted = sum("kundeflyt_key" in row["properties"] for row in state["notes"])
    on_cards = len(vendors.control(metodika_url, "GET", "state/tasks")["results"])
    if (names, moved, noted, on_cards) != (wanted, count * (TASKS + MEETINGS), count, 4 * count):
        raise ValueError(
            f"not every customer was taken over: {dict(names)}, {moved} moved, {noted} notes, {on_cards} in Metodika"
        )
