"""What a person does on the page: logs a call, writes from the phone, changes an owner, ends a sequence, ticks off."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.page.portal import number_of
from infra.local.page.reading import FLOW, Json, Reading
from infra.local.page.wording import CALL_TYPES, ENDS, OSLO, OUTCOMES
from infra.local.rules import put_rules, release
from infra.local.story import asked

OFFICE = "+4722334400"
"""Where the adviser calls from, and so where the customer is asked to call back."""
SERVICE = "+4759440000"
"""The number customers answer to."""

ALWAYS = {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True}
MODES = ("on", "hold", "shadow")
AGO = {"now": 0, "hour": 1, "day": 23, "days": 72}
"""When a call was made, in hours before now."""
MOST_CHARACTERS = 600
SEQUENCE, LONG_AGO = "@ingen_kontakt", "-160d"
"""The portal's only sequence, and since when somebody has been in it for whom it ends now: longer than any period."""


class Refusal(ValueError):
    """What was asked cannot be done; the text says why, in Norwegian, to the person at the page."""


class Desk:
    """Carries out what the forms ask for; raises Refusal, and StackProblem when a part of the stack is silent."""

    def __init__(self, folder: Path, reading: Reading) -> None:
        self._folder = folder
        self._reading = reading
        self._rules = threading.Lock()
        """Two changes read the rules one after the other, so that neither forgets the other's."""

    def log_call(self, form: Mapping[str, Any]) -> Json:
        """An adviser logs an outbound call to a contact."""
        contact = self._contact(form)
        outcome = _one_of(form, "outcome", OUTCOMES, "utfall")
        hours = AGO[_one_of(form, "ago", AGO, "tidspunkt")]
        adviser = _one_of(form, "adviser", {owner["id"] for owner in self._reading.look().owners}, "rådgiver")
        kind = form.get("type") or ""
        if kind and kind not in CALL_TYPES:
            raise Refusal("Samtaletypen finnes ikke.")
        number, _ = number_of(contact)
        properties = {
            "hs_call_title": _text(form, "title", required=False),
            "hs_activity_type": kind,
            "hs_call_direction": "OUTBOUND",
            "hs_call_disposition": outcome,
            "hs_call_from_number": OFFICE,
            "hs_call_to_number": number or "",
            "hs_timestamp": f"-{hours}h" if hours else "",
            "hubspot_owner_id": adviser,
        }
        given = {name: value for name, value in properties.items() if value}
        call = {"properties": given, "associations": {"contacts": [contact["id"]]}}
        return {"id": asked("HubSpot", self._reading.stack.hubspot_url, "ui/calls", call)["id"]}

    def reply(self, form: Mapping[str, Any]) -> Json:
        """The contact's phone writes to us."""
        number, no_sms = number_of(self._contact(form))
        if no_sms:
            raise Refusal(no_sms)
        letter = {"from": number, "to": SERVICE, "text": _text(form, "text")}
        return {"id": asked("ITX", self._reading.stack.itx_url, "inbound", letter)["id"]}

    def complete(self, form: Mapping[str, Any]) -> Json:
        """An adviser ticks a task off."""
        task = _one_of(form, "task", {task["id"] for task in self._reading.look().tasks}, "oppgave")
        change = {"properties": {"hs_task_status": "COMPLETED"}}
        asked("HubSpot", self._reading.stack.hubspot_url, f"ui/tasks/{task}", change, method="PATCH")
        return {"id": task}

    def change_owner(self, form: Mapping[str, Any]) -> Json:
        """A company gets another adviser, or none."""
        seen = self._reading.look()
        company = _one_of(form, "company", {one["id"] for one in seen.companies}, "selskap")
        owner = _one_of(form, "owner", {"", *(one["id"] for one in seen.owners)}, "rådgiver")
        change = {"properties": {"hubspot_owner_id": owner}}
        asked("HubSpot", self._reading.stack.hubspot_url, f"ui/companies/{company}", change, method="PATCH")
        return {"id": company}

    def end_sequence(self, form: Mapping[str, Any]) -> Json:
        """A contact's sequence ends; who is in none has been in one for five months, and it ends now."""
        contact, how = self._contact(form), _one_of(form, "how", ENDS, "hvordan sequence ble avsluttet")
        properties = contact["properties"]
        path = f"ui/contacts/{contact['id']}/sequence"
        if properties.get("hs_sequences_is_enrolled") != "true":
            if not properties.get("email") or properties.get("hs_email_optout") == "true":
                raise Refusal("Kontakten kan ikke få e-post, og kan derfor ikke være i en sequence.")
            begun = {"do": "enrol", "sequence": SEQUENCE, "at": LONG_AGO}
            asked("HubSpot", self._reading.stack.hubspot_url, path, begun)
        asked("HubSpot", self._reading.stack.hubspot_url, path, {"do": how})
        return {"id": contact["id"]}

    def change_rules(self, form: Mapping[str, Any]) -> Json:
        """The routine's mode and contact hours; all other rules stay as they are."""
        with self._rules:
            self._put(form)
        return {}

    def _put(self, form: Mapping[str, Any]) -> None:
        rules = self._reading.rules()
        if "mode" in form:
            rules["mode"] = _one_of(form, "mode", MODES, "modus")
        match form.get("hours"):
            case None:
                pass
            case "always":
                rules["contact_hours"] = ALWAYS
            case "usual":
                rules.pop("contact_hours", None)
            case "soon":
                rules["contact_hours"] = opens_soon(datetime.now(OSLO))
            case _:
                raise Refusal("Slik kontakttid finnes ikke.")
        put_rules(self._folder, self._reading.stack, FLOW, rules)

    def release(self, _form: Mapping[str, Any]) -> Json:
        """Lets go what the routine holds."""
        release(self._folder, self._reading.stack, FLOW)
        return {}

    def _contact(self, form: Mapping[str, Any]) -> Json:
        found = next((one for one in self._reading.look().contacts if one["id"] == form.get("contact")), None)
        if found is None:
            raise Refusal("Kontakten finnes ikke.")
        return found


def opens_soon(now: datetime) -> Json:
    """Contact hours that are closed now and open in two minutes, so that a person can see an SMS wait and then go.

    Just before midnight that would be another day's time; then they open soon after it.
    """
    soon = now + timedelta(minutes=2)
    if soon.date() == now.date():
        return ALWAYS | {"opens": f"{soon:%H:%M}"}
    return ALWAYS | {"opens": "00:02", "closes": "23:57"}


def _one_of(form: Mapping[str, Any], name: str, known: Any, what: str) -> str:
    value = form.get(name)
    if not isinstance(value, str) or value not in known:
        raise Refusal(f"Velg {what}.")
    return value


def _text(form: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        raise Refusal(f"Teksten kan være på høyst {MOST_CHARACTERS} tegn.")
    if required and not value.strip():
        raise Refusal("Skriv noe først.")
    return value.strip()
