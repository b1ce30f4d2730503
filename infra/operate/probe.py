"""What HubSpot does not document and we lean on, tried out in a test account, on records made for it and removed after.

Each item says confirmed, differs (from what the code expects) or needs a person, who is then told what to do.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from infra.operate.connection import Connection
from infra.operate.output import Problem
from infra.operate.portal import Answer, Portal, Token
from kundeflyt.adapters.hubspot.paths import VERSION

Verdict = Literal["confirmed", "differs", "needs a person"]

PROBE_PROPERTY = "kundeflyt_probe_key"
BUSY, CONNECTED = "9d9162e7-6cf3-4944-bf63-4dff82258764", "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
CALL_TO_CONTACT = 194
WEBHOOK_SECONDS = 40.0
LOOKS_EVERY = 1.0
SETTLED_SECONDS = 4.0
"""One change comes as several webhooks: when none has come for so long, all have."""
SEQUENCE_PROPERTIES = (
    "hs_sequences_is_enrolled",
    "hs_latest_sequence_enrolled_date",
    "hs_latest_sequence_finished_date",
    "hs_latest_sequence_unenrolled_date",
    "hs_latest_sequence_ended_date",
)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One item of the list, and what came of it."""

    item: int
    what: str
    verdict: Verdict
    says: str


class Probe:
    """One run of the list; `tidy` removes all it has made."""

    def __init__(self, stack: Connection, portal: Portal, token: Token) -> None:
        self._stack = stack
        self._portal = portal
        self._token = token
        self._began = datetime.now(UTC)
        self._made: list[tuple[str, str]] = []
        self._properties: list[str] = []

    def all(self) -> Iterator[Tried]:
        """Every item, in the list's order; one that HubSpot will not let us try differs, and stops no other."""
        items: tuple[tuple[int, str, Callable[[], Iterator[Tried]]], ...] = (
            (1, "webhooks about a call's outcome", self._outcomes),
            (2, "our own changes are known as ours", self._own_changes),
            (3, "dates of sequences", self._sequences),
            (4, "a webhook that is sent again", self._retries),
            (5, "unique keys on activities", self._unique_keys),
            (6, "owners who have left", self._owners),
            (7, "workflows' webhooks and the app's secret", self._workflows),
            (8, "spellings and lists", self._lists),
        )
        for item, what, tried in items:
            try:
                yield from tried()
            except Problem as refused:
                yield Tried(item=item, what=what, verdict="differs", says=str(refused))

    def tidy(self) -> list[str]:
        """Removes what was made, and tells of what could not be."""
        left = []
        for kind, id_ in reversed(self._made):
            said = self._portal.ask("DELETE", f"/crm/objects/{VERSION}/{kind}/{id_}")
            if not said.good:
                left.append(f"{kind}/{id_}")
        for kind in self._properties:
            said = self._portal.ask("DELETE", f"/crm/properties/{VERSION}/{kind}/{PROBE_PROPERTY}")
            if not said.good:
                left.append(f"the property {PROBE_PROPERTY} of {kind}")
        return left

    # --- the items

    def _outcomes(self) -> Iterator[Tried]:
        what = "a call's outcome, set by the API"
        before = self._dropped_as_ours()
        contact = self._create("contacts", {"firstname": "kundeflyt", "lastname": "probe"})
        call = self._create(
            "calls",
            {"hs_timestamp": _now(), "hs_call_title": "kundeflyt probe", "hs_call_disposition": BUSY},
            [
                {
                    "to": {"id": contact},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": CALL_TO_CONTACT}],
                }
            ],
        )
        created = self._told_more_than(before)
        _must(
            self._portal.ask(
                "PATCH", f"/crm/objects/{VERSION}/calls/{call}", {"properties": {"hs_call_disposition": CONNECTED}}
            )
        )
        edited = self._told_more_than(created) if created > before else created
        planned = self._stack.table().query(f"no_answer/{self._stack.portal_id}/{call}")
        if planned:
            verdict, says = (
                "differs",
                "The webhooks came, but our own change was taken for somebody else's: a plan was made.",
            )
        elif edited > created > before:
            verdict, says = (
                "confirmed",
                "Webhooks came when it was created and when it was changed, and were known as ours.",
            )
        elif created > before:
            verdict, says = (
                "differs",
                f"A webhook came when it was created, none within {WEBHOOK_SECONDS:.0f} s of the change.",
            )
        else:
            verdict, says = (
                "differs",
                f"No webhook came within {WEBHOOK_SECONDS:.0f} s: see the app's subscriptions and its log.",
            )
        yield Tried(item=1, what=what, verdict=verdict, says=says)  # type: ignore[arg-type]
        yield Tried(
            item=1,
            what="a call's outcome, set in HubSpot's pages and by a calling app",
            verdict="needs a person",
            says="Log a call without an outcome, set No answer afterwards, `explain` the call's id: two webhooks, one "
            "plan. The same with the calling app. `hs project upload` has shown how `objectType` is spelled.",
        )

    def _own_changes(self) -> Iterator[Tried]:
        task = self._create("tasks", {"hs_timestamp": _now(), "hs_task_subject": "kundeflyt probe"})
        contact = next((id_ for kind, id_ in self._made if kind == "contacts"), None)
        call = next((id_ for kind, id_ in self._made if kind == "calls"), None)
        looked_at = (
            ("tasks", task, "hs_task_subject"),
            ("contacts", contact, "firstname"),
            ("calls", call, "hs_call_title"),
        )
        wrong = []
        for kind, id_, name in looked_at:
            if id_ is None:
                continue
            said = _must(self._portal.ask("GET", f"/crm/objects/{VERSION}/{kind}/{id_}", propertiesWithHistory=name))
            [latest, *_] = said.body["propertiesWithHistory"][name]
            source = (latest.get("sourceType"), str(latest.get("sourceId")))
            if source != ("INTEGRATION", str(self._token.app_id)):
                wrong.append(f"{kind} {source[0]}/{source[1]}")
        yield Tried(
            item=2,
            what="the source of what our app writes",
            verdict="differs" if wrong else "confirmed",
            says=f"Not INTEGRATION with our app's id: {', '.join(wrong)}."
            if wrong
            else "INTEGRATION with our app's id on tasks, contacts and calls; item 1 says the same of webhooks.",
        )

    def _sequences(self) -> Iterator[Tried]:
        there = self._portal.properties("contacts")
        missing = [name for name in SEQUENCE_PROPERTIES if name not in there]
        if missing:
            yield Tried(
                item=3, what="dates of sequences", verdict="differs", says=f"Contacts lack {', '.join(missing)}."
            )
        yield Tried(
            item=3,
            what="which dates move when a sequence ends",
            verdict="needs a person",
            says="Enrol four test contacts; let one finish, one reply, one book a meeting, unenrol one by hand; note "
            "which of the four dates move on each, and whether webhooks come. No API unenrols.",
        )

    def _retries(self) -> Iterator[Tried]:
        yield Tried(
            item=4,
            what="a webhook that is sent again",
            verdict="needs a person",
            says="Put a wrong secret into hubspot_client_secrets for ten minutes, log one call, put the right one "
            "back. `explain` shows one plan; HubSpot's log of the app event id, time, batch and pause of each attempt.",
        )

    def _unique_keys(self) -> Iterator[Tried]:
        for kind, values in (
            ("tasks", {"hs_task_subject": "kundeflyt probe"}),
            ("notes", {"hs_note_body": "kundeflyt probe"}),
            (
                "communications",
                {
                    "hs_communication_channel_type": "SMS",
                    "hs_communication_logged_from": "CRM",
                    "hs_communication_body": "kundeflyt probe",
                },
            ),
        ):
            yield self._unique_on(kind, {"hs_timestamp": _now(), **values})
        yield self._creation_key()

    def _unique_on(self, kind: str, values: dict[str, str]) -> Tried:
        what = f"a unique property on {kind}, and upsert by it"

        def verdict(good: bool, says: str) -> Tried:
            return Tried(item=5, what=what, verdict="confirmed" if good else "differs", says=says)

        made = self._portal.create_property(
            kind,
            {
                "name": PROBE_PROPERTY,
                "label": "kundeflyt probe",
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
            },
        )
        if not made.good:
            return verdict(False, f"It could not be created: {made}. The code then looks among the contact's records.")
        self._properties.append(kind)
        row = {"id": f"probe-{self._began:%Y%m%d%H%M%S}", "idProperty": PROBE_PROPERTY, "properties": values}
        upsert = f"/crm/objects/{VERSION}/{kind}/batch/upsert"
        first, second = (self._portal.ask("POST", upsert, {"inputs": [row]}) for _ in range(2))
        ids = [str(one["id"]) for said in (first, second) for one in said.body.get("results", ())]
        self._made += [(kind, id_) for id_ in dict.fromkeys(ids)]
        if not (first.good and second.good):
            return verdict(False, f"The upsert was refused: {first}, {second}.")
        news = [one.get("new") for said in (first, second) for one in said.body["results"]]
        if len(set(ids)) != 1 or news != [True, False]:
            return verdict(False, f"Two upserts of one key made {len(set(ids))} record(s), new: {news}.")
        again = self._portal.ask(
            "POST",
            f"/crm/objects/{VERSION}/{kind}/batch/create",
            {"inputs": [{"properties": {**values, PROBE_PROPERTY: row["id"]}, "associations": []}]},
        )
        self._made += [(kind, str(one["id"])) for one in again.body.get("results", ()) if "id" in one]
        if again.good:
            return verdict(False, "A second record with the same key was made.")
        return verdict(True, "Two upserts made one record, and a second one with its key was refused.")

    def _creation_key(self) -> Tried:
        """Knowing only: the code does not use it."""
        body = {
            "properties": {
                "hs_timestamp": _now(),
                "hs_task_subject": "kundeflyt probe",
                "hs_unique_creation_key": f"probe-{self._began:%Y%m%d%H%M%S}",
            },
            "associations": [],
        }
        said = self._portal.ask("POST", f"/crm/objects/{VERSION}/tasks", body)
        if said.good:
            self._made.append(("tasks", str(said.body["id"])))
        return Tried(
            item=5,
            what="hs_unique_creation_key on tasks (not used by the code)",
            verdict="confirmed",
            says="It can be written." if said.good else f"It cannot be written: {said}. The code does not count on it.",
        )

    def _owners(self) -> Iterator[Tried]:
        what = "an owner who has left"
        gone = next(self._portal.owners(archived=True), None)
        if gone is None:
            says = "Nobody has left this account: deactivate a test user, and run this again."
            yield Tried(item=6, what=what, verdict="needs a person", says=says)
            return
        path = f"/crm/owners/{VERSION}/{gone['id']}"
        plain, asked = self._portal.ask("GET", path), self._portal.ask("GET", path, archived="true")
        good = plain.status == 404 and asked.good
        yield Tried(
            item=6,
            what=what,
            verdict="confirmed" if good else "differs",
            says=f"{plain.status} without archived=true, {asked.status} with it.",
        )

    def _workflows(self) -> Iterator[Tried]:
        yield Tried(
            item=7,
            what="which signature workflows' webhooks carry, and where a static app's secret stands",
            verdict="needs a person",
            says="No flow leans on workflows' webhooks. The secret stands on the app's page in HubSpot, Auth; item 1 "
            "shows that it is the right one.",
        )

    def _lists(self) -> Iterator[Tried]:
        outcomes = self._options("meetings", "hs_meeting_outcome")
        spelled = sorted(set(outcomes) & {"CANCELED", "CANCELLED"})
        yield Tried(
            item=8,
            what="how a cancelled meeting is spelled",
            verdict="confirmed" if spelled else "differs",
            says=f"{' and '.join(spelled)}; the code knows both."
            if spelled
            else f"Neither way: {', '.join(outcomes)}.",
        )
        listed = self._options("calls", "hs_call_disposition")
        yield Tried(
            item=8,
            what="calls' outcomes among the properties",
            verdict="confirmed" if NO_ANSWER in listed else "differs",
            says=f"{len(listed)} outcomes; {'one is' if NO_ANSWER in listed else 'none is'} No answer by its usual id.",
        )
        old = self._portal.ask("GET", "/calling/v1/dispositions")
        ids = {str(one.get("id")) for one in old.body.get("results", ()) if not one.get("deleted")}
        yield Tried(
            item=8,
            what="the old list of outcomes",
            verdict="confirmed" if old.good and ids == set(listed) else "differs",
            says=f"{len(ids)} outcomes, the same as among the properties."
            if old.good and ids == set(listed)
            else f"It is not the same list ({old}, {len(ids)} outcomes). The code does not use it.",
        )

    # --- what they share

    def _create(self, kind: str, values: dict[str, str], associations: list[dict[str, Any]] | None = None) -> str:
        body = {"properties": values, "associations": associations or []}
        id_ = str(_must(self._portal.ask("POST", f"/crm/objects/{VERSION}/{kind}", body)).body["id"])
        self._made.append((kind, id_))
        return id_

    def _options(self, kind: str, name: str) -> list[str]:
        said = _must(self._portal.ask("GET", f"/crm/properties/{VERSION}/{kind}/{name}"))
        return [str(one["value"]) for one in said.body.get("options") or ()]

    def _told_more_than(self, before: int) -> int:
        """Waits for the front door to drop more changes of ours, and gives how many it has when no more come."""
        deadline = time.monotonic() + WEBHOOK_SECONDS
        while (dropped := self._dropped_as_ours()) <= before and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY)
        while dropped > before:
            time.sleep(SETTLED_SECONDS)
            before, dropped = dropped, self._dropped_as_ours()
        return dropped

    def _dropped_as_ours(self) -> int:
        """How many items of webhooks the front door has known as our own since the probe began, by its log."""
        pages = self._stack.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(
            logGroupName=self._stack.outputs["HubspotWebhookLogGroup"],
            startTime=int(self._began.timestamp() * 1000),
        )
        return sum(_own_in(event["message"]) for page in found for event in page["events"])


def _must(said: Answer) -> Answer:
    if not said.good:
        raise Problem(f"{said}.")
    return said


def _own_in(line: str) -> int:
    """As the line tells it from which CloudWatch reads the door's counts."""
    try:
        counted = json.loads(line).get("DroppedOwnWrite") or ()
    except (ValueError, AttributeError):
        return 0
    return int(sum(counted))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
