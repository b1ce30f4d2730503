"""The console as a browser meets it: its files and its API as deployed, and a login that lets everybody in at once.

What the API stands on is what its own tests stand on: the review cases' fake, which the contract suite holds to the
table, and moto for the ledger, the queues and the rules.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from csc_console.app import answer
from infra.simulators.serving import on_a_thread
from kundeflyt.domain.cases import AuditEntry, ReviewCase, decide, opened, take_over
from kundeflyt.domain.cases import claim as claimed
from kundeflyt.domain.review import Entry, assess
from kundeflyt.ports.console import SignInPage
from kundeflyt.ports.directory import CompanyNow, PersonNow, WaitingTask
from tests.domain.case_situation import ADVISER, CONTACT, RULES, request
from tests.fakes.aws import LocalAws
from tests.flows.csc_console.console import CLIENT, OLAS_ID, UNA, VIDAR, Console, claims, event

STAGE = "/console"
NAMES = (
    "Tyttebærlia Barnehage SA",
    "Kvernbrua Transport AS",
    "<script>window.obeyed = 1</script> & Sønner AS",
    "Sildrebekken Renhold og Eiendomsdrift Holding AS",
    "Måkeberget Rederi AS",
    "Ospelia Tannklinikk AS",
)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a browser has no other clock


@dataclass
class Stand:
    """A console with cases; a test may turn who logs in next and whether the session is over, and see what came."""

    console: Console
    url: str = ""
    who: str = UNA
    groups: str = "csc"
    session_over: bool = False
    token_lasts: float = 300
    codes: dict[str, str] = field(default_factory=dict)
    proven: list[bool] = field(default_factory=list)
    logins: int = 0
    exchanged: list[dict[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"{self.url}{STAGE}/"

    @property
    def sign_in(self) -> SignInPage:
        return SignInPage(url=self.url, client_id=CLIENT, tokens_last_minutes=5)

    # What wiring gives the function.

    def open(self) -> Any:
        return self.console.open()

    def note(self, what: str, **ids: str | int) -> None:
        self.console.note(what, **ids)

    def flush(self) -> None:
        """What is noted is read from the console."""

    # What has happened.

    def begin(self, place: int, **changes: Any) -> ReviewCase:
        """A customer's case, opened some hours ago: the later in the list, the longer its evidence has lain."""
        company = 9100 + place
        given: dict[str, Any] = {
            "name": NAMES[place % len(NAMES)],
            "organisation_number": f"3105000{place:02}",
            "contact_id": 700 + place,
            "main_contact_id": CONTACT,
            "owner_id": (ADVISER, OLAS_ID, None)[place % 3],
            "enrolled_at": now() - timedelta(days=60 if place == 2 else 160),
            "ended_at": now() - timedelta(hours=1 + 5 * place),
            "orders_known": place != 3,
            "entries": tuple(self._happened(place)),
        } | changes
        asked = request(company, **given)
        asked = asked.model_copy(update={"assessment": assess(asked.evidence, now=now())})
        case, audit = opened(asked, now() - timedelta(hours=20, days=3 * place), RULES)
        assert self.console.cases.open(case, audit)
        name = given["name"]
        self.console.directory.customers[company] = CompanyNow(
            id=company, name=name, organisation_number=given["organisation_number"], owner_id=given["owner_id"]
        )
        return case

    def _happened(self, place: int) -> Iterator[Entry]:
        kinds = (("sequence_email", "emails"), ("call_out", "calls"), ("sequence_call", "calls"))
        for number in range(12):
            what, record = kinds[number % 3]
            at = now() - timedelta(days=50 - 4 * number)
            yield Entry(what=what, record=record, id=f"{100 * place + number}", at=at)

    def case(self, place: int = 0) -> ReviewCase:
        found = self.console.cases.cases_of(9100 + place)
        return found[0]

    def late(self) -> list[str]:
        """Who is past the deadline: how many it is depends on how many of the days since were working days."""
        cases = (self.case(place) for place in range(len(NAMES)))
        return [case.company.name for case in cases if case.sla_colour(now()) == "red"]

    def place_of(self, place: int = 0) -> str:
        return f"#/case/{self.case(place).id}"

    def colleague_claims(self, place: int = 0) -> None:
        with self.turn:
            self._save(place, *claimed(self.case(place), VIDAR, now(), RULES))

    def colleague_decides(self, place: int = 0, *, at: datetime | None = None) -> None:
        """Keeps the customer, between two looks of anybody else."""
        with self.turn:
            case = self.case(place)
            if case.state == "claimed":
                self._save(place, *take_over(case, VIDAR, now(), RULES))
            else:
                self._save(place, *claimed(case, VIDAR, now(), RULES))
            step = decide(self.case(place), VIDAR, at or now(), RULES, what="keep", reason="Pågående bestilling")
            self._save(place, *step)

    def _save(self, place: int, case: ReviewCase, audit: AuditEntry) -> None:
        assert self.console.cases.save(case, audit, seen_version=self.case(place).version)


@contextmanager
def standing(aws: LocalAws) -> Iterator[Stand]:
    stand = Stand(Console(aws))
    stand.console.directory.persons[CONTACT] = PersonNow(
        id=CONTACT, name="Ragnhild Vatne", title="Styrer", phone="+47 400 11 201"
    )
    stand.console.directory.tasks_of[ADVISER] = [WaitingTask(id=5, subject="Kunden svarte på SMS", due=now())]
    for place in range(len(NAMES)):
        stand.begin(place)
    routes = [
        Route(STAGE, _handler(stand), methods=["GET"]),
        Route(f"{STAGE}/{{path:path}}", _handler(stand), methods=["GET", "POST"]),
        Route("/oauth2/authorize", _authorize(stand)),
        Route("/oauth2/token", _token(stand), methods=["POST"]),
        Route("/oauth2/revoke", _revoke(stand), methods=["POST"]),
        Route("/logout", lambda asked: RedirectResponse(asked.query_params["logout_uri"])),
    ]
    with on_a_thread(Starlette(routes=routes)) as url:
        stand.url = url
        yield stand


def _handler(stand: Stand) -> Any:
    async def handle(asked: Request) -> Response:
        told = await run_in_threadpool(_answered, stand, asked, (await asked.body()).decode())
        body = base64.b64decode(told["body"]) if told.get("isBase64Encoded") else str(told["body"]).encode()
        headers = {name: values[0] for name, values in (told.get("multiValueHeaders") or {}).items()}
        return Response(body, told["statusCode"], headers | (told.get("headers") or {}))

    return handle


def _answered(stand: Stand, asked: Request, body: str) -> dict[str, Any]:
    path = asked.url.path.removeprefix(STAGE) or "/"
    stand.calls.append((asked.method, path, asked.url.query))
    headers = {name.title(): value for name, value in asked.headers.items()}
    who = None if stand.session_over else _verified(headers.get("Authorization", ""))
    if path.startswith("/api/") and path != "/api/sign-in" and who is None:
        # As API Gateway says it, before the function is asked.
        return {"statusCode": 401, "body": '{"code": "not_signed_in"}'}
    given = event(asked.method, path, verified=who, query=asked.url.query, body=body or None, headers=headers)
    given["requestContext"]["path"] = asked.url.path
    with stand.turn:
        stand.console.now = now()
        return answer(given, SimpleNamespace(aws_request_id=f"request-{len(stand.calls)}"), stand, stand.console.now)


def _verified(header: str) -> dict[str, str] | None:
    try:
        said = json.loads(base64.urlsafe_b64decode(header.removeprefix("Bearer ").split(".")[1] + "=="))
    except (IndexError, ValueError):
        return None
    return claims(said["email"], said["groups"]) if now().timestamp() < said["exp"] else None


def _authorize(stand: Stand) -> Any:
    def authorize(asked: Request) -> Response:
        stand.logins += 1
        stand.session_over = False
        code = f"code-{stand.logins}"
        stand.codes[code] = asked.query_params["code_challenge"]
        back = urlencode({"code": code, "state": asked.query_params["state"]})
        return RedirectResponse(f"{asked.query_params['redirect_uri']}?{back}")

    return authorize


def _token(stand: Stand) -> Any:
    async def token(asked: Request) -> Response:
        form = dict(parse_qsl((await asked.body()).decode()))
        stand.exchanged.append(form)
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            stand.proven.append(base64.urlsafe_b64encode(digest).decode().rstrip("=") == stand.codes[form["code"]])
        elif stand.session_over:
            return JSONResponse({"error": "invalid_grant"}, 400)
        said = {"email": stand.who, "groups": stand.groups, "exp": now().timestamp() + stand.token_lasts}
        signed = "x." + base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=") + ".x"
        given: dict[str, Any] = {"id_token": signed, "access_token": signed, "expires_in": stand.token_lasts}
        return JSONResponse(given | ({"refresh_token": "refresh-1"} if form["grant_type"] != "refresh_token" else {}))

    return token


def _revoke(stand: Stand) -> Any:
    async def revoke(asked: Request) -> Response:
        stand.revoked.append(dict(parse_qsl((await asked.body()).decode()))["token"])
        return Response()

    return revoke
