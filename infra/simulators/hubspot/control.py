"""The control plane of the HubSpot simulator: what a test or a demo may do that HubSpot's API can't."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators import clock
from infra.simulators.hubspot.limits import RateLimits
from infra.simulators.hubspot.models.catalog import TYPES
from infra.simulators.hubspot.models.records import Record
from infra.simulators.hubspot.portal import Portal
from infra.simulators.hubspot.rows import json_body
from infra.simulators.hubspot.seeding import USER, add_record, id_of, moment, person, resolved, seed
from infra.simulators.hubspot.sequences import SequencesControl
from infra.simulators.shell import BadControl, Fault, Shell

Json = dict[str, Any]


class Control:
    """The endpoints under /_sim."""

    def __init__(self, portal: Portal, limits: RateLimits) -> None:
        self._portal = portal
        self._limits = limits
        self.shell: Shell

    def routes(self) -> list[Route]:
        """All routes of the control plane."""
        return [
            _route("/_sim/reset", self._reset, "POST"),
            _route("/_sim/seed", self._seed, "POST"),
            _route("/_sim/settings", self._settings, "GET", "POST"),
            _route("/_sim/fail-next", self._fail_next, "POST"),
            _route("/_sim/log", self._log, "GET", "DELETE"),
            _route("/_sim/outbox", self._outbox, "GET"),
            _route("/_sim/send", self._send, "POST"),
            _route("/_sim/state/{type}", self._state, "GET"),
            _route("/_sim/ui/associations", self._ui_associations, "POST", "DELETE"),
            _route("/_sim/ui/{type}", self._ui_create, "POST"),
            _route("/_sim/ui/{type}/{id}", self._ui_change, "PATCH", "DELETE"),
            _route("/_sim/ui/{type}/{id}/merge", self._ui_merge, "POST"),
            _route("/_sim/ui/contacts/{id}/privacy-delete", self._ui_erase, "POST"),
            _route("/_sim/ui/contacts/{id}/sequence", self._ui_sequence, "POST"),
        ]

    async def _reset(self, _request: Request) -> Response:
        self._portal.reset()
        self.shell.forget()
        self._apply_limits()
        self._limits.forget()
        return Response(status_code=204)

    async def _seed(self, request: Request) -> Response:
        return JSONResponse(seed(self._portal, await json_body(request)))

    async def _settings(self, request: Request) -> Response:
        if request.method == "POST":
            self._portal.change_settings(await json_body(request))
            self._apply_limits()
        return JSONResponse(self._portal.settings.as_json())

    def _apply_limits(self) -> None:
        self._limits.burst = self._portal.settings.burst_limit
        self._limits.search = self._portal.settings.search_limit

    async def _fail_next(self, request: Request) -> Response:
        self.shell.faults.append(Fault.from_json(await json_body(request)))
        return Response(status_code=204)

    async def _log(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.shell.log.clear()
            return Response(status_code=204)
        return JSONResponse(self.shell.log_as_json(match=request.query_params.get("match", "")))

    async def _outbox(self, _request: Request) -> Response:
        webhooks = self._portal.webhooks
        return JSONResponse({"count": len(webhooks.outbox), "waiting": webhooks.waiting, "webhooks": webhooks.outbox})

    async def _send(self, request: Request) -> Response:
        events = (await json_body(request)).get("events")
        if not isinstance(events, list):
            raise BadControl("events must be a list")
        self._portal.webhooks.send(events)
        return Response(status_code=204)

    async def _state(self, request: Request) -> Response:
        name = request.path_params["type"]
        if name == "owners":
            return JSONResponse({"results": [owner.as_json() for owner in self._portal.owners.values()]})
        records = self._portal.records.by_type[self._portal.kind(name).plural].values()
        return JSONResponse({"results": [self._everything(record) for record in records]})

    def _everything(self, record: Record) -> Json:
        links = {
            kind.plural: list(self._portal.records.links(record.kind.plural, record.id, kind.plural)) for kind in TYPES
        }
        ref = next((ref for ref, id_ in self._portal.refs.items() if id_ == record.id), None)
        values = {name: record.get(name) for name in sorted(record.history)}
        return record.as_json() | {
            "ref": ref,
            "properties": {name: value for name, value in values.items() if value is not None},
            "associations": {plural: ids for plural, ids in links.items() if ids},
        }

    # -- what people do in HubSpot's pages -------------------------------------------------------------

    async def _ui_create(self, request: Request) -> Response:
        body = await json_body(request)
        kind = self._portal.kind(request.path_params["type"])
        record = add_record(self._portal, kind, body, person(int(body.get("userId", USER))))
        return JSONResponse(self._everything(record), 201)

    async def _ui_change(self, request: Request) -> Response:
        kind = self._portal.kind(request.path_params["type"])
        record = self._portal.records.get(kind, id_of(self._portal, request.path_params["id"]))
        if request.method == "DELETE":
            self._portal.archive(record, person(USER))
            return Response(status_code=204)
        body = await json_body(request)
        given = resolved(self._portal, body.get("properties", {}))
        values = self._portal.check(kind, given, record)
        at = moment(body["at"]) if "at" in body else None
        self._portal.update(record, values, person(int(body.get("userId", USER))), at=at)
        return JSONResponse(self._everything(record))

    async def _ui_merge(self, request: Request) -> Response:
        kind, body = self._portal.kind(request.path_params["type"]), await json_body(request)
        if kind.plural not in {"contacts", "companies"} or not isinstance(body.get("with"), list) or not body["with"]:
            raise BadControl('contacts and companies can be merged: expected {"with": ["@ref or id"]}')
        primary, *others = (
            self._portal.records.get(kind, id_of(self._portal, name))
            for name in (request.path_params["id"], *body["with"])
        )
        return JSONResponse(
            self._everything(self._portal.merge(primary, others, person(int(body.get("userId", USER)))))
        )

    async def _ui_erase(self, request: Request) -> Response:
        contact = self._portal.records.get(
            self._portal.kind("contacts"), id_of(self._portal, request.path_params["id"])
        )
        self._portal.erase(contact, person(USER))
        return Response(status_code=204)

    async def _ui_sequence(self, request: Request) -> Response:
        body = await json_body(request)
        contact = self._portal.records.get(
            self._portal.kind("contacts"), id_of(self._portal, request.path_params["id"])
        )
        at = moment(body["at"]) if "at" in body else clock.now()
        sequence = id_of(self._portal, body.get("sequence", ""))
        enrolment = SequencesControl(self._portal).do(contact, body, sequence=sequence, at=at, source=person)
        return JSONResponse(self._everything(contact) | {"enrolment": enrolment})

    async def _ui_associations(self, request: Request) -> Response:
        body = await json_body(request)
        try:
            one, other = (
                self._portal.records.get(self._portal.kind(body[end]["type"]), id_of(self._portal, body[end]["id"]))
                for end in ("from", "to")
            )
        except (KeyError, TypeError):
            raise BadControl('expected {"from": {"type", "id"}, "to": {"type", "id"}}') from None
        who = person(int(body.get("userId", USER)))
        if request.method == "DELETE":
            self._portal.dissociate(one, other, who)
        else:
            self._portal.associate(one, other, set(), who)
        return Response(status_code=204)


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    return Route(path, endpoint, methods=list(methods))
