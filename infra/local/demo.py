"""The story a person sees: a call nobody answered becomes an SMS, an e-mail task and an entry on the timeline."""

import time
from datetime import UTC, datetime

import requests
from rich.console import Console
from rich.text import Text

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.story import Hop, Story

SECONDS_TO_TELL = 90.0
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"

RULES = {
    # The story has to work at any hour.
    "no_answer": {
        "contact_hours": {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True}
    }
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


def demonstrate(stack: Stack, console: Console) -> None:
    """Tells the story hop by hop; raises StackProblem, with the reason, if it does not come to its end."""
    console.print("\nThe demo's rules open contact hours around the clock, holidays too: the story works at any hour.")
    console.print("Kari, an adviser, logs in HubSpot that Anne did not answer her call. She does nothing more.\n")
    logged_at = datetime.now(UTC)
    try:
        answer = requests.post(f"{stack.hubspot_url}/_sim/ui/calls", json=CALL, timeout=30)
        answer.raise_for_status()
        _tell(Story(stack, str(answer.json()["id"])), logged_at, console)
    except requests.RequestException as lost:
        raise StackProblem(f"A simulator does not do its part ({lost}): see the logs beside stack.json.") from lost


def _tell(story: Story, logged_at: datetime, console: Console) -> None:
    told: set[str] = set()
    deadline = time.monotonic() + SECONDS_TO_TELL
    while True:
        for hop in story.hops():
            if hop.key not in told:
                told.add(hop.key)
                console.print(_line(hop, logged_at))
        missing = story.missing()
        if not missing:
            console.print(Text("The customer has the SMS, Kari has the task, and the SMS stands on the timeline."))
            return
        if (dead := story.dead_letters()) or time.monotonic() > deadline:
            raise StackProblem(_what_went_wrong(story, missing, dead))
        time.sleep(0.3)


def _line(hop: Hop, logged_at: datetime) -> Text:
    seconds = max((hop.at - logged_at).total_seconds(), 0)
    return Text.assemble((f"+{seconds:5.1f} s  ", "dim"), (f"{hop.where:<8}", "bold cyan"), hop.what)


def _what_went_wrong(story: Story, missing: list[str], dead: list[str]) -> str:
    because = f"a message was set aside: {'; '.join(dead)}" if dead else f"{SECONDS_TO_TELL:.0f} seconds went by"
    return "\n".join([f"The story broke off, because {because}. Not there: {', '.join(missing)}.", *story.last_words()])
