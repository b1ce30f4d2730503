"""What happens to contacts in sequences, and HubSpot's API for it (2026-09).

HubSpot documents how a contact gets in, and that replies, meetings, bounces and opt-outs take it out. Which dates of
the contact move is inferred: `finished` when it ran to the end, `unenrolled` when it left early, `ended` both times.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators import clock
from infra.simulators.hubspot.errors import Refusal, invalid, not_found
from infra.simulators.hubspot.models.owners import Owner
from infra.simulators.hubspot.models.records import Record, Source
from infra.simulators.hubspot.models.sequences import EMAIL, FINISH, Enrolment, Sequence, Step
from infra.simulators.hubspot.portal import Portal, Target
from infra.simulators.hubspot.rows import json_body
from infra.simulators.shell import BadControl

Json = dict[str, Any]
PROPERTIES = (
    "hs_sequences_is_enrolled",
    "hs_sequences_enrolled_count",
    "hs_sequences_actively_enrolled_count",
    "hs_latest_sequence_enrolled",
    "hs_latest_sequence_enrolled_date",
    "hs_latest_sequence_finished_date",
    "hs_latest_sequence_unenrolled_date",
    "hs_latest_sequence_ended_date",
)
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_DAY = timedelta(days=1)
_PAGE = 100


class Sequences:
    """A portal's sequences, and what happens to those who are in them."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    # -- sequences -------------------------------------------------------------------------------------

    def add(self, given: Json) -> Sequence:
        """A sequence as declared: `ref`, `id`, `name`, `userId`, and `steps` such as ["EMAIL", "CALL"], a day apart."""
        unknown = sorted(set(given) - {"ref", "id", "name", "userId", "steps"})
        if unknown or not isinstance(given.get("steps", []), list):
            raise BadControl(f'a sequence is {{"ref", "id", "name", "userId", "steps": ["EMAIL", "CALL"]}}; {unknown=}')
        id_ = str(given.get("id") or self._portal.records.new_id())
        tasks = {"CALL", "TODO", "EMAIL_TASK"}
        steps = []
        for order, what in enumerate([*given.get("steps", []), FINISH], start=1):
            if what not in {EMAIL, FINISH, *tasks}:
                raise BadControl(f"a step is EMAIL or one of {sorted(tasks)}")
            action = "TASK" if what in tasks else what
            task_type = what.removesuffix("_TASK") if what in tasks else "CALL"
            steps.append(Step(id=f"{id_}{order:02}", order=order, action=action, after_days=1, task_type=task_type))
        sequence = Sequence(
            id=id_,
            name=str(given.get("name", "Sequence")),
            user_id=int(given.get("userId", 0)) or self._some_user(),
            created=clock.now() - timedelta(days=300),
            steps=tuple(steps),
        )
        self._portal.sequences[id_] = sequence
        if "ref" in given:
            self._portal.refs[given["ref"]] = id_
        return sequence

    def _some_user(self) -> int:
        return next((owner.user_id for owner in self._portal.owners.values() if owner.type == "PERSON"), 0)

    def get(self, id_: str) -> Sequence:
        """The sequence; raises a 404 when there is none."""
        if id_ not in self._portal.sequences:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no sequence {id_}.")
        return self._portal.sequences[id_]

    def user(self, id_: str | None) -> Owner:
        """Who asks; 400 without a user id, 403 for one without a seat that has sequences."""
        if not id_:
            raise invalid("The query parameter userId is required.", userId=["missing"])
        seats = self._portal.settings.sequence_seats
        for owner in self._portal.owners.values():
            if str(owner.user_id) == id_ and not owner.archived and (seats is None or owner.user_id in seats):
                return owner
        raise Refusal(403, "MISSING_SEAT", f"The user {id_} has no seat with access to sequences.")

    # -- enrolments ------------------------------------------------------------------------------------

    def of(self, contact: Record) -> list[Enrolment]:
        """Everything the contact has been in, the newest last."""
        return self._portal.enrolments.setdefault(contact.id, [])

    def enrol(
        self, contact: Record, sequence: Sequence, user: Owner, sender: str, source: Source, at: datetime
    ) -> Json:
        """A contact gets into a sequence. Refuses (400) what HubSpot would: see README."""
        to = contact.get("email")
        today = [
            one
            for these in self._portal.enrolments.values()
            for one in these
            if one.sender == sender and one.at > clock.now() - _DAY
        ]
        for wrong, code, why in (
            (sender != user.email, "INVALID_SENDER", f"{sender} is no connected inbox of the user."),
            (not to, "NO_EMAIL", "The contact has no e-mail address."),
            (contact.get("hs_email_optout") == "true", "OPTED_OUT", "The contact has unsubscribed from all e-mail."),
            (self._current(contact) is not None, "ALREADY_ENROLLED", "The contact is already enrolled in a sequence."),
            (
                len(today) >= self._portal.settings.enrolments_per_day,
                "ENROLLMENT_LIMIT",
                "The inbox has reached its limit of enrollments for the day.",
            ),
        ):
            if wrong:
                raise Refusal(400, "VALIDATION_ERROR", why, sub_category=f"Sequences.{code}")
        enrolment = Enrolment(
            id=self._portal.records.new_id(),
            sequence=sequence,
            contact_id=contact.id,
            user_id=user.user_id,
            sender=sender,
            to=str(to),
            at=at,
            updated=at,
        )
        self.of(contact).append(enrolment)
        values = {
            "hs_sequences_is_enrolled": "true",
            "hs_sequences_enrolled_count": str(len(self.of(contact))),
            "hs_sequences_actively_enrolled_count": "1",
            "hs_latest_sequence_enrolled": sequence.id,
            "hs_latest_sequence_enrolled_date": clock.iso(at),
        }
        self._set(contact, values, source, at)
        return enrolment.as_row()

    def advance(self, contact: Record, at: datetime, *, done: bool) -> None:
        """The next step is taken; behind the last one the sequence is finished. `done`: its task is done, too."""
        enrolment = self._running(contact)
        step = enrolment.sequence.steps[enrolment.done]
        enrolment.done += 1
        enrolment.updated = at
        if step.action == FINISH:
            self._end(contact, "finished", at)
        elif step.action == EMAIL:
            self._email(contact, enrolment, at)
        else:
            self._task(contact, enrolment, step, at, done=done)

    def finish(self, contact: Record, at: datetime) -> None:
        """The steps that are left are taken, evenly until then, their tasks done; then it has run out."""
        enrolment = self._running(contact)
        left = len(enrolment.sequence.steps) - enrolment.done
        began = max(enrolment.updated, enrolment.at)
        for number in range(1, left + 1):
            self.advance(contact, began + (at - began) * number / left, done=True)

    def leave(self, contact: Record, how: str, at: datetime) -> None:
        """The contact leaves early: `reply`, `meeting`, `call`, `bounce`, `opt-out` or `unenrol`.

        A call takes nobody out by itself: the adviser takes them out after it.
        """
        enrolment = self._running(contact)
        values = {"hs_timestamp": clock.iso(at)}
        owner = self._owner_of(enrolment)
        if how == "reply":
            self._activity(contact, "emails", {**values, "hs_email_direction": "INCOMING_EMAIL"}, at)
            self._set(contact, {"hs_sales_email_last_replied": clock.iso(at)}, self._hubspot(), at)
        elif how == "meeting":
            starts = clock.iso(at + timedelta(days=3))
            values = {"hs_timestamp": starts, "hs_meeting_start_time": starts, "hs_meeting_outcome": "SCHEDULED"}
            self._activity(contact, "meetings", {**values, **owner}, at)
        elif how == "call":
            spoken = {"hs_call_direction": "OUTBOUND", "hs_call_disposition": _CONNECTED}
            self._activity(contact, "calls", {**values, **spoken, **owner}, at)
        elif how == "bounce":
            self._email(contact, enrolment, at, status="BOUNCED")
            self._set(contact, {"hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"}, self._hubspot(), at)
        elif how == "opt-out":
            self._set(contact, {"hs_email_optout": "true"}, self._hubspot(), at)
        self._end(contact, "unenrolled", at)

    def _end(self, contact: Record, how: str, at: datetime) -> None:
        self._running(contact).over = True
        values = {
            "hs_sequences_is_enrolled": "false",
            "hs_sequences_actively_enrolled_count": "0",
            f"hs_latest_sequence_{how}_date": clock.iso(at),
        }
        if self._portal.settings.sequence_ended_date:
            values["hs_latest_sequence_ended_date"] = clock.iso(at)
        self._set(contact, values, self._hubspot(), at)

    def _current(self, contact: Record) -> Enrolment | None:
        return next((one for one in self.of(contact) if not one.over), None)

    def _running(self, contact: Record) -> Enrolment:
        current = self._current(contact)
        if current is None:
            raise BadControl(f"contact {contact.id} is in no sequence")
        return current

    # -- what it leaves behind -------------------------------------------------------------------------

    def _hubspot(self) -> Source:
        return Source(type="SEQUENCES", id="sequences")

    def _set(self, contact: Record, values: dict[str, str], source: Source, at: datetime) -> None:
        told = self._portal.settings.sequence_webhooks or not set(values) & set(PROPERTIES)
        self._portal.update(contact, self._portal.check(contact.kind, values, contact), source, at=at, told=told)

    def _email(self, contact: Record, enrolment: Enrolment, at: datetime, *, status: str = "SENT") -> None:
        values = {
            "hs_timestamp": clock.iso(at),
            "hs_email_direction": "EMAIL",
            "hs_email_status": status,
            "hs_email_subject": enrolment.sequence.name,
            "hs_sequence_id": enrolment.sequence.id,
            **self._owner_of(enrolment),
        }
        self._activity(contact, "emails", values, at)

    def _task(self, contact: Record, enrolment: Enrolment, step: Step, at: datetime, *, done: bool) -> None:
        values = {
            "hs_timestamp": clock.iso(at),
            "hs_task_type": step.task_type,
            "hs_task_subject": "Ring kunden" if step.task_type == "CALL" else enrolment.sequence.name,
            "hs_task_status": "COMPLETED" if done else "NOT_STARTED",
            "hs_task_sequence_step_enrollment_id": f"{enrolment.id}{step.order:02}",
            "hs_task_sequence_step_order": str(step.order),
            **self._owner_of(enrolment),
        }
        if done:
            values["hs_task_completion_date"] = clock.iso(at)
        self._activity(contact, "tasks", values, at)

    def _owner_of(self, enrolment: Enrolment) -> dict[str, str]:
        for owner in self._portal.owners.values():
            if owner.user_id == enrolment.user_id:
                return {"hubspot_owner_id": owner.id}
        return {}

    def _activity(self, contact: Record, plural: str, values: dict[str, str], at: datetime) -> None:
        kind = self._portal.kind(plural)
        targets: list[Target] = [(contact, set())]
        if self._portal.settings.automatic_company:
            companies = self._portal.records.links("contacts", contact.id, "companies").items()
            found = (
                self._portal.records.find(self._portal.kind("companies"), id_)
                for id_, link in companies
                if 1 in link.types
            )
            targets += [(company, set()) for company in found if company is not None]
        self._portal.create(kind, self._portal.check(kind, values), targets, self._hubspot(), created=at)


class SequencesApi:
    """The endpoints under /automation/sequences, in one dated version."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._sequences = Sequences(portal)

    def routes(self, version: str) -> list[Route]:
        """The four there are; nothing takes a contact out of a sequence."""
        root = f"/automation/sequences/{version}"
        return [
            Route(root, self._list, methods=["GET"]),
            Route(f"{root}/enrollments", self._enrol, methods=["POST"]),
            Route(f"{root}/enrollments/contact/{{id}}", self._of_contact, methods=["GET"]),
            Route(f"{root}/{{id}}", self._one, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        user = self._sequences.user(query.get("userId"))
        try:
            start, size = int(query.get("after", 0)), int(query.get("limit", _PAGE))
        except ValueError:
            raise invalid("limit and after must be integers.") from None
        named = query.get("name", "").lower()
        found = [
            one for one in self._portal.sequences.values() if one.user_id == user.user_id and named in one.name.lower()
        ]
        answer: Json = {"total": len(found), "results": [one.as_row() for one in found[start : start + size]]}
        if start + size < len(found):
            answer["paging"] = {"next": {"after": str(start + size)}}
        return JSONResponse(answer)

    async def _one(self, request: Request) -> Response:
        self._sequences.user(request.query_params.get("userId"))
        return JSONResponse(self._sequences.get(request.path_params["id"]).as_json())

    async def _enrol(self, request: Request) -> Response:
        user = self._sequences.user(request.query_params.get("userId"))
        body = await json_body(request)
        missing = [name for name in ("contactId", "sequenceId", "senderEmail") if not body.get(name)]
        if missing:
            raise invalid(f"Invalid input JSON: {missing} must be set.")
        contact = self._contact(str(body["contactId"]))
        sequence = self._sequences.get(str(body["sequenceId"]))
        sender, source = str(body["senderEmail"]), self._portal.app()
        return JSONResponse(self._sequences.enrol(contact, sequence, user, sender, source, clock.now()))

    async def _of_contact(self, request: Request) -> Response:
        found = self._sequences.of(self._contact(request.path_params["id"]))
        if not found:
            raise not_found("enrollment", request.path_params["id"])
        return JSONResponse(found[-1].as_json())

    def _contact(self, id_: str) -> Record:
        return self._portal.records.get(self._portal.kind("contacts"), id_)


class SequencesControl:
    """What people do with a contact's sequence in HubSpot's pages, and what happens to it by itself."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._sequences = Sequences(portal)

    def do(self, contact: Record, body: Json, *, sequence: str, at: datetime, source: Callable[[int], Source]) -> Json:
        """One of enrol, advance, finish, reply, meeting, call, bounce, opt-out and unenrol."""
        what = body.get("do")
        if what == "enrol":
            chosen = self._sequences.get(sequence)
            user = self._sequences.user(str(body.get("userId") or chosen.user_id))
            self._sequences.enrol(contact, chosen, user, user.email or "", source(user.user_id), at)
        elif what == "advance":
            self._sequences.advance(contact, at, done=bool(body.get("done")))
        elif what == "finish":
            self._sequences.finish(contact, at)
        elif what in {"reply", "meeting", "call", "bounce", "opt-out", "unenrol"}:
            self._sequences.leave(contact, what, at)
        else:
            raise BadControl(
                'expected {"do": "enrol|advance|finish|reply|meeting|call|bounce|opt-out|unenrol"}, '
                '"sequence" with enrol, and "at", "userId", "done" as needed'
            )
        return self._sequences.of(contact)[-1].as_json()
