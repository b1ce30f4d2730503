"""The console's API on the deployed stack: signing in by the hosted page, working a case, and being kept out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from infra.local.stack import Stack
from kundeflyt.domain.review import assess
from tests.domain.case_situation import evidence
from tests.journeys.road import Road, eventually
from tests.journeys.watching import now as at_this_moment

pytestmark = pytest.mark.journey

SECONDS = 30


@dataclass(frozen=True)
class Somebody:
    """A person who has signed in, as their page is: it has tokens, and nothing else."""

    url: str
    id_token: str

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}api/{path}", params=query, headers=self._headers(), timeout=SECONDS)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return requests.post(f"{self.url}api/{path}", json=body, headers=self._headers(), timeout=SECONDS)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.id_token}", "Accept-Language": "nb"}


def sign_in(stack: Stack, role: str) -> Somebody:
    """By the hosted page: a code for the page's address, and tokens for the code and what only the page knows."""
    url = stack.console_url or ""
    page = requests.get(f"{url}api/sign-in", timeout=SECONDS).json()
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": page["client_id"],
        "redirect_uri": url,
        "scope": " ".join(page["scopes"]),
        "state": "where-i-was",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with requests.Session() as browser:
        form = browser.get(page["authorize_url"], params=asked, timeout=SECONDS).text
        filled = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
        user = stack.console_users[role]
        filled |= {"username": user["email"], "password": user["password"]}
        sent = browser.post(f"{stack.aws_endpoint_url}/login", data=filled, allow_redirects=False, timeout=SECONDS)
        back = parse_qs(urlsplit(sent.headers["Location"]).query)
        assert back["state"] == ["where-i-was"]
        wrong = _tokens(page, url, back["code"][0], "not-the-verifier")
        assert wrong.status_code == 400
        form = browser.get(page["authorize_url"], params=asked, timeout=SECONDS).text
        sent = browser.post(f"{stack.aws_endpoint_url}/login", data=filled, allow_redirects=False, timeout=SECONDS)
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        tokens = _tokens(page, url, code, verifier).json()
    # The local stack gives them an hour (template.yaml); nowhere do they end before the page expects it.
    assert tokens["expires_in"] >= 60 * page["token_minutes"]
    return Somebody(url, tokens["id_token"])


def _tokens(page: dict[str, Any], url: str, code: str, verifier: str) -> requests.Response:
    given = {
        "grant_type": "authorization_code",
        "client_id": page["client_id"],
        "code": code,
        "redirect_uri": url,
        "code_verifier": verifier,
    }
    return requests.post(page["token_url"], data=given, timeout=SECONDS)


def ask_for_review(road: Road, company_id: int, name: str, owner_id: int, **more: int) -> None:
    """A finished sequence of the company's comes to the review queue, as its flow would send it."""
    found = evidence(company_id, owner_id=owner_id, **more)
    message = {
        "version": 1,
        "key": f"{company_id}/{secrets.token_hex(4)}",
        "portal_id": int(road.stack.hubspot_portal_id),
        "company": {"id": company_id, "name": name, "organisation_number": "923609016", "country": "NO"},
        "evidence": json.loads(found.model_dump_json()),
        "assessment": json.loads(assess(found, now=at_this_moment()).model_dump_json()),
        "waiting_for": None,
        "found_at": at_this_moment().isoformat(),
    }
    road.stack.client("sqs").send_message(
        QueueUrl=road.outputs["ReviewIntakeQueueUrl"], MessageBody=json.dumps(message)
    )


class TestTheConsole:
    def test_customer_service_works_a_case_and_everybody_else_is_kept_out(self, road: Road) -> None:
        stack = road.stack
        lise, nils, kari, ola = (sign_in(stack, role) for role in ("csc", "csc2", "pfa", "pfa2"))
        me = kari.get("me").json()
        assert (me["groups"], me["owner"]["name"]) == (["pfa"], "Kari Rådgiver")
        company = company_of(road, int(me["owner"]["id"]))
        ask_for_review(road, company, "Fjordbygg AS", int(me["owner"]["id"]))
        listed = eventually(lambda: rows(lise, company), "the case is in the queue")
        case = f"cases/{listed[0]['id']}"

        # A colleague who comes second is told who works on it; who decides second, what was decided.
        claimed = lise.post(f"{case}/claim")
        assert claimed.status_code == 200
        refused = nils.post(f"{case}/claim")
        assert (refused.status_code, refused.json()["claimed_by"]) == (409, stack.console_users["csc"]["email"])
        seen = claimed.json()["case"]["version"]
        taken = nils.post(f"{case}/take-over", {"version": seen}).json()["case"]["version"]
        assert nils.post(f"{case}/decision", decision(taken, "keep")).status_code == 200
        late = lise.post(f"{case}/decision", decision(seen, "inactive"))
        assert (late.status_code, late.json()["decided"]["what"]) == (409, "keep")

        # In time a decision is undone.
        decided = nils.get(case).json()
        assert decided["decision"]["can_be_undone"]
        undone = nils.post(f"{case}/undo", {"version": decided["case"]["version"]}).json()
        assert (undone["case"]["state"], undone["decision"]) == ("claimed", None)
        said = [entry["what"] for entry in undone["audit"]]
        assert said == ["opened", "claimed", "taken_over", "decided", "undone"]

        # A PFA sees their own customer, and nobody else's.
        assert kari.get(case).status_code == 200
        assert ola.get(case).status_code == 403
        assert rows(ola, company) == []
        assert [row["company"]["id"] for row in kari.get("my-work").json()["cases"]] == [str(company)]
        assert kari.post(f"{case}/claim").status_code == 403

    def test_nobody_gets_in_with_a_token_that_is_forged(self, road: Road) -> None:
        lise = sign_in(road.stack, "csc")
        head, claims, signature = lise.id_token.split(".")
        values = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        forged, unsigned = _part(values | {"cognito:groups": ["ops"]}), _part({"alg": "none"})
        for token in (f"{head}.{forged}.{signature}", f"{unsigned}.{forged}.", "abc", ""):
            assert Somebody(lise.url, token).get("flows").status_code == 401
        assert requests.get(f"{lise.url}api/me", timeout=SECONDS).status_code == 401
        assert lise.get("flows").status_code == 403

    def test_operations_sees_the_flows_and_each_change_is_written_down(self, road: Road) -> None:
        ops = sign_in(road.stack, "ops")
        flows = {flow["name"]: flow for flow in ops.get("flows").json()["flows"]}
        assert {"no_answer", "owner_change", "review_intake"} <= flows.keys()
        assert flows["no_answer"]["mode"] == "on"
        queue = road.outputs["NoAnswerDeadLetterUrl"]
        road.stack.client("sqs").send_message(
            QueueUrl=queue,
            MessageBody="{}",
            MessageAttributes={"reason": {"DataType": "String", "StringValue": "nobody can read it"}},
        )
        [letter] = ops.get("flows/no_answer/dead-letters").json()["dead_letters"]
        assert letter["reason"] == "nobody can read it"
        back = ops.post("flows/no_answer/dead-letters/redrive", {"ids": [letter["id"]]})
        assert [one["id"] for one in back.json()["redriven"]] == [letter["id"]]
        written = eventually(lambda: ops.get("audit").json()["changes"], "the change is written down")
        assert (written[0]["operation"], written[0]["outcome"]) == ("redrive_dead_letters", 200)
        road.stack.client("sqs").purge_queue(QueueUrl=queue)


def _part(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def decision(version: int, what: str) -> dict[str, Any]:
    return {"version": version, "what": what, "reason": "Ikke svart i hele perioden"}


def rows(somebody: Somebody, company: int) -> list[dict[str, Any]]:
    listed = somebody.get("cases").json()["cases"]
    return [row for row in listed if row["company"]["id"] == str(company)]


def company_of(road: Road, owner_id: int) -> int:
    """A company of the seeded portal that is this adviser's."""
    found = road.hubspot("state/companies")["results"]
    mine = [row for row in found if row["properties"].get("hubspot_owner_id") == str(owner_id)]
    return int(mine[0]["id"])
