"""What HubSpot tells of the account, the token and the portal's own property groups and call outcomes."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.hubspot.errors import Refusal
from infra.simulators.hubspot.models.catalog import DISPOSITIONS
from infra.simulators.hubspot.portal import Portal
from infra.simulators.hubspot.rows import json_body


class AccountApi:
    """The endpoints around the records."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def routes(self, version: str) -> list[Route]:
        """Property groups, in one dated version."""
        groups = f"/crm/properties/{version}/{{type}}/groups"
        return [
            Route(groups, self._create_group, methods=["POST"]),
            Route(f"{groups}/{{name}}", self._group, methods=["GET"]),
        ]

    def undated_routes(self) -> list[Route]:
        """What has one address only."""
        return [
            Route("/oauth/v2/private-apps/get/access-token-info", self._token, methods=["POST"]),
            Route("/account-info/2026-03/details", self._details, methods=["GET"]),
            Route("/calling/v1/dispositions", self._dispositions, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        settings = self._portal.settings
        if (await json_body(request)).get("tokenKey") != settings.access_token:
            raise Refusal(404, "OBJECT_NOT_FOUND", "No such token.")
        return JSONResponse(
            {
                "userId": 61_002_001,
                "hubId": settings.portal_id,
                "appId": settings.app_id,
                "scopes": settings.scopes,
            }
        )

    async def _details(self, _request: Request) -> Response:
        settings = self._portal.settings
        return JSONResponse(
            {
                "portalId": settings.portal_id,
                "accountType": settings.account_type,
                "timeZone": "Europe/Oslo",
                "companyCurrency": "NOK",
                "utcOffset": "+01:00",
                "utcOffsetMilliseconds": 3_600_000,
                "dataHostingLocation": "eu1",
            }
        )

    async def _dispositions(self, _request: Request) -> Response:
        return JSONResponse([{"id": id_, "label": label, "deleted": False} for id_, label in DISPOSITIONS.items()])

    async def _create_group(self, request: Request) -> Response:
        kind, body = self._portal.kind(request.path_params["type"]), await json_body(request)
        group = (kind.plural, str(body.get("name")))
        if group in self._portal.groups:
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", "There is a group of that name.")
        self._portal.groups.add(group)
        return JSONResponse(_shape(group[1], str(body.get("label"))), 201)

    async def _group(self, request: Request) -> Response:
        kind, name = self._portal.kind(request.path_params["type"]), request.path_params["name"]
        if (kind.plural, name) not in self._portal.groups:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no property group {name}.")
        return JSONResponse(_shape(name, name))


def _shape(name: str, label: str) -> dict[str, object]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
