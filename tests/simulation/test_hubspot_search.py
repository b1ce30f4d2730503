from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.clients import OBJECTS, Caller, task


def search(hubspot: Caller, *filters: dict[str, Any], kind: str = "tasks", **more: Any) -> Any:
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **more}
    return hubspot.api("POST", f"{OBJECTS}/{kind}/search", body)


def where(name: str, operator: str, **operands: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **operands}


@pytest.fixture
def tasks(hubspot: Caller) -> list[str]:
    """Three tasks a, b, c, a day apart; only c has a body and a high priority."""
    days = {"a": "21", "b": "22", "c": "23"}
    rows = [task(f"Ring {name}", hs_timestamp=f"2026-11-{day}T09:00:00Z") for name, day in days.items()]
    rows[2]["properties"] |= {"hs_task_body": "tekst", "hs_task_priority": "HIGH"}
    answer = hubspot.api("POST", f"{OBJECTS}/tasks/batch/create", {"inputs": rows})
    return [row["id"] for row in answer.json()["results"]]


class TestSearch:
    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            (where("hs_task_subject", "EQ", value="RING A"), "a"),
            (where("hs_task_subject", "NEQ", value="ring a"), "bc"),
            (where("hs_task_subject", "IN", values=["ring a", "ring c"]), "ac"),
            (where("hs_task_subject", "IN", values=["Ring a"]), ""),
            (where("hs_task_subject", "NOT_IN", values=["ring a"]), "bc"),
            (where("hs_timestamp", "GT", value="2026-11-22T09:00:00Z"), "c"),
            (where("hs_timestamp", "GTE", value="1795338000000"), "bc"),
            (where("hs_timestamp", "LT", value="2026-11-22T10:00:00+01:00"), "a"),
            (where("hs_timestamp", "LTE", value="2026-11-22T09:00:00Z"), "ab"),
            (
                where("hs_timestamp", "BETWEEN", value="2026-11-22T00:00:00Z", highValue="2026-11-23T00:00:00Z"),
                "b",
            ),
            (where("hs_task_body", "HAS_PROPERTY"), "c"),
            (where("hs_task_body", "NOT_HAS_PROPERTY"), "ab"),
            (where("hs_task_subject", "CONTAINS_TOKEN", value="b*"), "b"),
            (where("hs_task_priority", "EQ", value="HIGH"), "c"),
            (where("hs_task_priority", "EQ", value="high"), ""),
        ],
    )
    def test_finds_by_each_operator(
        self, hubspot: Caller, tasks: list[str], condition: dict[str, Any], expected: str
    ) -> None:
        found = search(hubspot, condition).json()
        assert {row["id"] for row in found["results"]} == {tasks["abc".index(name)] for name in expected}
        assert found["total"] == len(expected)

    def test_finds_the_calls_of_a_contact(self, hubspot: Caller, refs: dict[str, str]) -> None:
        one = search(hubspot, where("associations.contact", "EQ", value=refs["david"]), kind="calls").json()
        both = where("associations.contact", "IN", values=[refs["david"], refs["cecilie"], refs["anne"]])
        assert [row["id"] for row in one["results"]] == [refs["missed"]]
        assert search(hubspot, both, kind="calls").json()["total"] == 2

    def test_sorts_and_pages(self, hubspot: Caller, tasks: list[str]) -> None:
        sorts = [{"propertyName": "hs_timestamp", "direction": "DESCENDING"}]
        first = search(hubspot, sorts=sorts, limit=2).json()
        rest = search(hubspot, sorts=sorts, limit=2, after=first["paging"]["next"]["after"]).json()
        assert [row["id"] for row in first["results"] + rest["results"]] == tasks[::-1]
        assert "paging" not in rest

    @pytest.mark.parametrize(
        "body",
        [
            {"limit": 201},
            {"filterGroups": [{"filters": []}] * 6},
            {"filterGroups": [{"filters": [where("hs_task_body", "HAS_PROPERTY")] * 7}]},
            {"sorts": ["hs_timestamp", "hs_task_subject"]},
            {"filterGroups": [{"filters": [where("hs_task_subject", "EQ", value="x" * 3000)]}]},
            {"filterGroups": [{"filters": [where("no_such", "HAS_PROPERTY")]}]},
            {"after": "10000"},
        ],
        ids=["page", "groups", "filters", "sorts", "body", "property", "depth"],
    )
    def test_refuses_what_goes_beyond_its_limits(self, hubspot: Caller, body: dict[str, Any]) -> None:
        assert hubspot.api("POST", f"{OBJECTS}/tasks/search", body).status_code == 400

    def test_does_not_see_what_is_newer_than_its_lag(self, hubspot: Caller, tasks: list[str]) -> None:
        hubspot.sim("POST", "settings", {"search_lag_seconds": 3600})
        assert search(hubspot).json()["total"] == 0
        hubspot.sim("POST", "settings", {"search_lag_seconds": 0})
        assert search(hubspot).json()["total"] == len(tasks)

    def test_does_not_see_a_new_association_before_its_lag(self, hubspot: Caller, refs: dict[str, str]) -> None:
        hubspot.api("PUT", f"{OBJECTS}/calls/{refs['missed']}/associations/default/contacts/{refs['anne']}")
        near = where("associations.contact", "EQ", value=refs["anne"])
        hubspot.sim("POST", "settings", {"search_lag_seconds": 3600})
        assert search(hubspot, near, kind="calls").json()["total"] == 0
        hubspot.sim("POST", "settings", {"search_lag_seconds": 0})
        assert search(hubspot, near, kind="calls").json()["total"] == 1

    def test_never_finds_what_is_archived(self, hubspot: Caller, tasks: list[str]) -> None:
        hubspot.api("DELETE", f"{OBJECTS}/tasks/{tasks[0]}")
        assert search(hubspot).json()["total"] == len(tasks) - 1
