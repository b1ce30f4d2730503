"""The web application that plays Metodika: its API after the contract; control.py has the control plane."""

import asyncio
import hmac
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.simulators import clock
from infra.simulators.metodika.contract import Contract
from infra.simulators.metodika.control import Control
from infra.simulators.metodika.office import Office, shown
from infra.simulators.metodika.settings import Settings
from infra.simulators.shell import BadControl, Shell

Json = dict[str, Any]
Operation = Callable[[Request], Awaitable[Response]]
_KEY_LENGTHS = range(8, 65)
_PROMISE = ("title", "body", "dueDate", "assigneeUserId", "customerId")


def build(settings: Settings) -> ASGIApp:
    """A Metodika of its own, without customers or users."""
    contract = Contract()
    office = Office(settings, contract)
    api = _Api(office, contract)
    control = Control(office, contract)
    app = Starlette(
        routes=[*control.routes(), *api.routes()],
        exception_handlers={_Refusal: _refused, BadControl: _misunderstood, 404: _no_such_page, 405: _no_such_page},
    )
    control.shell = Shell(app, api.gate)
    return control.shell


class _Refusal(Exception):
    """Metodika refuses a request."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        body = {"code": code, "message": message}
        self.answer = JSONResponse(body if field is None else body | {"field": field}, status)


class _Api:
    def __init__(self, office: Office, contract: Contract) -> None:
        self._office = office
        self._contract = contract
        self._recent: deque[float] = deque()

    def routes(self) -> list[Route]:
        operations: dict[str, Operation] = {
            "findCustomers": self._find_customers,
            "getCustomer": self._get_customer,
            "setManager": self._set_manager,
            "listDocuments": self._list_documents,
            "putDocument": self._put_document,
            "getPlan": self._get_plan,
            "listOrders": self._list_orders,
            "findUsers": self._find_users,
            "createTask": self._create_task,
            "findTasks": self._find_tasks,
            "getTask": self._get_task,
        }
        return [
            Route(path, self._offered(name, operations[name]), methods=[method])
            for name, (method, path) in self._contract.operations.items()
        ]

    def gate(self, _method: str, _path: str, headers: dict[bytes, bytes]) -> Response | None:
        settings = self._office.settings
        if settings.down:
            return _Refusal(503, "DOWN", "closed for maintenance").answer
        given = headers.get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {settings.token}".encode()):
            return _Refusal(401, "UNAUTHORISED", "wrong or missing token").answer
        if settings.requests_per_second is None:
            return None
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= settings.requests_per_second:
            answer = _Refusal(429, "TOO_FAST", "too many requests").answer
            answer.headers["Retry-After"] = str(settings.retry_after_seconds)
            return answer
        self._recent.append(now)
        return None

    def _offered(self, name: str, operation: Operation) -> Operation:
        async def answer(request: Request) -> Response:
            await asyncio.sleep(self._office.settings.latency_seconds)
            if name in self._office.settings.missing:
                raise _Refusal(501, "NOT_IMPLEMENTED", f"this tenant has no {name}")
            fault = self._contract.fault_in_query(name, dict(request.query_params))
            if fault is not None:
                raise _Refusal(422, "REFUSED_FIELD", fault[1], fault[0])
            return await operation(request)

        return answer

    # -- customers -------------------------------------------------------------------------------------

    async def _find_customers(self, request: Request) -> Response:
        return _results(self._office.customers_with(request.query_params["orgNumber"]))

    async def _get_customer(self, request: Request) -> Response:
        return JSONResponse(self._customer(request))

    async def _set_manager(self, request: Request) -> Response:
        customer = self._customer(request)
        order = await self._body(request, "setManager")
        if "if-match" not in request.headers:
            raise _Refusal(422, "REFUSED_FIELD", "is missing", "If-Match")
        if request.headers["if-match"] != customer["version"]:
            raise _Refusal(412, "CHANGED", "the customer was changed since")
        manager = None
        if order["userId"] is not None:
            user = self._user(order["userId"], "userId")
            manager = {
                "userId": user["id"],
                "email": user["email"],
                "role": order["role"],
                "since": clock.now().date().isoformat(),
            }
        return JSONResponse(self._office.change("customers", customer["id"], {"manager": manager}))

    async def _list_documents(self, request: Request) -> Response:
        documents = self._office.of_customer("documents", self._customer(request)["id"])
        for name in ("kind", "year"):
            if (wanted := request.query_params.get(name)) is not None:
                documents = [one for one in documents if str(one.get(name)) == wanted]
        return _results(documents)

    async def _put_document(self, request: Request) -> Response:
        query = request.query_params
        year = int(query["year"]) if "year" in query else None
        customer_id = self._customer(request)["id"]
        content = await request.body()
        document, new = self._office.store(customer_id, query["kind"], year, query["name"], content)
        return JSONResponse(shown(document), 201 if new else 200)

    async def _get_plan(self, request: Request) -> Response:
        year = request.query_params["year"]
        for plan in self._office.of_customer("plans", self._customer(request)["id"]):
            if str(plan["year"]) == year:
                return JSONResponse(plan)
        raise _Refusal(404, "NOT_FOUND", "there is no plan for that year")

    async def _list_orders(self, request: Request) -> Response:
        orders = self._office.of_customer("orders", self._customer(request)["id"])
        wanted = request.query_params.get("status")
        return _results([one for one in orders if wanted in {None, one["status"]}])

    def _customer(self, request: Request) -> Json:
        found = self._office.records["customers"].get(request.path_params["customerId"])
        if found is None:
            raise _Refusal(404, "NOT_FOUND", "there is no such customer")
        return found

    # -- users and tasks -------------------------------------------------------------------------------

    async def _find_users(self, request: Request) -> Response:
        wanted = request.query_params["email"].casefold()
        users = self._office.records["users"].values()
        return _results([user for user in users if user["email"].casefold() == wanted])

    async def _create_task(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key", "")
        if len(key) not in _KEY_LENGTHS:
            raise _Refusal(422, "REFUSED_FIELD", "must have 8 to 64 characters", "Idempotency-Key")
        order = await self._body(request, "createTask")
        known = self._office.task_with(key) if self._office.settings.honours_keys else None
        if known is not None:
            if any(known.get(name) != order.get(name) for name in _PROMISE):
                raise _Refusal(409, "KEY_USED", "the key belongs to a task with another body")
            return JSONResponse(known, 200)
        self._user(order["assigneeUserId"], "assigneeUserId")
        customer_id = order.get("customerId")
        if customer_id is not None and customer_id not in self._office.records["customers"]:
            raise _Refusal(422, "REFUSED_FIELD", "there is no such customer", "customerId")
        return JSONResponse(self._office.add("tasks", {**order, "key": key}), 201)

    async def _find_tasks(self, request: Request) -> Response:
        found = self._office.task_with(request.query_params["key"])
        return _results([] if found is None else [found])

    async def _get_task(self, request: Request) -> Response:
        found = self._office.records["tasks"].get(request.path_params["taskId"])
        if found is None:
            raise _Refusal(404, "NOT_FOUND", "there is no such task")
        return JSONResponse(found)

    def _user(self, id_: str, field: str) -> Json:
        user: Json | None = self._office.records["users"].get(id_)
        if user is None or user.get("active") is False:
            raise _Refusal(422, "REFUSED_FIELD", "there is no such user any more", field)
        return user

    async def _body(self, request: Request, operation: str) -> Json:
        try:
            body: Json = await request.json()
        except ValueError:
            raise _Refusal(422, "REFUSED_FIELD", "the body is not JSON") from None
        fault = self._contract.fault_in_body(operation, body)
        if fault is not None:
            raise _Refusal(422, "REFUSED_FIELD", fault[1], fault[0])
        return body


def _results(rows: list[Json]) -> Response:
    return JSONResponse({"results": rows})


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, _Refusal)  # noqa: S101 registered for this class only
    return error.answer


def _misunderstood(_request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 400)


def _no_such_page(request: Request, _error: Exception) -> Response:
    return _Refusal(404, "NOT_FOUND", f"Metodika has no {request.method} {request.url.path}.").answer
