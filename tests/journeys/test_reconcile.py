"""Night falls: each customer whose advisers differ is told of once, until it is put right."""

import pytest

from tests.journeys.operating import operate
from tests.journeys.road import Json, Road, eventually
from tests.journeys.watching import all_is_told_and_done, ids_of, owner_of

pytestmark = pytest.mark.journey

FLOW = "owner_reconcile"
OTHER = "Ulik rådgiver i HubSpot og Metodika"
SEVERAL = "Kunden har flere kundekort i Metodika"


def a_night(road: Road) -> Json:
    """Starts a sweep by hand and waits until it has come to its end; gives what is remembered of it."""
    started = operate(road, "sweeps", "start", FLOW, "--json")
    assert started.returncode == 0, started.stderr

    def ended() -> Json:
        last = sweep(road)
        return last if last.get("ended") and last["subject"] in started.stdout else {}

    return eventually(ended, "the sweep has come to its end")


def sweep(road: Road) -> Json:
    """What is remembered of the last sweep."""
    return next((item["sweep"] for item in road.items() if item["pk"] == f"SWEEP/{FLOW}"), {})


def subjects(road: Road, status: str = "NOT_STARTED") -> list[str]:
    rows = [task["properties"] for task in road.tasks(None)]
    return sorted(row["hs_task_subject"] for row in rows if row["hs_task_status"] == status)


class TestANight:
    def test_tells_of_each_difference_once_and_completes_it_when_it_is_gone(self, road: Road) -> None:
        company = ids_of(road, "companies")["fjordfisk"]

        first = a_night(road)

        assert (first["ended"], first["counts"]["DiffersOtherManager"]) == ("finished", 1)
        told = subjects(road)
        assert OTHER in told
        assert SEVERAL in told
        [task] = [one for one in road.tasks("TODO") if one["properties"]["hs_task_subject"] == OTHER]
        assert owner_of(road, task) == "ola@avonova.example"
        assert "Kari" in task["properties"]["hs_task_body"]
        assert [str(id_) for id_ in task["associations"]["companies"]] == [company]

        again = a_night(road)

        assert again["counts"]["DiffersOtherManager"] == 1
        assert subjects(road) == told

        road.hubspot("ui/companies/@fjordfisk", {"properties": {"hubspot_owner_id": "@kari"}}, method="PATCH")
        eventually(lambda: road.plans(company, "owner_change"), "the takeover is decided")
        all_is_told_and_done(road)
        a_night(road)

        assert subjects(road, "COMPLETED") == [OTHER]

    def test_goes_on_where_it_was_when_the_worker_is_killed(self, road: Road) -> None:
        road.use_rules(owner_reconcile={"grace_days": 0, "page": 1})
        road.metodika("settings", {"latency_seconds": 1.0})
        started = operate(road, "sweeps", "start", FLOW, "--json")
        assert started.returncode == 0, started.stderr

        eventually(lambda: sweep(road).get("cursor"), "the first page is compared")
        road.kill_flow(FLOW)
        road.metodika("settings", {"latency_seconds": 0.0})

        eventually(lambda: sweep(road).get("ended"), "the sweep goes on", seconds=120)

        assert sweep(road)["ended"] == "finished"
        told = subjects(road)
        assert OTHER in told
        assert len(told) == len(set(told))
