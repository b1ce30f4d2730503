"""HubSpot's associations API: reading, making and removing what ties records together."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.hubspot.errors import Refusal, invalid
from infra.simulators.hubspot.models.catalog import ObjectType
from infra.simulators.hubspot.models.records import Record
from infra.simulators.hubspot.portal import Portal
from infra.simulators.hubspot.rows import answer, json_body, rows

Json = dict[str, Any]
_PAGE = 500
_MAX_READ = 1000
_MAX_CREATE = 2000


class AssociationsApi:
    """The endpoints that read and change associations."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def routes(self, version: str) -> list[Route]:
        """The routes of one dated version."""
        batch = f"/crm/associations/{version}/{{from_type}}/{{to_type}}/batch"
        record = f"/crm/objects/{version}/{{from_type}}/{{from_id}}/associations"
        return [
            Route(f"{batch}/read", self._batch_read, methods=["POST"]),
            Route(f"{batch}/create", self._batch_create, methods=["POST"]),
            Route(f"{batch}/associate/default", self._batch_default, methods=["POST"]),
            Route(f"{batch}/archive", self._batch_archive, methods=["POST"]),
            Route(f"{record}/default/{{to_type}}/{{to_id}}", self._default, methods=["PUT"]),
            Route(f"{record}/{{to_type}}/{{to_id}}", self._remove, methods=["DELETE"]),
            Route(f"{record}/{{to_type}}", self._of_one, methods=["GET"]),
        ]

    async def _of_one(self, request: Request) -> Response:
        one, other = self._kinds(request)
        record = self._portal.records.get(one, request.path_params["from_id"])
        query = request.query_params
        return JSONResponse(self._page(record, other, query.get("after"), query.get("limit")))

    def _page(self, record: Record, other: ObjectType, after: str | None, limit: str | None) -> Json:
        links = list(self._portal.records.links(record.kind.plural, record.id, other.plural).items())
        try:
            start, size = int(after or 0), min(int(limit or _PAGE), _PAGE)
        except ValueError:
            raise invalid("after and limit must be integers.") from None
        page: Json = {
            "results": [
                {"toObjectId": id_, "associationTypes": link.as_json()} for id_, link in links[start : start + size]
            ]
        }
        if start + size < len(links):
            page["paging"] = {"next": {"after": str(start + size)}}
        return page

    async def _batch_read(self, request: Request) -> Response:
        one, other = self._kinds(request)
        results, errors = [], []
        for row in rows(await json_body(request), at_most=_MAX_READ):
            id_ = str(row.get("id"))
            record = self._portal.records.find(one, id_)
            page = self._page(record, other, row.get("after"), None) if record is not None else {}
            if not page.get("results"):
                errors.append(_none_found(one, other, id_))
                continue
            result = {"from": {"id": id_}, "to": page["results"]}
            results.append(result | {"paging": page["paging"]} if "paging" in page else result)
        return answer(results, errors)

    async def _batch_create(self, request: Request) -> Response:
        one, other = self._kinds(request)
        results, errors = [], []
        for row in rows(await json_body(request), at_most=_MAX_CREATE):
            try:
                near, far = self._pair(one, other, row)
                types = {int(spec["associationTypeId"]) for spec in row["types"]}
                self._portal.records.check_association(one, other, types)
                self._portal.associate(near, far, types, self._portal.app())
            except Refusal as refusal:
                errors.append(refusal.row())
                continue
            except (KeyError, TypeError, ValueError):
                raise invalid("Invalid input JSON: a row needs from.id, to.id and types.") from None
            results.append(
                {
                    "fromObjectTypeId": one.id,
                    "fromObjectId": near.id,
                    "toObjectTypeId": other.id,
                    "toObjectId": far.id,
                    "labels": [],
                }
            )
        return answer(results, errors)

    async def _batch_default(self, request: Request) -> Response:
        one, other = self._kinds(request)
        results, errors = [], []
        for row in rows(await json_body(request), at_most=_MAX_CREATE):
            try:
                near, far = self._pair(one, other, row)
                results += self._associate(near, far)
            except Refusal as refusal:
                errors.append(refusal.row())
        return answer(results, errors)

    async def _batch_archive(self, request: Request) -> Response:
        one, other = self._kinds(request)
        for row in rows(await json_body(request), at_most=_MAX_CREATE):
            for to in row.get("to") or []:
                near, far = self._pair(one, other, {"from": row.get("from"), "to": to})
                self._portal.dissociate(near, far, self._portal.app())
        return answer([])

    async def _default(self, request: Request) -> Response:
        return answer(self._associate(*self._named(request)))

    async def _remove(self, request: Request) -> Response:
        near, far = self._named(request)
        self._portal.dissociate(near, far, self._portal.app())
        return Response(status_code=204)

    def _associate(self, near: Record, far: Record) -> list[Json]:
        there = self._portal.associate(near, far, set(), self._portal.app())
        back = self._portal.associate(far, near, set(), self._portal.app())
        return [
            {
                "from": {"id": one.id},
                "to": {"id": other.id},
                "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id},
            }
            for one, other, type_id in ((near, far, there), (far, near, back))
        ]

    def _kinds(self, request: Request) -> tuple[ObjectType, ObjectType]:
        params = request.path_params
        return self._portal.kind(params["from_type"]), self._portal.kind(params["to_type"])

    def _named(self, request: Request) -> tuple[Record, Record]:
        one, other = self._kinds(request)
        params = request.path_params
        return self._portal.records.get(one, params["from_id"]), self._portal.records.get(other, params["to_id"])

    def _pair(self, one: ObjectType, other: ObjectType, row: Json) -> tuple[Record, Record]:
        try:
            from_id, to_id = str(row["from"]["id"]), str(row["to"]["id"])
        except (KeyError, TypeError):
            raise invalid("Invalid input JSON: a row needs from.id and to.id.") from None
        return self._portal.records.get(one, from_id), self._portal.records.get(other, to_id)


def _none_found(one: ObjectType, other: ObjectType, id_: str) -> Json:
    return Refusal(
        404,
        "OBJECT_NOT_FOUND",
        f"No {other.singular} is associated with {one.singular} {id_}.",
        context={
            "fromObjectId": [id_],
            "fromObjectType": [one.singular],
            "toObjectType": [other.singular],
        },
    ).row() | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}
