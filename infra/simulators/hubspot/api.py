"""HubSpot's public API as far as the product may use it: records, search, associations, owners, properties."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.hubspot.account import AccountApi
from infra.simulators.hubspot.associations import AssociationsApi
from infra.simulators.hubspot.errors import Refusal, invalid, not_found
from infra.simulators.hubspot.models.catalog import ObjectType
from infra.simulators.hubspot.models.owners import get_owner, list_owners
from infra.simulators.hubspot.models.records import Record
from infra.simulators.hubspot.models.search import search
from infra.simulators.hubspot.portal import Portal
from infra.simulators.hubspot.rows import answer, json_body, rows, string_list
from infra.simulators.hubspot.sequences import SequencesApi

Json = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]
VERSIONS = ("2026-09", "2026-03")
_MAX_BATCH = 100


class Api:
    """The endpoints under /crm, and those for sequences."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._batches: dict[str, Callable[[ObjectType, list[Json], Json], Response]] = {
            "read": self._batch_read,
            "create": self._batch_create,
            "update": self._batch_update,
            "upsert": self._batch_upsert,
            "archive": self._batch_archive,
        }

    def routes(self) -> list[Route]:
        """The routes of every supported dated version."""
        account = AccountApi(self._portal)
        found = account.undated_routes()
        for version in VERSIONS:
            objects = f"/crm/objects/{version}/{{type}}"
            properties = f"/crm/properties/{version}/{{type}}"
            owners = f"/crm/owners/{version}"
            found += [
                *AssociationsApi(self._portal).routes(version),
                *SequencesApi(self._portal).routes(version),
                *account.routes(version),
                _route(f"{objects}/batch/{{operation}}", self._batch, "POST"),
                _route(f"{objects}/search", self._search, "POST"),
                _route(objects, self._create, "POST"),
                _route(f"{objects}/{{id}}", self._single, "GET", "PATCH", "DELETE"),
                _route(owners, self._owners, "GET"),
                _route(f"{owners}/{{id}}", self._owner, "GET"),
                _route(properties, self._properties, "GET", "POST"),
                _route(f"{properties}/{{name}}", self._property, "GET", "DELETE"),
            ]
        return found

    # -- one record ------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        kind, body = self._kind(request), await json_body(request)
        values = self._portal.check(kind, body.get("properties"))
        targets = self._portal.check_associations(kind, body.get("associations"))
        record = self._portal.create(kind, values, targets, self._portal.app())
        return JSONResponse(record.as_json(values), 201)

    async def _single(self, request: Request) -> Response:
        kind, query = self._kind(request), request.query_params
        record = self._portal.records.get(kind, request.path_params["id"], query.get("idProperty"))
        if request.method == "DELETE":
            self._portal.archive(record, self._portal.app())
            return Response(status_code=204)
        if request.method == "PATCH":
            values = self._portal.check(kind, (await json_body(request)).get("properties"), record)
            self._portal.update(record, values, self._portal.app())
            return JSONResponse(record.as_json(values))
        shape = record.as_json(_listed(query.get("properties")), _listed(query.get("propertiesWithHistory")))
        for name in _listed(query.get("associations")):
            other = self._portal.kind(name)
            links = self._portal.records.links(kind.plural, record.id, other.plural)
            if links:
                shape.setdefault("associations", {})[other.plural] = {
                    "results": [{"id": id_, "type": f"{kind.singular}_to_{other.singular}"} for id_ in links]
                }
        return JSONResponse(shape)

    # -- batches ---------------------------------------------------------------------------------------

    async def _batch(self, request: Request) -> Response:
        operation = self._batches.get(request.path_params["operation"])
        if operation is None:
            return Response(status_code=404)
        kind, body = self._kind(request), await json_body(request)
        return operation(kind, rows(body, at_most=_MAX_BATCH), body)

    def _batch_read(self, kind: ObjectType, inputs: list[Json], body: Json) -> Response:
        id_property = body.get("idProperty")
        names = string_list(body, "properties")
        with_history = string_list(body, "propertiesWithHistory")
        found: dict[str, Record] = {}
        missing = []
        for row in inputs:
            record = self._portal.records.find(kind, str(row.get("id")), id_property)
            if record is None:
                missing.append(str(row.get("id")))
            else:
                found[record.id] = record
        errors = [not_found(kind.singular, *missing).row()] if missing else []
        return answer([record.as_json(names, with_history) for record in found.values()], errors)

    def _batch_create(self, kind: ObjectType, inputs: list[Json], _body: Json) -> Response:
        traced = any("objectWriteTraceId" in row for row in inputs)
        ready, errors = [], []
        taken: set[tuple[str, str]] = set()
        for row in inputs:
            try:
                values = self._portal.check(kind, row.get("properties"))
                self._refuse_repeats(kind, values, taken)
                ready.append((values, self._portal.check_associations(kind, row.get("associations")), row))
            except Refusal as refusal:
                # Without trace ids one bad row refuses the whole batch; with them the others are created.
                if not traced:
                    raise
                errors.append(refusal.row(objectWriteTraceId=[str(row.get("objectWriteTraceId"))]))
        results = []
        for values, targets, row in ready:
            shape = self._portal.create(kind, values, targets, self._portal.app()).as_json(values)
            if "objectWriteTraceId" in row:
                shape["objectWriteTraceId"] = row["objectWriteTraceId"]
            results.append(shape)
        return answer(results, errors, status=201)

    def _refuse_repeats(self, kind: ObjectType, values: dict[str, str], taken: set[tuple[str, str]]) -> None:
        for name, value in values.items():
            if value and self._portal.records.property(kind, name).unique:
                if (name, value.lower()) in taken:
                    raise invalid(f"The value of {name} occurs twice in the batch.", propertyName=[name])
                taken.add((name, value.lower()))

    def _batch_update(self, kind: ObjectType, inputs: list[Json], _body: Json) -> Response:
        ready, missing = [], []
        for row in inputs:
            record = self._portal.records.find(kind, str(row.get("id")), row.get("idProperty"))
            if record is None:
                missing.append(str(row.get("id")))
                continue
            ready.append((record, self._portal.check(kind, row.get("properties"), record)))
        for record, values in ready:
            self._portal.update(record, values, self._portal.app())
        errors = [not_found(kind.singular, *missing).row()] if missing else []
        return answer([record.as_json(values) for record, values in ready], errors)

    def _batch_upsert(self, kind: ObjectType, inputs: list[Json], _body: Json) -> Response:
        ready = []
        for row in inputs:
            key, name = str(row.get("id")), row.get("idProperty")
            if not name:
                raise invalid("Invalid input JSON: idProperty is required.")
            record = self._portal.records.find(kind, key, name)
            given = row.get("properties")
            if isinstance(given, dict) and name != "hs_object_id":
                given = {name: key} | given
            ready.append((record, self._portal.check(kind, given, record)))
        results = []
        for existing, values in ready:
            if existing is None:
                record = self._portal.create(kind, values, [], self._portal.app())
            else:
                record = existing
                self._portal.update(record, values, self._portal.app())
            results.append(record.as_json(values) | {"new": existing is None})
        return answer(results)

    def _batch_archive(self, kind: ObjectType, inputs: list[Json], _body: Json) -> Response:
        for row in inputs:
            record = self._portal.records.find(kind, str(row.get("id")))
            if record is not None:
                self._portal.archive(record, self._portal.app())
        return Response(status_code=204)

    async def _search(self, request: Request) -> Response:
        raw = await request.body()
        page = search(
            self._portal.records,
            self._kind(request),
            await json_body(request),
            raw_size=len(raw),
            seen_at=self._portal.indexed_until(),
        )
        return JSONResponse(page)

    # -- owners and properties -------------------------------------------------------------------------

    async def _owners(self, request: Request) -> Response:
        return JSONResponse(list_owners(self._portal.owners, dict(request.query_params)))

    async def _owner(self, request: Request) -> Response:
        query = dict(request.query_params)
        return JSONResponse(get_owner(self._portal.owners, request.path_params["id"], query))

    async def _properties(self, request: Request) -> Response:
        kind = self._kind(request)
        if request.method == "POST":
            return JSONResponse(self._portal.add_property(kind, await json_body(request)).as_json(), 201)
        properties = self._portal.records.properties[kind.plural].values()
        return JSONResponse({"results": [prop.as_json() for prop in properties]})

    async def _property(self, request: Request) -> Response:
        properties, name = self._portal.records.properties[self._kind(request).plural], request.path_params["name"]
        prop = properties.get(name)
        if prop is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"Property {name} does not exist")
        if request.method == "DELETE":
            if prop.hubspot_defined:
                raise invalid(f"Property {name} is HubSpot's own and can not be archived.")
            del properties[name]
            return Response(status_code=204)
        return JSONResponse(prop.as_json())

    def _kind(self, request: Request) -> ObjectType:
        return self._portal.kind(request.path_params["type"])


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route(path, endpoint, methods=list(methods))


def _listed(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name]
