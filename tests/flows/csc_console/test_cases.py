"""Customer service works the review cases, two at a time, and is told what the other did."""

from __future__ import annotations

import pytest

from kundeflyt.domain.cases import begin_effects, effected, withdraw
from kundeflyt.domain.events import CASE_DECIDED
from kundeflyt.ports.failures import TryLater
from tests.domain.case_situation import COMPANY, CONTACT
from tests.flows.csc_console.console import KARI, OLA, OLAS_COMPANY, UNA, VIDAR, Console

WHY = "Ikke svart i hele perioden"


def claimed(console: Console, by: str = UNA) -> tuple[str, int]:
    """The path of a case that this person works, and its version."""
    case = console.cases.open_case_of(COMPANY) or console.open_case()
    path = f"/api/cases/{case.id}"
    said = console.post(f"{path}/claim", by)
    assert said.status == 200, said.text
    return path, said.json["case"]["version"]


def decided(console: Console, what: str = "inactive", by: str = UNA) -> tuple[str, int]:
    path, version = claimed(console, by)
    said = console.post(f"{path}/decision", by, {"version": version, "what": what, "reason": WHY})
    assert said.status == 200, said.text
    return path, said.json["case"]["version"]


class TestTheQueue:
    def test_shows_what_is_open_and_who_works_on_what(self, console: Console) -> None:
        claimed(console)
        console.open_case(OLAS_COMPANY, name="Olas kunde AS", owner_id=12)
        rows = {row["company"]["id"]: row for row in console.get("/api/cases", VIDAR).json["cases"]}
        assert rows[str(COMPANY)]["claim"] == {
            "by": UNA,
            "mine": False,
            "until": "2026-11-09T09:30:00Z",
            "taken_over_from": None,
        }
        assert rows[str(OLAS_COMPANY)]["claim"] is None
        assert rows[str(OLAS_COMPANY)]["owner"] == {"id": "12", "name": "Ola Rådgiver"}
        assert rows[str(OLAS_COMPANY)]["colour"] == "green"

    def test_is_filtered_by_what_is_asked_for(self, console: Console) -> None:
        claimed(console)
        console.open_case(OLAS_COMPANY, name="Olas kunde AS", owner_id=12)
        for query, found in {
            "state=open": [OLAS_COMPANY],
            "state=open&state=claimed": [COMPANY, OLAS_COMPANY],
            "owner_id=12": [OLAS_COMPANY],
            "claimed_by=me": [COMPANY],
            "recommendation=keep": [],
            "older_than_days=1": [],
        }.items():
            rows = console.get("/api/cases", UNA, query=query).json["cases"]
            assert sorted(int(row["company"]["id"]) for row in rows) == sorted(found), query

    def test_goes_on_where_the_page_before_ended(self, console: Console) -> None:
        for company in range(9101, 9108):
            console.open_case(company)
        seen, cursor = [], ""
        while cursor is not None:
            said = console.get("/api/cases", UNA, query=f"size=3&cursor={cursor}" if cursor else "size=3").json
            seen += [row["company"]["id"] for row in said["cases"]]
            cursor = said["next"]
        assert sorted(seen) == [str(company) for company in range(9101, 9108)]

    @pytest.mark.parametrize("query", ["cursor=x", "size=0", "size=101", "state=shut", "sort=random", "owner_id=abc"])
    def test_refuses_what_it_cannot_use_and_says_which(self, console: Console, query: str) -> None:
        said = console.get("/api/cases", UNA, query=query)
        assert (said.status, said.json["code"]) == (422, "invalid")
        assert [field["field"].split(".")[0] for field in said.json["fields"]] == [query.partition("=")[0]]

    def test_counts_and_finds(self, console: Console) -> None:
        console.open_case()
        assert console.get("/api/cases/counts", UNA).json["by_state"]["open"] == 1
        for text in ("923 609 016", "fjord"):
            found = console.get("/api/cases/search", UNA, query=f"text={text}").json["cases"]
            assert [row["company"]["name"] for row in found] == ["Fjordbygg AS"]
        assert console.get("/api/cases/search", UNA, query="text=bygg").json["cases"] == []

    def test_shows_rows_without_names_while_hubspot_is_silent(self, console: Console) -> None:
        console.open_case()
        console.directory.fail_next("owners", TryLater("HubSpot is silent"))
        [row] = console.get("/api/cases", UNA).json["cases"]
        assert row["owner"] == {"id": "11", "name": ""}


class TestACase:
    def test_lays_out_all_it_rests_on(self, console: Console) -> None:
        case = console.open_case()
        said = console.get(f"/api/cases/{case.id}", UNA).json
        assert said["main_contact"] == {
            "id": str(CONTACT),
            "name": "Anne Berg",
            "title": "Daglig leder",
            "phone": "+4790000001",
            "link": f"https://app.hubspot.com/contacts/4711/record/0-1/{CONTACT}",
        }
        email = next(one for one in said["criteria"] if one["name"] == "attempts_by_email")
        assert (email["verdict"], email["verdict_text"], email["text"]) == ("met", "oppfylt", "Forsøkt på e-post")
        assert email["records"][0]["link"].endswith("/?engagement=101")
        assert [entry["id"] for entry in said["timeline"]] == ["102", "101"]
        assert [choice["what"] for choice in said["choices"]] == ["inactive", "keep", "needs_more"]
        assert "fjerner eieren i HubSpot" in [effect["text"] for effect in said["choices"][0]["effects"]]
        assert said["choices"][0]["reasons"][0] == WHY
        assert [entry["what"] for entry in said["audit"]] == ["opened"]

    def test_offers_just_the_steps_that_would_be_taken(self, console: Console) -> None:
        case = console.open_case()
        path = f"/api/cases/{case.id}"
        assert set(console.get(path, UNA).json["may"]) == {"claim", "comment"}
        claimed(console)
        assert set(console.get(path, UNA).json["may"]) == {"claim", "renew", "release", "decide", "ask", "comment"}
        assert set(console.get(path, VIDAR).json["may"]) == {"take_over", "comment"}
        assert console.get(path, KARI).json["may"] == []

    def test_is_shown_without_a_name_while_hubspot_is_silent(self, console: Console) -> None:
        case = console.open_case()
        console.directory.fail_next("people", TryLater("HubSpot is silent"))
        said = console.get(f"/api/cases/{case.id}", UNA).json
        assert (said["main_contact"], said["main_contact_known"]) == (None, False)

    def test_speaks_the_language_that_is_asked_for(self, console: Console) -> None:
        case = console.open_case()
        said = console.get(f"/api/cases/{case.id}", UNA, headers={"Accept-Language": "sv"}).json
        assert said["choices"][0]["text"] == "Gör kunden inaktiv"


class TestWorkingACase:
    def test_is_one_person_s_at_a_time(self, console: Console) -> None:
        path, _ = claimed(console)
        said = console.post(f"{path}/claim", VIDAR)
        assert (said.status, said.json["code"], said.json["claimed_by"]) == (409, "claimed_by_another", UNA)
        console.later(minutes=31)
        assert console.post(f"{path}/claim", VIDAR).status == 200

    def test_goes_on_renews_and_lets_go(self, console: Console) -> None:
        path, _ = claimed(console)
        console.later(minutes=20)
        assert console.post(f"{path}/renew", UNA).json["case"]["claim"]["until"] == "2026-11-09T09:50:00Z"
        assert console.post(f"{path}/release", UNA).json["case"]["state"] == "open"
        said = console.post(f"{path}/release", UNA)
        assert (said.status, said.json["code"]) == (409, "not_possible_now")
        assert "Ta saken først" in said.json["detail"]

    def test_is_decided_with_a_reason_and_told_to_the_flow_that_carries_it_out(self, console: Console) -> None:
        path, _ = decided(console)
        said = console.get(path, VIDAR).json
        assert (said["decision"]["what"], said["decision"]["by"], said["decision"]["mine"]) == ("inactive", UNA, False)
        assert said["decision"]["can_be_undone"]
        [event] = console.published
        assert (event.name, event.record_id, event.about) == (CASE_DECIDED, COMPANY, path.rpartition("/")[2])

    def test_is_decided_all_the_same_when_the_bus_is_silent(self, console: Console) -> None:
        """It is stored; a nightly look finds it."""
        console.bus_failure = TryLater("the bus is silent")
        path, _ = decided(console)
        assert console.get(path, UNA).json["case"]["state"] == "decided"

    def test_by_two_is_decided_by_the_first_and_the_second_is_told_what(self, console: Console) -> None:
        path, seen = claimed(console)
        taken = console.post(f"{path}/take-over", VIDAR, {"version": seen}).json["case"]["version"]
        given = {"version": taken, "what": "keep", "reason": "Kunden er i dialog"}
        assert console.post(f"{path}/decision", VIDAR, given).status == 200
        late = console.post(f"{path}/decision", UNA, {"version": seen, "what": "inactive", "reason": WHY})
        assert (late.status, late.json["code"]) == (409, "decided_meanwhile")
        assert late.json["decided"] == {
            "what": "keep",
            "reason": "Kunden er i dialog",
            "by": VIDAR,
            "at": "2026-11-09T09:00:00Z",
        }

    def test_is_not_decided_on_what_the_person_has_not_seen(self, console: Console) -> None:
        path, seen = claimed(console)
        console.post(f"{path}/comments", VIDAR, {"text": "Ringte i dag"})
        said = console.post(f"{path}/decision", UNA, {"version": seen, "what": "inactive", "reason": WHY})
        assert (said.status, said.json["code"], said.json["version"]) == (409, "outdated", seen + 1)

    @pytest.mark.parametrize("reason", ["", "   ", None])
    def test_is_not_decided_without_a_reason(self, console: Console, reason: str | None) -> None:
        path, version = claimed(console)
        said = console.post(f"{path}/decision", UNA, {"version": version, "what": "inactive", "reason": reason})
        assert said.status == 422
        assert console.get(path, UNA).json["case"]["state"] == "claimed"

    def test_is_undone_in_time_and_not_later(self, console: Console) -> None:
        path, version = decided(console)
        console.later(minutes=9)
        undone = console.post(f"{path}/undo", VIDAR, {"version": version}).json
        assert (undone["case"]["state"], undone["case"]["claim"]["by"]) == ("claimed", VIDAR)
        again = console.post(
            f"{path}/decision", VIDAR, {"version": undone["case"]["version"], "what": "keep", "reason": "Dialog"}
        ).json["case"]["version"]
        console.later(minutes=10)
        assert console.post(f"{path}/undo", VIDAR, {"version": again}).status == 409

    def test_asks_the_adviser_unless_somebody_is_named(self, console: Console) -> None:
        path, version = claimed(console)
        said = console.post(f"{path}/ask", UNA, {"version": version, "question": "Hvem er rett kontakt?"}).json
        assert said["decision"]["asked"] == {"id": "11", "name": "Kari Rådgiver"}

    @pytest.mark.parametrize("owner", ["99", "0", "abc"])
    def test_asks_nobody_who_can_take_no_task(self, console: Console, owner: str) -> None:
        path, version = claimed(console)
        said = console.post(f"{path}/ask", UNA, {"version": version, "question": "Hvem?", "owner_id": owner})
        assert (said.status, [field["field"] for field in said.json["fields"]]) == (422, ["owner_id"])

    def test_is_reopened_with_a_reason_when_it_was_closed(self, console: Console) -> None:
        path, _ = decided(console)
        case = console.cases.open_case_of(COMPANY)
        assert case
        assert case.decision
        mark = case.decision.mark
        begun, audit = begin_effects(case, mark, case.decision.undo_until)
        assert console.cases.save(begun, audit, seen_version=case.version)
        case, audit = effected(begun, mark, console.now)
        assert console.cases.save(case, audit, seen_version=begun.version)
        said = console.post(f"{path}/reopen", VIDAR, {"version": case.version, "reason": "Kunden ringte"}).json
        assert (said["case"]["state"], said["audit"][-1]["note"]) == ("open", "Kunden ringte")

    def test_is_not_reopened_beside_an_open_one_of_the_same_customer(self, console: Console) -> None:
        """Told that somebody else had changed it, they would load and try again for ever."""
        path, _ = claimed(console)
        case = console.cases.open_case_of(COMPANY)
        assert case
        after, audit = withdraw(case, console.now, because="Kunden svarte på e-post.")
        console.cases.save(after, audit, seen_version=case.version)
        console.later(minutes=1)
        newer = console.open_case(key="a later ending", contact_id=502)
        said = console.post(f"{path}/reopen", UNA, {"version": after.version, "reason": "Feil"})
        assert (said.status, said.json["code"]) == (409, "another_case_open")
        assert "bare ha én åpen sak" in said.json["detail"]
        assert newer.id != case.id
        assert console.get(path, UNA).json["case"]["state"] == "withdrawn"

    def test_that_the_system_has_withdrawn_says_why(self, console: Console) -> None:
        path, _ = claimed(console)
        case = console.cases.open_case_of(COMPANY)
        assert case
        after, audit = withdraw(case, console.now, because="Kunden svarte på e-post.")
        console.cases.save(after, audit, seen_version=case.version)
        assert console.get(path, UNA).json["withdrawn_because"] == "Kunden svarte på e-post."
        assert console.post(f"{path}/claim", UNA).status == 409


class TestWhoLooks:
    def test_is_seen_by_the_other_and_in_the_queue(self, console: Console) -> None:
        case = console.open_case()
        path = f"/api/cases/{case.id}"
        assert console.get(path, UNA).json["case"]["looking"] == []
        assert console.get(path, VIDAR).json["case"]["looking"] == [UNA]
        assert console.get(path, UNA).json["case"]["looking"] == [VIDAR]
        for list_ in ("/api/cases", "/api/cases/search?text=fjord"):
            where, _, query = list_.partition("?")
            [row] = console.get(where, VIDAR, query=query).json["cases"]
            assert row["looking"] == [UNA], list_

    def test_is_over_when_they_have_gone(self, console: Console) -> None:
        case = console.open_case()
        console.get(f"/api/cases/{case.id}", UNA)
        console.later(seconds=30)
        assert console.get("/api/cases", VIDAR).json["cases"][0]["looking"] == [UNA]
        console.later(seconds=15)
        assert console.get("/api/cases", VIDAR).json["cases"][0]["looking"] == []

    def test_is_nobody_who_has_only_seen_the_queue(self, console: Console) -> None:
        console.open_case()
        console.get("/api/cases", UNA)
        assert console.get("/api/cases", VIDAR).json["cases"][0]["looking"] == []

    def test_is_told_to_an_adviser_of_their_own_customers_only(self, console: Console) -> None:
        mine, olas = console.open_case(), console.open_case(OLAS_COMPANY, name="Olas kunde AS", owner_id=12)
        for case in (mine, olas):
            console.get(f"/api/cases/{case.id}", UNA)
        for where in ("/api/cases", "/api/my-work"):
            rows = console.get(where, KARI).json["cases"]
            assert [(row["id"], row["looking"]) for row in rows] == [(mine.id, [UNA])], where
        assert console.get(f"/api/cases/{olas.id}", KARI).status == 403
        assert console.get(f"/api/cases/{olas.id}", OLA).json["case"]["looking"] == [UNA]

    def test_is_not_whoever_was_shown_nothing(self, console: Console) -> None:
        olas = console.open_case(OLAS_COMPANY, name="Olas kunde AS", owner_id=12)
        assert console.get(f"/api/cases/{olas.id}", KARI).status == 403
        assert console.get(f"/api/cases/{olas.id}", UNA).json["case"]["looking"] == []

    @pytest.mark.parametrize("method", ["look", "looking"])
    def test_is_left_out_when_it_cannot_be_known(self, console: Console, method: str) -> None:
        case = console.open_case()
        console.get(f"/api/cases/{case.id}", VIDAR)

        def silent(called: str) -> None:
            if called == method:
                raise TryLater("DynamoDB is busy")

        console.cases.before_call = silent
        shown = console.get(f"/api/cases/{case.id}", UNA), console.get("/api/cases", UNA)
        assert [said.status for said in shown] == [200, 200]
        told = (shown[0].json["case"]["looking"], shown[1].json["cases"][0]["looking"])
        assert told == (([], [VIDAR]) if method == "look" else ([VIDAR], []))
