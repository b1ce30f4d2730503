"""The flow of ended sequences as it is deployed, given a batch of customers that never answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module, reload
from typing import Any, Final

from infra.bench import vendors
from infra.bench.deployed import Run, deployed_with_vendors, message
from infra.bench.figure import Figure, Say
from infra.bench.takeovers import organisation_numbers
from infra.simulators import hubspot

CONTACTS, SEQUENCE_EMAILS, OTHER_EMAILS, CALLS, MEETINGS, TASKS = 3, 10, 10, 10, 2, 5
"""What stands about each company since its enrolment; of the tasks, two are the sequence's calls and three are open."""
AT_ONCE: Final = 100
MOST_PER_ENDING: Final = 0.6
_STEPS: Final = 2
_OWNER, _SEQUENCE = "1", "301"
_SETTLE_MINUTES: Final = (10, 0)
"""The rules' default makes the first look a wait. The second judges, for which nothing waits here."""


@dataclass(frozen=True, kw_only=True)
class Endings:
    """What a batch of endings took: HubSpot's calls of both looks by method and path, and the second look's run."""

    calls: Counter[str]
    searches: int
    run: Run


def calls_per_ending(say: Say) -> Sequence[Figure]:
    """HubSpot's calls for each of a hundred endings in one batch, every one of them a case."""
    say(
        f"{AT_ONCE} companies, each with {CONTACTS} contacts, {SEQUENCE_EMAILS} e-mails of the sequence, "
        f"{OTHER_EMAILS} others, {CALLS} calls, {MEETINGS} meetings and {TASKS} tasks"
    )
    taken = end(AT_ONCE)
    for call, times in sorted(taken.calls.items()):
        say(f"  {times} {call}")
    per_ending = taken.calls.total() / AT_ONCE
    return [
        Figure(name="hubspot_calls_per_ending", value=per_ending, unit="calls", target=MOST_PER_ENDING),
        Figure(name="hubspot_searches_per_ending", value=taken.searches / AT_ONCE, unit="calls"),
    ]


def end(count: int, *, hubspot_seconds: float = 0.0, aws_seconds: Mapping[str, float] | None = None) -> Endings:
    """Both looks at so many endings, each look one invocation; vendors take so long to answer.

    Raises ValueError unless every customer became a case.
    """
    numbers = organisation_numbers(count)
    calls: Counter[str] = Counter()
    with (
        vendors.running("hubspot", seconds=hubspot_seconds) as hubspot_url,
        vendors.running("metodika", seconds=0.0) as metodika_url,
    ):
        now = datetime.now(UTC)
        refs = vendors.control(hubspot_url, "POST", "seed", portal(numbers, now))["refs"]
        contacts = [int(refs[f"contact{place}-0"]) for place in range(count)]
        for settle_minutes in _SETTLE_MINUTES:
            vendors.control(hubspot_url, "DELETE", "log")
            run = _look(hubspot_url, metodika_url, contacts, settle_minutes, aws_seconds)
            asked = vendors.control(hubspot_url, "GET", "log")["requests"]
            calls += Counter(f"{request['method']} {request['path'].split('?')[0]}" for request in asked)
    searches = sum(times for call, times in calls.items() if call.endswith("/search"))
    if run.sent != count:
        raise ValueError(f"{run.sent} cases of {count} endings")
    return Endings(calls=calls, searches=searches, run=run)


def _look(
    hubspot_url: str,
    metodika_url: str,
    contacts: Sequence[int],
    settle_minutes: int,
    aws_seconds: Mapping[str, float] | None,
) -> Run:
    """One invocation of the deployed function about all contacts, with these rules."""
    rules = {
        "common": {"fallback_owner_id": 1, "csc_owner_id": 1},
        "sequence_ended": {"settle_minutes": settle_minutes},
    }
    with deployed_with_vendors(
        "SequenceEndedFunction", hubspot_url=hubspot_url, metodika_url=metodika_url, rules=rules, seconds=aws_seconds
    ) as function:
        handle = reload(import_module("sequence_ended.handler")).handle  # it keeps the world it was first called in
        now = datetime.now(UTC)
        portal_id = hubspot.Settings().portal_id
        records = [message("ContactSequenceChanged", contact, portal_id=portal_id, now=now) for contact in contacts]
        left: list[object] = []
        run = function.measured(lambda: left.extend(handle({"Records": records}, None)["batchItemFailures"]))
    if left:
        raise ValueError(f"{len(left)} of {len(contacts)} messages were put back")
    return run


def portal(numbers: Sequence[str], now: datetime, *, first: int = 0, ago: timedelta = timedelta()) -> dict[str, Any]:
    """For each number a company (`company0`, `company1`, …) whose first contact's sequence has just run out, as a seed.

    Everything that stands about it has happened since the enrolment, and nobody has answered. `first` is the first
    company's place, `ago` how long ago the sequences ended.
    """
    ended = now - ago
    enrolled = ended - timedelta(days=160)
    companies: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    activities: dict[str, list[dict[str, Any]]] = {"emails": [], "calls": [], "meetings": [], "tasks": []}

    def add(kind: str, to: Mapping[str, list[str]], day: int, **values: str) -> None:
        at = (enrolled + timedelta(days=day)).isoformat()
        properties = {"hs_timestamp": at, "hubspot_owner_id": _OWNER, **values}
        activities[kind].append({"properties": properties, "associations": to, "createdAt": at})

    for place, number in enumerate(numbers, start=first):
        company = f"@company{place}"
        over = ended - timedelta(seconds=first + len(numbers) - 1 - place)  # a second apart, and none to come
        values = {"name": f"Firma {place}", "orgnummer": number, "hubspot_owner_id": _OWNER, "country": "Norway"}
        companies.append({"ref": company[1:], "properties": values, "createdAt": "-400d"})
        for person in range(CONTACTS):
            known = {"firstname": "Anne", "email": f"anne{person}@firma{place}.example", "phone": "22 33 44 55"}
            tried = {
                "hs_latest_sequence_enrolled": _SEQUENCE,
                "hs_latest_sequence_enrolled_date": enrolled.isoformat(),
                "hs_latest_sequence_finished_date": over.isoformat(),
                "hs_latest_sequence_ended_date": over.isoformat(),
                "hs_sequences_is_enrolled": "false",
            }
            contacts.append(
                {
                    "ref": f"contact{place}-{person}",
                    "properties": known | (tried if person == 0 else {}),
                    "associations": {"companies": [company]},
                }
            )
        both = {"contacts": [f"@contact{place}-0"], "companies": [company]}
        for day in range(1, SEQUENCE_EMAILS + 1):
            add("emails", both, 10 * day, hs_email_direction="EMAIL", hs_email_status="SENT", hs_sequence_id=_SEQUENCE)
        for day in range(1, OTHER_EMAILS + 1):
            add("emails", both, 9 * day, hs_email_direction="EMAIL", hs_email_status="SENT")
        for day in range(1, CALLS + 1):
            add("calls", both, 8 * day, hs_call_direction="OUTBOUND")
        for day in range(1, MEETINGS + 1):
            at = (enrolled + timedelta(days=20 * day)).isoformat()
            add("meetings", both, 20 * day, hs_meeting_start_time=at, hs_meeting_outcome="NO_SHOW")
        for step in range(1, TASKS + 1):
            done = {"hs_task_status": "COMPLETED", "hs_task_sequence_step_enrollment_id": str(100 * place + step)}
            planned = done if step <= _STEPS else {"hs_task_status": "NOT_STARTED"}
            add("tasks", both, 15 * step, hs_task_type="CALL", **planned)
    owners = [{"id": _OWNER, "firstName": "Kari", "lastName": "Rådgiver", "email": "kari@avonova.example"}]
    text = {"name": "orgnummer", "label": "Nummer", "type": "string", "fieldType": "text"}
    return {
        **({} if first else {"properties": {"companies": [text | {"groupName": "companyinformation"}]}}),
        **({} if first else {"owners": owners}),
        "companies": companies,
        "contacts": contacts,
        **activities,
    }
