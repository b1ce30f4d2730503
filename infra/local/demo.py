"""The story a person sees: a call nobody answered becomes an SMS, an e-mail task and an entry on the timeline."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.text import Text

from infra.local.page.wording import CALL_TYPES
from infra.local.problems import StackProblem
from infra.local.queue import SHORT_PERIOD, SMALL, TYPE_PROPERTY
from infra.local.rules import AT_ONCE, put_rules
from infra.local.stack import Stack
from infra.local.story import Hop, Story, asked

SECONDS_TO_TELL = 90.0
CUSTOMER_SERVICE = "csc@avonova.example"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"

RULES = {
    # The story has to work at any hour.
    "no_answer": {
        "contact_hours": {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True},
        # The types that the page offers.
        "topics_by_call_type": CALL_TYPES,
    },
    **AT_ONCE,
    "sequence_ended": {
        **AT_ONCE["sequence_ended"],
        "customer_type_property": TYPE_PROPERTY,
        "period_days_by_type": {SMALL: SHORT_PERIOD},
    },
}

CALL = {
    "properties": {
        "hs_call_title": "Influensavaksine til de ansatte",
        "hs_call_direction": "OUTBOUND",
        "hs_call_disposition": NO_ANSWER,
        "hs_call_status": "NO_ANSWER",
        "hs_call_from_number": "+4722334400",
        "hs_call_to_number": "+4740612345",
        "hubspot_owner_id": "@kari",
    },
    "associations": {"contacts": ["@anne"]},
}


def name_customer_service(stack: Stack, folder: Path) -> None:
    """Somebody stands for customer service, so that what is nobody's becomes their task."""
    owners = asked("HubSpot", stack.hubspot_url, "state/owners")["results"]
    id_ = next(owner["id"] for owner in owners if owner.get("email") == CUSTOMER_SERVICE)
    put_rules(folder, stack, "common", {"csc_owner_id": int(id_)})


def put_work(stack: Stack) -> None:
    """Kari has a task and a meeting at Anne's company, so that there is work to move when somebody else gets it."""
    begins = f"{datetime.now(UTC) + timedelta(days=21):%Y-%m-%dT11:00:00Z}"
    work = {
        "tasks": {"hs_task_subject": "Ring om vernerunden", "hs_task_status": "NOT_STARTED", "hs_timestamp": "+7d"},
        "meetings": {"hs_meeting_title": "HMS-møte", "hs_meeting_start_time": begins, "hs_timestamp": begins},
    }
    for kind, properties in work.items():
        record = {"properties": {"hubspot_owner_id": "@kari", **properties}, "createdAt": "-30d"}
        asked("HubSpot", stack.hubspot_url, f"ui/{kind}", record | {"associations": {"companies": ["@fjellbygg"]}})


def demonstrate(stack: Stack, console: Console, folder: Path) -> None:
    """Tells the story hop by hop; raises StackProblem, with the reason and where the logs are, if it breaks off."""
    console.print("\nThe demo's rules open contact hours around the clock, holidays too: the story works at any hour.")
    console.print("The plan gives its reasons in Norwegian, because advisers read them.")
    console.print("Kari, an adviser, logs in HubSpot that Anne did not answer her call. She does nothing more.\n")
    logged_at = datetime.now(UTC)
    logs = f"\nThe logs are in {folder / 'logs'}."
    try:
        call = asked("HubSpot", stack.hubspot_url, "ui/calls", CALL)
        _tell(Story(stack, str(call["id"])), logged_at, console)
    except BotoCoreError as lost:
        aws = f"The emulated AWS at {urlsplit(stack.aws_endpoint_url).netloc}"
        raise StackProblem(f"{aws} did not answer ({type(lost).__name__}).{logs}") from lost
    except StackProblem as problem:
        raise StackProblem(f"{problem}{logs}") from problem


def _tell(story: Story, logged_at: datetime, console: Console) -> None:
    told: set[str] = set()
    deadline = time.monotonic() + SECONDS_TO_TELL
    while True:
        # Asked first: what has ended by then has left its marks when they are looked for.
        endings = story.endings()
        for hop in story.hops():
            if hop.key not in told:
                told.add(hop.key)
                console.print(_line(hop, logged_at))
        missing = story.missing()
        if not missing:
            console.print(Text("The customer has the SMS, Kari has the task, and the SMS stands on the timeline."))
            return
        dead = story.dead_letters()
        if dead or endings or time.monotonic() > deadline:
            raise StackProblem(_what_went_wrong(story, missing, dead, endings))
        time.sleep(0.3)


def _line(hop: Hop, logged_at: datetime) -> Text:
    seconds = max((hop.at - logged_at).total_seconds(), 0)
    return Text.assemble((f"+{seconds:5.1f} s  ", "dim"), (f"{hop.where:<8}", "bold cyan"), hop.what)


def _what_went_wrong(story: Story, missing: list[str], dead: list[str], endings: list[str]) -> str:
    if dead:
        because = f"a message was set aside: {'; '.join(dead)}"
    elif endings:
        because = f"every action of the plan has ended: {'; '.join(endings)}"
    else:
        because = f"{SECONDS_TO_TELL:.0f} seconds went by"
    return "\n".join([f"The story broke off, because {because}. Not there: {', '.join(missing)}.", *story.last_words()])
