"""The right of the page: what the system did about each happening, when, and why, as the ledger tells it."""

import re
from dataclasses import dataclass, field

from infra.local.page.portal import company_name, name_of
from infra.local.page.reading import Json, Seen
from infra.local.page.wording import (
    ACTIONS,
    BOX_STATES,
    BOXES,
    FLOWS,
    OUTCOMES,
    RECEIPTS,
    STATES,
    clock,
    lately,
    later,
    parsed,
)

CALLS, RECEIPT, TAKEOVERS, SEQUENCES = "no_answer", "sms_receipt", "owner_change", "sequence_ended"
_MOMENT = re.compile(r"(?<!\d)\d{13}(?!\d)")
FROM_ITX = frozenset({"sms_inbound", "sms_receipt"})
BESIDE = frozenset({"sequence_due", "customer_reached"})
"""Flows that look at what others act on, too: what gave them nothing to do would only hide the story."""


@dataclass(kw_only=True)
class Thread:
    """All the ledger holds of one happening: plans in the order they were made, actions by name."""

    flow: str
    subject: str
    plans: list[Json] = field(default_factory=list)
    actions: dict[str, Json] = field(default_factory=dict)
    held: Json | None = None
    takeover: Json | None = None
    receipts: list["Thread"] = field(default_factory=list)

    @property
    def record_id(self) -> str:
        """HubSpot's id of the record, or the mark of a message."""
        return self.subject.split("/")[1]


def cases(seen: Seen) -> list[Json]:
    """Every happening with its steps, the newest first."""
    threads = _threads(seen)
    calls = {call["id"]: call for call in seen.calls}
    for call_id in _told_of(seen) & calls.keys():
        key = f"{CALLS}/{seen.portal_id}/{call_id}"
        threads.setdefault(key, Thread(flow=CALLS, subject=f"{seen.portal_id}/{call_id}"))
    names = {contact["id"]: name_of(contact) for contact in seen.contacts}
    shown = [thread for thread in threads.values() if thread.flow not in BESIDE or _did_something(thread)]
    found = [_case(thread, calls.get(thread.record_id), names, seen) for thread in shown]
    return sorted(found, key=lambda case: str(case["began"]), reverse=True)


def _did_something(thread: Thread) -> bool:
    return any(action["kind"] != "look_at" for plan in thread.plans for action in plan["plan"]["actions"])


def _threads(seen: Seen) -> dict[str, Thread]:
    threads: dict[str, Thread] = {}

    def thread(key: str) -> Thread:
        flow, _, subject = key.partition("/")
        return threads.setdefault(key, Thread(flow=flow, subject=subject))

    for item in seen.ledger:
        if item["sk"].startswith("PLAN/"):
            thread(_happening(item, item.get("basis", "").partition("|")[0])).plans.append(item)
        elif item["sk"].startswith("ACTION/"):
            thread(_happening(item, item["name"])).actions[item["name"]] = item
        elif item["pk"].startswith("TAKEOVER/"):
            at = round(parsed(item["takeover"]["at"]).timestamp() * 1000)
            subject = item["pk"].removeprefix("TAKEOVER/")
            thread(f"{TAKEOVERS}/{subject}/{at}").takeover = item["takeover"]
        elif item["pk"].startswith("HELD/"):
            key = f"{item['pk'].removeprefix('HELD/')}/{item['sk'].rpartition('/')[0]}"
            thread(key).held = item
    for one in threads.values():
        one.plans.sort(key=lambda plan: str(plan["planned_at"]))
    return _with_receipts_where_they_belong(threads, seen)


def _happening(item: Json, named: str) -> str:
    """What a plan or an action belongs to: of one company's takeovers each is its own, by the moment in the name."""
    key = str(item["pk"])
    if not key.startswith(f"{TAKEOVERS}/"):
        return key
    moment = _MOMENT.search(named)
    return f"{key}/{moment[0]}" if moment else key


def _with_receipts_where_they_belong(threads: dict[str, Thread], seen: Seen) -> dict[str, Thread]:
    """What became of an SMS is told with the happening it was sent for."""
    sent_for = {
        item["pk"].removeprefix("SMS/"): f"{item['flow']}/{item['subject']}"
        for item in seen.ledger
        if item["pk"].startswith("SMS/")
    }
    kept = dict(threads)
    for key, thread in threads.items():
        whose = threads.get(sent_for.get(thread.record_id, "")) if thread.flow == RECEIPT else None
        if whose is not None:
            whose.receipts.append(kept.pop(key))
    return kept


def _told_of(seen: Seen) -> set[str]:
    """The ids HubSpot's webhooks have told of."""
    return {
        str(event[name])
        for webhook in seen.webhooks
        for event in webhook["events"]
        for name in ("objectId", "fromObjectId")
        if name in event
    }


def _case(thread: Thread, call: Json | None, names: dict[str, str], seen: Seen) -> Json:
    events = [plan["event"] for plan in thread.plans] + ([thread.held["event"]] if thread.held else [])
    began = (call or {}).get("createdAt") or (events[0]["occurred_at"] if events else seen.at.isoformat())
    contact_id = _contact_id(thread, call)
    actions = _actions(thread, seen)
    state, word = _standing(thread, actions, seen)
    return {
        "key": f"{thread.flow}/{thread.subject}",
        "title": _title(thread, call),
        "contact": _whose(thread, contact_id, names, seen),
        "contact_id": contact_id,
        "company_id": thread.record_id if thread.flow == TAKEOVERS else "",
        "began": began,
        "at": lately(began, seen.at),
        "state": state,
        "word": word,
        "because": _because(thread),
        "steps": _steps(thread, call, actions, began, seen),
        "boxes": _boxes(thread),
    }


def _whose(thread: Thread, contact_id: str, names: dict[str, str], seen: Seen) -> str:
    if thread.flow == TAKEOVERS:
        return next((company_name(one) for one in seen.companies if one["id"] == thread.record_id), "Ukjent selskap")
    return names.get(contact_id, "Ukjent avsender" if thread.flow == "sms_inbound" else "Uten kontakt")


def _boxes(thread: Thread) -> list[Json]:
    """A takeover's boxes as its record has them."""
    states = thread.takeover["boxes"] if thread.takeover else {}
    return [
        {"id": id_, "what": words, "state": states[id_], "word": BOX_STATES[states[id_]]}
        for id_, words in BOXES.items()
        if id_ in states
    ]


def _title(thread: Thread, call: Json | None) -> str:
    if thread.flow != CALLS or call is None:
        return FLOWS.get(thread.flow, thread.flow)
    outcome = OUTCOMES.get(call["properties"].get("hs_call_disposition", ""), "Uten utfall")
    return f"{FLOWS[CALLS]}: {outcome.lower()}"


def _contact_id(thread: Thread, call: Json | None) -> str:
    if thread.flow == SEQUENCES:
        return thread.record_id
    planned = [plan["contact_id"] for plan in thread.plans if plan.get("contact_id")]
    called = (call or {"associations": {}})["associations"].get("contacts", [])
    return str(planned[-1]) if planned else next(iter(called), "")


def _because(thread: Thread) -> str:
    """Why, in the words of the last decision; of a receipt that gave somebody something to do, its words too."""
    reasons = [thread.plans[-1]["because"]] if thread.plans else []
    reasons += [
        plan["because"] for one in thread.receipts for plan in one.plans if "create_task" in _kinds(plan["plan"])
    ]
    if thread.held:
        reasons.append(f"Holdt tilbake: {thread.held['reason']}.")
    return " ".join(reasons) or "Meldingen er på vei gjennom systemet."


def _kinds(plan: Json) -> set[str]:
    return {action["kind"] for action in plan["actions"]}


def _standing(thread: Thread, actions: list[Json], seen: Seen) -> tuple[str, str]:
    """How the happening stands as a whole, for the eye that only skims."""
    states = {action["state"] for action in actions}
    waits = [action["when"] for action in actions if action["state"] == "waiting"]
    if thread.held:
        return "held", "Holdt tilbake"
    if not thread.plans:
        return "going", "På vei"
    if thread.takeover:
        boxes = thread.takeover["boxes"]
        done = sum(state != "open" for state in boxes.values())
        return ("done" if done == len(boxes) else "waiting"), f"{done} av {len(boxes)} punkter gjort"
    if waits:
        return "waiting", f"Venter til {lately(waits[-1], seen.at)}"
    for state, word in (("unsure", "Usikkert"), ("started", "Pågår"), ("pending", "Pågår"), ("shadow", "Bare vist")):
        if state in states:
            return ("going" if word == "Pågår" else state), word
    if "refused" in states:
        return "refused", "Noe ble ikke gjort"
    return ("done", "Ferdig") if actions else ("nothing", "Ingenting å gjøre")


def _actions(thread: Thread, seen: Seen) -> list[Json]:
    """Every action that was planned, once, and how it ended; those of receipts that gave a person something to do."""
    rows: dict[str, Json] = {}
    known = {action["name"] for plan in thread.plans for action in plan["plan"]["actions"]}
    for plan in thread.plans:
        for action in plan["plan"]["actions"]:
            if not _is_beside_the_point(action, thread):
                rows[action["name"]] = _action(action, thread, plan, seen)
    for name in [name for name in thread.actions if name not in rows and name not in known]:
        rows[name] = _action({"name": name, "kind": ""}, thread, thread.plans[-1] if thread.plans else {}, seen)
    for one in thread.receipts:
        rows |= {row["name"]: row for row in _actions(one, seen) if row["kind"] != "note_receipt"}
    return list(rows.values())


def _is_beside_the_point(action: Json, thread: Thread) -> bool:
    """What the boxes show already, and what stands in for something that was not refused."""
    if action["kind"] == "note_takeover":
        return True
    stands_in_for = action.get("instead_of")
    if not stands_in_for or action["name"] in thread.actions:
        return False
    return bool(thread.actions.get(stands_in_for, {}).get("state") != "refused")


def _action(action: Json, thread: Thread, plan: Json, seen: Seen) -> Json:
    record = thread.actions.get(action["name"], {})
    state = record.get("state") or _unwritten(action, thread, plan)
    at = record.get("ended_at")
    if action["kind"] == "wake_at" and state == "done" and plan is thread.plans[-1]:
        state = "waiting"
    return {
        "name": action["name"],
        "kind": action["kind"],
        "what": _in_words(action, state, seen),
        "state": state,
        "reason": record.get("reason"),
        "at": at,
        "when": action.get("when"),
    }


def _unwritten(action: Json, thread: Thread, plan: Json) -> str:
    """What no record says: only shown, made needless by what it depends on, or still to come."""
    if plan.get("mode") == "shadow":
        return "shadow"
    needed = action.get("after") or ()
    needed = (needed,) if isinstance(needed, str) else needed
    ended = [thread.actions.get(name, {}).get("state", "pending") for name in needed]
    return "dropped" if any(state in {"refused", "unsure"} for state in ended) else "pending"


def _in_words(action: Json, state: str, seen: Seen) -> str:
    match action["kind"]:
        case "create_task":
            return f"Oppgave i HubSpot: «{action['subject']}»"
        case "create_card_task":
            return f"Oppgave i Metodika: «{action['title']}»"
        case "update_task" if action.get("completed"):
            return "Oppgaven i HubSpot er lukket"
        case "update_task" if action.get("tells_about"):
            return "Oppgaven sier hva som ble av SMS-en"
        case "update_task":
            return "Oppgaven i HubSpot er oppdatert"
        case "wake_at":
            return f"Ser på saken igjen {lately(action['when'], seen.at)}"
        case kind:
            planned, done = ACTIONS.get(kind, (action["name"], action["name"]))
            return str(done if state == "done" else planned)


def _steps(thread: Thread, call: Json | None, actions: list[Json], began: str, seen: Seen) -> list[Json]:
    """The happening hop by hop, with how long after its beginning each was; what has not ended comes last."""
    steps: list[tuple[str, Json]] = []

    def step(at: str, what: str, state: str = "hop", reason: str | None = None) -> None:
        steps.append((at, _step(what, state, later(began, at) if steps else clock(at), reason)))

    if call:
        step(call["createdAt"], "Logget i HubSpot")
    heard = [plan["received_at"] for plan in thread.plans]
    heard += [thread.held["event"]["received_at"]] if thread.held else []
    for received in sorted(heard)[:1]:
        from_itx = thread.flow in FROM_ITX
        step(received, "Meldingen tatt imot fra ITX" if from_itx else "Webhooken tatt imot og signaturen godkjent")
    if thread.held:
        step(thread.held["held_at"], "Lagt til side", "held")
    for number, plan in enumerate(thread.plans):
        again = "Besluttet på nytt" if number else "Besluttet"
        step(plan["planned_at"], again + (" (bare for å vises)" if plan["mode"] == "shadow" else ""))
    accepted = _accepted_at(thread, seen)
    for action in actions:
        if action["at"]:
            at = accepted if action["kind"] == "send_sms" and action["state"] == "done" and accepted else action["at"]
            step(at, action["what"], action["state"], action["reason"])
    for plan in (plan for one in thread.receipts for plan in one.plans):
        status = plan["event"].get("receipt", {}).get("status", "")
        step(plan["received_at"], f"Kvittering: {RECEIPTS.get(status, status)}", "hop")
    steps.sort(key=lambda row: parsed(row[0]))
    told = [{"clock": clock(at), **row} for at, row in steps]
    to_come = [
        {"clock": "", **_step(action["what"], action["state"], "", None)} for action in actions if not action["at"]
    ]
    return [*told, *to_come]


def _step(what: str, state: str, after: str, reason: str | None) -> Json:
    return {"what": what, "state": state, "word": STATES.get(state, ""), "after": after, "reason": reason}


def _accepted_at(thread: Thread, seen: Seen) -> str | None:
    """When ITX took the SMS: by ITX' own clock, which is the one a receipt counts from."""
    ids = {record.get("result") for record in thread.actions.values()}
    return next((str(message["at"]) for message in seen.messages if message["id"] in ids), None)


def held_count(seen: Seen) -> int:
    """How many events wait for the routine to be let go."""
    return sum(item["pk"] == f"HELD/{CALLS}" for item in seen.ledger)
