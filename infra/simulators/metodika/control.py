"""The control plane of the Metodika simulator: what a test or a demo may do that Metodika's API can't."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.metodika.contract import Contract
from infra.simulators.metodika.norway import NORWAY
from infra.simulators.metodika.office import SCHEMAS, Office
from infra.simulators.shell import BadControl, Fault, Shell

Json = dict[str, Any]
BUILT_IN = {"norway": NORWAY}


class Control:
    """The endpoints under /_sim."""

    def __init__(self, office: Office, contract: Contract) -> None:
        self._office = office
        self._contract = contract
        self.shell: Shell

    def routes(self) -> list[Route]:
        """All routes of the control plane."""
        return [
            Route("/_sim/reset", self._reset, methods=["POST"]),
            Route("/_sim/seed", self._seed, methods=["POST"]),
            Route("/_sim/settings", self._settings, methods=["GET", "POST"]),
            Route("/_sim/fail-next", self._fail_next, methods=["POST"]),
            Route("/_sim/log", self._log, methods=["GET", "DELETE"]),
            Route("/_sim/state/{kind}", self._state, methods=["GET"]),
            Route("/_sim/ui/{kind}", self._ui_add, methods=["POST"]),
            Route("/_sim/ui/{kind}/{id}", self._ui_change, methods=["PATCH"]),
        ]

    async def _reset(self, _request: Request) -> Response:
        self._office.reset()
        self.shell.forget()
        return Response(status_code=204)

    async def _seed(self, request: Request) -> Response:
        declaration = await _body(request)
        if "name" in declaration:
            if declaration["name"] not in BUILT_IN:
                raise BadControl(f"there is no seed {declaration['name']}; there are {sorted(BUILT_IN)}")
            declaration = BUILT_IN[declaration["name"]]
        unknown = sorted(set(declaration) - set(SCHEMAS))
        if unknown:
            raise BadControl(f"unknown keys {unknown}; known are {sorted(SCHEMAS)}")
        for kind in SCHEMAS:
            for given in declaration.get(kind, []):
                self._office.add(kind, given)
        counts = {kind: len(declaration.get(kind, [])) for kind in SCHEMAS}
        return JSONResponse({"refs": self._office.refs, "counts": counts})

    async def _settings(self, request: Request) -> Response:
        if request.method == "POST":
            changes = await _body(request)
            unknown = sorted(set(changes.get("missing", ())) - set(self._contract.operations))
            if unknown:
                raise BadControl(f"unknown operations {unknown}; known are {sorted(self._contract.operations)}")
            self._office.settings = self._office.settings.changed(changes)
        return JSONResponse(self._office.settings.as_json())

    async def _fail_next(self, request: Request) -> Response:
        self.shell.faults.append(Fault.from_json(await _body(request)))
        return Response(status_code=204)

    async def _log(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.shell.log.clear()
            return Response(status_code=204)
        return JSONResponse(self.shell.log_as_json(match=request.query_params.get("match", "")))

    async def _state(self, request: Request) -> Response:
        refs = {id_: ref for ref, id_ in self._office.refs.items()}
        records = self._office.records[_kind(request)].values()
        return JSONResponse({"results": [{"ref": refs.get(one["id"]), **one} for one in records]})

    # -- what people do in Metodika's pages ------------------------------------------------------------

    async def _ui_add(self, request: Request) -> Response:
        return JSONResponse(self._office.add(_kind(request), await _body(request)), 201)

    async def _ui_change(self, request: Request) -> Response:
        return JSONResponse(self._office.change(_kind(request), request.path_params["id"], await _body(request)))


def _kind(request: Request) -> str:
    kind: str = request.path_params["kind"]
    if kind not in SCHEMAS:
        raise BadControl(f"there are no {kind}; there are {sorted(SCHEMAS)}")
    return kind


async def _body(request: Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        raise BadControl("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadControl("the body is not a JSON object")
    return body
