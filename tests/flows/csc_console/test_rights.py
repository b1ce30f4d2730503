"""Every route by every group: who is let in, and who sees only their own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csc_console.person import groups_of, person_of
from csc_console.rights import CHANGES, RIGHTS, Method, Right
from tests.domain.case_situation import COMPANY
from tests.flows.csc_console.console import (
    CLIENT,
    DRIFT,
    GROUPS,
    KARI,
    OLA,
    OLAS_COMPANY,
    UNA,
    Console,
    claims,
    event,
)

ROUTES = [pytest.param(method, path, right, id=right.operation) for (method, path), right in RIGHTS.items()]
SIGNED_IN = [one for one in ROUTES if not one.values[2].public]  # type: ignore[union-attr]

BODIES: dict[str, Any] = {
    "take_over_case": {"version": 1},
    "decide_case": {"version": 1, "what": "keep", "reason": "Kunden er i dialog"},
    "ask_for_more": {"version": 1, "question": "Hvem er rett kontakt?"},
    "undo_decision": {"version": 1},
    "reopen_case": {"version": 1, "reason": "Feil"},
    "comment_on_case": {"text": "Ringt i dag"},
    "redrive_dead_letters": {},
    "roll_back_rules": {"to": 1, "version": 1},
}
QUERIES = {"search_cases": "text=Fjord"}


def filled(path: str, console: Console, company_id: int = COMPANY) -> str:
    case = console.cases.open_case_of(company_id) or console.open_case(company_id)
    values = {"case_id": case.id, "company_id": str(company_id), "flow": "no_answer", "name": "no_answer"}
    for name, value in values.items():
        path = path.replace(f"<{name}>", value)
    return path


def asked_by(console: Console, method: str, path: str, right: Right, by: str | None, **given: Any) -> int:
    body = BODIES.get(right.operation)
    return console.ask(method, path, by, body, query=QUERIES.get(right.operation, ""), **given).status


@pytest.mark.parametrize(("method", "path", "right"), SIGNED_IN)
class TestARoute:
    def test_lets_nobody_in_without_a_token(self, console: Console, method: Method, path: str, right: Right) -> None:
        assert asked_by(console, method, filled(path, console), right, None) == 401

    def test_lets_nobody_in_with_a_token_for_another_client(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        stranger = claims(UNA, "csc,pfa,ops", aud="another-client")
        assert asked_by(console, method, filled(path, console), right, None, verified=stranger) == 401

    def test_lets_nobody_in_whose_address_is_not_verified(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        unverified = claims(UNA, "csc,pfa,ops", email_verified="false")
        assert asked_by(console, method, filled(path, console), right, None, verified=unverified) == 403

    def test_lets_nobody_in_who_is_in_no_group_of_ours(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        assert asked_by(console, method, filled(path, console), right, None, verified=claims(UNA, "admins")) == 403

    @pytest.mark.parametrize("by", [UNA, KARI, DRIFT])
    def test_lets_in_just_the_groups_of_the_table(
        self, console: Console, method: Method, path: str, right: Right, by: str
    ) -> None:
        status = asked_by(console, method, filled(path, console), right, by)
        assert (status == 403) == (GROUPS[by] not in right.groups)
        assert status != 401
        assert status < 500

    def test_is_written_down_when_it_changes_something(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        by = next(person for person in (UNA, DRIFT, KARI) if GROUPS[person] in right.groups)
        status = asked_by(console, method, filled(path, console), right, by)
        written = [(one.by, one.operation, one.outcome) for one in console.changes.newest(cursor=None, size=5).changes]
        assert written == ([(by, right.operation, status)] if method == "POST" else [])
        assert (method == "POST") == (right.operation in CHANGES)


PFAS_OWN = [one for one in SIGNED_IN if one.values[2].own in {"case", "company"}]  # type: ignore[union-attr]


@pytest.mark.parametrize(("method", "path", "right"), PFAS_OWN)
class TestAPfa:
    def test_sees_their_own_customer(self, console: Console, method: Method, path: str, right: Right) -> None:
        assert asked_by(console, method, filled(path, console), right, KARI) == 200

    def test_does_not_see_another_s(self, console: Console, method: Method, path: str, right: Right) -> None:
        assert asked_by(console, method, filled(path, console, OLAS_COMPANY), right, KARI) == 403
        assert asked_by(console, method, filled(path, console, OLAS_COMPANY), right, OLA) == 200

    def test_does_not_see_a_customer_that_they_have_handed_over(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        there = filled(path, console)
        theirs = console.directory.customers[COMPANY]
        console.directory.customers[COMPANY] = type(theirs)(id=COMPANY, name=theirs.name, owner_id=None)
        assert asked_by(console, method, there, right, KARI) == 403

    def test_whom_hubspot_does_not_know_sees_nothing(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        stranger = claims("new@avonova.example", "pfa")
        said = console.ask(method, filled(path, console), None, verified=stranger)
        assert (said.status, said.json["code"]) == (403, "not_an_owner")

    def test_who_is_in_customer_service_too_sees_every_customer(
        self, console: Console, method: Method, path: str, right: Right
    ) -> None:
        both = claims(KARI, "[csc pfa]")
        assert console.ask(method, filled(path, console, OLAS_COMPANY), None, verified=both).status == 200


class TestAPfasLists:
    def test_hold_their_own_customers_whatever_is_asked_for(self, console: Console) -> None:
        mine, other = console.open_case(), console.open_case(OLAS_COMPANY, owner_id=12, name="Olas kunde AS")
        listed = console.get("/api/cases", KARI, query="owner_id=12").json["cases"]
        assert [case["id"] for case in listed] == [mine.id]
        assert [case["id"] for case in console.get("/api/my-work", OLA).json["cases"]] == [other.id]

    def test_leave_out_a_customer_that_was_handed_over_after_the_case_came(self, console: Console) -> None:
        console.open_case()
        theirs = console.directory.customers[COMPANY]
        console.directory.customers[COMPANY] = type(theirs)(id=COMPANY, name=theirs.name, owner_id=12)
        assert console.get("/api/cases", KARI).json["cases"] == []
        assert console.get("/api/my-work", KARI).json["cases"] == []

    def test_a_case_that_is_not_there_is_told_as_one_of_another(self, console: Console) -> None:
        assert console.get("/api/cases/1-1", KARI).status == 403
        assert console.get("/api/cases/1-1", UNA).status == 404


class TestTheClaims:
    @pytest.mark.parametrize("written", ["csc,ops", "[csc ops]", "csc ops", ["csc", "ops"], "[csc, ops]"])
    def test_name_the_groups_in_each_shape_they_come_in(self, written: object) -> None:
        assert groups_of(written) == {"csc", "ops"}

    @pytest.mark.parametrize("written", [None, "", "[]", "cscops", "CSC", "xcsc", "admin"])
    def test_give_no_group_that_is_not_named(self, written: object) -> None:
        assert groups_of(written) == frozenset()

    @given(st.text(max_size=40))
    def test_never_give_a_group_that_is_not_ours(self, written: str) -> None:
        assert groups_of(written) <= {"csc", "pfa", "ops"}

    @given(
        st.dictionaries(
            st.sampled_from(["sub", "aud", "token_use", "email", "email_verified", "cognito:groups"]),
            st.one_of(st.none(), st.text(max_size=12), st.integers()),
        )
    )
    def test_of_any_shape_make_nobody_a_person_with_rights_by_mistake(self, given_claims: dict[str, Any]) -> None:
        found = person_of({"requestContext": {"authorizer": {"claims": given_claims}}}, client_id=CLIENT)
        if found and found.groups:
            assert given_claims["token_use"] == "id"
            assert given_claims["aud"] == CLIENT

    @pytest.mark.parametrize(
        "authorizer", [None, {}, {"claims": None}, {"claims": "x"}, {"claims": {}}, {"email": UNA}]
    )
    def test_that_no_authorizer_has_verified_are_nobodys(self, authorizer: object) -> None:
        request = event("GET", "/api/me", verified=None)
        request["requestContext"]["authorizer"] = authorizer
        request["headers"]["Authorization"] = "Bearer forged"
        assert person_of(request, client_id=CLIENT) is None

    def test_of_an_access_token_open_nothing(self, console: Console) -> None:
        assert console.ask("GET", "/api/me", None, verified=claims(UNA, token_use="access")).status == 401
