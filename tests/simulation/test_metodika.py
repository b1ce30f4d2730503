from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import requests

from infra.simulators.metodika.contract import Contract
from tests.simulation.clients import Caller

CONTRACT = Contract()
NUMBER = "310124001"
QUERIES = {
    "findCustomers": {"orgNumber": NUMBER},
    "listDocuments": {"kind": "OTHER", "year": "2026"},
    "getPlan": {"year": "2026"},
    "listOrders": {"status": "ACTIVE"},
    "findUsers": {"email": "Kari@avonova.example"},
    "findTasks": {"key": "key-00001"},
}


def seeded(metodika: Caller, **declaration: Any) -> dict[str, str]:
    refs: dict[str, str] = metodika.sim("POST", "seed", declaration)["refs"]
    return refs


@pytest.fixture
def refs(metodika: Caller) -> dict[str, str]:
    return seeded(
        metodika,
        users=[
            {"ref": "kari", "email": "kari@avonova.example"},
            {"ref": "per", "email": "per@x.example", "active": False},
        ],
        customers=[{"ref": "fjellbygg", "orgNumber": NUMBER, "name": "Fjellbygg AS"}],
    )


def task(refs: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {"assigneeUserId": refs["kari"], "title": "Sett deg som PFA", "dueDate": "2026-11-24", **changes}


def create(metodika: Caller, body: Any, key: str = "key-00001") -> requests.Response:
    headers = metodika.headers | {"Idempotency-Key": key}
    return requests.post(f"{metodika.url}/tasks", json=body, headers=headers, timeout=10)


def put_manager(metodika: Caller, refs: dict[str, str], version: str, body: Any) -> requests.Response:
    url = f"{metodika.url}/customers/{refs['fjellbygg']}/manager"
    return requests.put(url, json=body, headers=metodika.headers | {"If-Match": version}, timeout=10)


def assert_keeps_the_contract(operation: str, answer: requests.Response) -> None:
    assert CONTRACT.fault_in_answer(operation, answer.status_code, answer.json()) is None, answer.text


class TestTheContract:
    """Every operation, answered as the contract says."""

    def ask(self, metodika: Caller, refs: dict[str, str], operation: str) -> requests.Response:
        match operation:
            case "setManager":
                return put_manager(metodika, refs, "1", {"userId": refs["kari"], "role": "PFA"})
            case "putDocument":
                url = f"{metodika.url}/customers/{refs['fjellbygg']}/documents"
                about = {"kind": "OTHER", "year": "2026", "name": "a.pdf"}
                return requests.post(url, params=about, data=b"%PDF", headers=metodika.headers, timeout=10)
            case "createTask":
                return create(metodika, task(refs))
        metodika.sim("POST", "ui/plans", {"customerId": "@fjellbygg", "year": 2026, "items": []})
        by_hand = metodika.sim("POST", "ui/tasks", {"title": "Ring", "assigneeUserId": "@kari"})["id"]
        path = CONTRACT.operations[operation][1].format(customerId=refs["fjellbygg"], taskId=by_hand)
        return metodika.api("GET", path, params=QUERIES.get(operation))

    @pytest.mark.parametrize("operation", CONTRACT.operations)
    def test_is_kept(self, metodika: Caller, refs: dict[str, str], operation: str) -> None:
        answer = self.ask(metodika, refs, operation)
        assert answer.status_code in {200, 201}
        assert_keeps_the_contract(operation, answer)

    @pytest.mark.parametrize("operation", CONTRACT.operations)
    def test_lets_any_operation_be_missing(self, metodika: Caller, refs: dict[str, str], operation: str) -> None:
        other = next(name for name in CONTRACT.operations if name != operation)
        metodika.sim("POST", "settings", {"missing": [operation]})
        answer = self.ask(metodika, refs, operation)
        assert answer.status_code == 501
        assert_keeps_the_contract(operation, answer)
        assert self.ask(metodika, refs, other).status_code in {200, 201}

    @pytest.mark.parametrize("operation", CONTRACT.operations)
    def test_wants_the_token(self, metodika: Caller, refs: dict[str, str], operation: str) -> None:
        stranger = Caller(metodika.url, {"Authorization": "Bearer another"})
        method, path = CONTRACT.operations[operation]
        answer = stranger.api(method, path.replace("{customerId}", "K1").replace("{taskId}", "O1"))
        assert answer.status_code == 401
        assert_keeps_the_contract(operation, answer)

    def test_has_every_time_with_an_offset(self, metodika: Caller, refs: dict[str, str]) -> None:
        document = self.ask(metodika, refs, "putDocument").json()
        assert datetime.fromisoformat(document["created"]).tzinfo is not None


class TestCustomers:
    def test_are_none_one_or_several_for_a_number(self, metodika: Caller, refs: dict[str, str]) -> None:
        seeded(metodika, customers=[{"ref": "old", "orgNumber": NUMBER, "name": "Fjellbygg (gammelt)"}])
        found = metodika.api("GET", "/customers", params={"orgNumber": NUMBER}).json()["results"]
        assert [one["name"] for one in found] == ["Fjellbygg AS", "Fjellbygg (gammelt)"]
        assert metodika.api("GET", "/customers", params={"orgNumber": "974760673"}).json() == {"results": []}

    @pytest.mark.parametrize("number", ["", "12345678", "310 124 001", "NO310124001"])
    def test_are_not_looked_for_by_what_is_no_number(self, metodika: Caller, number: str) -> None:
        answer = metodika.api("GET", "/customers", params={"orgNumber": number})
        assert (answer.status_code, answer.json()["field"]) == (422, "orgNumber")

    def test_get_a_manager_and_another_version(self, metodika: Caller, refs: dict[str, str]) -> None:
        answer = put_manager(metodika, refs, "1", {"userId": refs["kari"], "role": "KAM"})
        manager = answer.json()["manager"]
        assert (manager["userId"], manager["role"], manager["email"]) == (refs["kari"], "KAM", "kari@avonova.example")
        assert answer.json()["version"] == "2"
        assert put_manager(metodika, refs, "2", {"userId": None, "role": "KAM"}).json()["manager"] is None

    def test_changed_by_a_person_meanwhile_answer_412(self, metodika: Caller, refs: dict[str, str]) -> None:
        metodika.session.patch(
            f"{metodika.url}/_sim/ui/customers/@fjellbygg", json={"keyInformationUpdated": "-1d"}, timeout=10
        )
        answer = put_manager(metodika, refs, "1", {"userId": refs["kari"], "role": "PFA"})
        assert answer.status_code == 412
        assert_keeps_the_contract("setManager", answer)
        (customer,) = metodika.sim("GET", "state/customers")["results"]
        assert (customer["manager"], customer["version"]) == (None, "2")

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"userId": "U0", "role": "PFA"}, "userId"), ({"userId": None, "role": "CSC"}, "role"), ({"role": "PFA"}, "")],
    )
    def test_refuse_a_manager_that_is_none(
        self, metodika: Caller, refs: dict[str, str], body: dict[str, Any], field: str
    ) -> None:
        answer = put_manager(metodika, refs, "1", body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)

    def test_keep_a_document_once(self, metodika: Caller, refs: dict[str, str]) -> None:
        url = f"{metodika.url}/customers/{refs['fjellbygg']}/documents"
        about = {"kind": "ANNUAL_REPORT", "year": "2025", "name": "a.pdf"}
        answers = [
            requests.post(url, params=about, data=b"%PDF", headers=metodika.headers, timeout=10) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json() == answers[1].json()
        assert len(metodika.sim("GET", "state/documents")["results"]) == 1

    def test_show_documents_and_orders_by_what_is_asked(self, metodika: Caller, refs: dict[str, str]) -> None:
        mine: dict[str, Any] = {"customerId": "@fjellbygg"}
        documents = [mine | {"kind": "ANNUAL_REPORT", "year": year, "name": "a"} for year in (2024, 2025)]
        orders = [mine | {"title": "a", "status": status} for status in ("ACTIVE", "DONE", "CANCELLED")]
        seeded(metodika, documents=documents, orders=orders)
        path = f"/customers/{refs['fjellbygg']}"
        found = metodika.api("GET", f"{path}/documents", params={"kind": "ANNUAL_REPORT", "year": "2025"}).json()
        assert [one["year"] for one in found["results"]] == [2025]
        active = metodika.api("GET", f"{path}/orders", params={"status": "ACTIVE"}).json()
        assert [one["status"] for one in active["results"]] == ["ACTIVE"]
        assert len(metodika.api("GET", f"{path}/orders").json()["results"]) == 3

    @pytest.mark.parametrize("path", ["/customers/K0", "/customers/K0/orders", "/tasks/O0"])
    def test_that_are_not_there_answer_404(self, metodika: Caller, path: str) -> None:
        answer = metodika.api("GET", path)
        assert answer.status_code == 404
        assert CONTRACT.fault("Error", answer.json()) is None


class TestTasks:
    def test_stand_once_for_each_key(self, metodika: Caller, refs: dict[str, str]) -> None:
        first, again = create(metodika, task(refs)), create(metodika, task(refs))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert len(metodika.sim("GET", "state/tasks")["results"]) == 1

    def test_of_the_same_key_and_other_words_are_refused(self, metodika: Caller, refs: dict[str, str]) -> None:
        create(metodika, task(refs))
        answer = create(metodika, task(refs, title="Noe annet"))
        assert answer.status_code == 409
        assert_keeps_the_contract("createTask", answer)

    def test_are_made_again_where_keys_are_not_honoured(self, metodika: Caller, refs: dict[str, str]) -> None:
        metodika.sim("POST", "settings", {"honours_keys": False})
        assert [create(metodika, task(refs)).status_code for _ in range(2)] == [201, 201]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": "x" * 121}, "title"),
            ({"dueDate": "i morgen"}, "dueDate"),
            ({"color": "red"}, ""),
            ({"assigneeUserId": "U0"}, "assigneeUserId"),
            ({"customerId": "K0"}, "customerId"),
        ],
    )
    def test_that_break_the_contract_are_refused(
        self, metodika: Caller, refs: dict[str, str], changes: dict[str, Any], field: str
    ) -> None:
        answer = create(metodika, task(refs, **changes))
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert_keeps_the_contract("createTask", answer)
        assert metodika.sim("GET", "state/tasks")["results"] == []

    def test_are_not_given_to_one_who_has_left(self, metodika: Caller, refs: dict[str, str]) -> None:
        assert create(metodika, task(refs, assigneeUserId=refs["per"])).status_code == 422

    @pytest.mark.parametrize("key", ["", "short", "x" * 65])
    def test_want_a_key_of_the_right_length(self, metodika: Caller, refs: dict[str, str], key: str) -> None:
        assert create(metodika, task(refs), key=key).status_code == 422

    def test_are_ticked_off_by_people(self, metodika: Caller, refs: dict[str, str]) -> None:
        made = create(metodika, task(refs)).json()["id"]
        metodika.session.patch(f"{metodika.url}/_sim/ui/tasks/{made}", json={"status": "DONE"}, timeout=10)
        assert metodika.api("GET", f"/tasks/{made}").json()["status"] == "DONE"


class TestTrouble:
    def test_may_be_too_fast(self, metodika: Caller) -> None:
        answers = []
        for limit in (1, 0):
            metodika.sim("POST", "settings", {"requests_per_second": limit, "retry_after_seconds": 3})
            answers.append(metodika.api("GET", "/users", params={"email": "a@b.example"}))
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].headers["Retry-After"] == "3"
        assert_keeps_the_contract("findUsers", answers[1])

    def test_may_be_slow(self, metodika: Caller) -> None:
        metodika.sim("POST", "settings", {"latency_seconds": 30})
        with pytest.raises(requests.Timeout):
            metodika.api("GET", "/users", params={"email": "a@b.example"}, timeout=0.2)

    def test_may_do_the_work_and_never_answer(self, metodika: Caller, refs: dict[str, str]) -> None:
        metodika.sim("POST", "fail-next", {"match": "POST /tasks", "drop": True, "after_effect": True})
        with pytest.raises(requests.ConnectionError):
            create(metodika, task(refs))
        assert len(metodika.sim("GET", "state/tasks")["results"]) == 1
        assert [seen["fault"] for seen in metodika.logged("POST /tasks")] == [True]

    def test_may_be_down_for_a_while(self, metodika: Caller) -> None:
        answers = []
        for down in (True, False):
            metodika.sim("POST", "settings", {"down": down})
            answers.append(metodika.api("GET", "/customers", params={"orgNumber": NUMBER}))
        assert [answer.status_code for answer in answers] == [503, 200]
        assert_keeps_the_contract("findCustomers", answers[0])


class TestTheControlPlane:
    @pytest.mark.parametrize(
        ("path", "body", "told"),
        [
            ("seed", {"name": "sverige"}, "norway"),
            ("seed", {"companies": []}, "customers"),
            ("seed", {"customers": [{"orgNumber": NUMBER}]}, "name"),
            ("seed", {"orders": [{"title": "a", "customerId": "@nobody"}]}, "nobody"),
            ("seed", {"orders": [{"title": "a"}]}, "customerId"),
            ("settings", {"missing": ["deleteCustomer"]}, "findCustomers"),
            ("settings", {"speed": 1}, "latency_seconds"),
            ("fail-next", {}, "drop"),
            ("ui/cars", {}, "customers"),
        ],
    )
    def test_says_what_it_expects(self, metodika: Caller, path: str, body: Any, told: str) -> None:
        answer = requests.post(f"{metodika.url}/_sim/{path}", json=body, timeout=10)
        assert answer.status_code == 400
        assert told in answer.json()["message"]

    def test_a_reset_leaves_only_the_token(self, metodika: Caller, refs: dict[str, str]) -> None:
        metodika.sim("POST", "settings", {"missing": ["getPlan"], "token": "other"})
        metodika.sim("POST", "reset")
        settings = metodika.sim("GET", "settings")
        assert (settings["token"], settings["missing"]) == ("other", [])
        assert metodika.sim("GET", "state/customers")["results"] == []
        metodika.sim("POST", "settings", {"token": metodika.headers["Authorization"].removeprefix("Bearer ")})
