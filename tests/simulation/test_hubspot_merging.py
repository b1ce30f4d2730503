"""Records that become one, and a contact that is deleted for privacy, as HubSpot does and tells it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulation.clients import OBJECTS, Caller, Listener

SUBSCRIPTIONS = [
    {"subscriptionType": "object.merge", "objectType": "contact"},
    {"subscriptionType": "company.merge"},
    {"subscriptionType": "contact.privacyDeletion"},
    {"subscriptionType": "contact.deletion"},
    {"subscriptionType": "object.associationChange", "objectType": "call", "toObjectType": "contact"},
]
DOUBLE = {"ref": "double", "properties": {"firstname": "Anne B.", "phone": "22 33 44 55", "email": "ab@example.no"}}


@pytest.fixture
def listened(hubspot: Caller, refs: dict[str, str], listener: Listener) -> Listener:
    hubspot.sim("POST", "seed", {"contacts": [DOUBLE | {"associations": {"companies": ["@nordkraft"]}}]})
    both = {"associations": {"contacts": ["@anne", "@double"]}}
    hubspot.sim("POST", "seed", {"calls": [{"ref": "hers", "associations": {"contacts": ["@anne"]}}, both]})
    hubspot.sim("POST", "settings", {"webhook_url": listener.url, "subscriptions": SUBSCRIPTIONS})
    return listener


def ref(hubspot: Caller, name: str) -> str:
    found = [one for kind in ("contacts", "companies") for one in hubspot.sim("GET", f"state/{kind}")["results"]]
    return next(str(one["id"]) for one in found if one["ref"] == name)


def read(hubspot: Caller, id_: str, kind: str = "contacts") -> requests.Response:
    return hubspot.api("GET", f"{OBJECTS}/{kind}/{id_}", params={"properties": "firstname,phone,mobilephone,email"})


class TestMergedContacts:
    def test_become_a_new_record_that_the_old_ids_lead_to(self, hubspot: Caller, listened: Listener) -> None:
        anne, double = ref(hubspot, "anne"), ref(hubspot, "double")
        made = hubspot.sim("POST", "ui/contacts/@anne/merge", {"with": ["@double"]})
        assert made["id"] not in {anne, double}
        for old in (anne, double):
            assert read(hubspot, old).json()["id"] == made["id"]

    def test_have_the_primarys_values_and_the_others_where_it_has_none(
        self, hubspot: Caller, listened: Listener
    ) -> None:
        made = hubspot.sim("POST", "ui/contacts/@anne/merge", {"with": ["@double"]})["properties"]
        assert made["firstname"] == "Anne"
        assert made["phone"] == "22 33 44 55"

    def test_have_everybodys_associations_and_the_primarys_company_first(
        self, hubspot: Caller, listened: Listener
    ) -> None:
        made = hubspot.sim("POST", "ui/contacts/@anne/merge", {"with": ["@double"]})
        assert set(made["associations"]["companies"]) == {ref(hubspot, "fjellbygg"), ref(hubspot, "nordkraft")}
        assert len(made["associations"]["calls"]) == 2
        call = hubspot.sim("POST", "ui/calls", {"associations": {"contacts": ["@anne"]}})
        assert call["associations"]["companies"] == [ref(hubspot, "fjellbygg")]

    def test_are_told_of_as_a_merge_a_deletion_and_new_associations(self, hubspot: Caller, listened: Listener) -> None:
        anne, double = int(ref(hubspot, "anne")), int(ref(hubspot, "double"))
        made = int(hubspot.sim("POST", "ui/contacts/@anne/merge", {"with": ["@double"]})["id"])
        told = {event["subscriptionType"]: event for event in listened.events(4)}
        merge: dict[str, Any] = told["object.merge"]
        assert (merge["objectTypeId"], merge["objectId"], merge["primaryObjectId"]) == ("0-1", anne, anne)
        assert (merge["mergedObjectIds"], merge["newObjectId"]) == ([double], made)
        assert merge["numberOfPropertiesMoved"] > 0
        assert told["contact.deletion"]["objectId"] == double
        assert made in (
            told["object.associationChange"]["fromObjectId"],
            told["object.associationChange"]["toObjectId"],
        )

    def test_may_keep_the_primarys_id_and_their_calls_untold(self, hubspot: Caller, listened: Listener) -> None:
        hubspot.sim("POST", "settings", {"merges_keep_primary_id": True, "merges_associate_anew": False})
        anne, double = ref(hubspot, "anne"), ref(hubspot, "double")
        assert hubspot.sim("POST", "ui/contacts/@anne/merge", {"with": ["@double"]})["id"] == anne
        assert read(hubspot, double).json()["id"] == anne
        merge, deletion = listened.events(2)
        assert "newObjectId" not in merge
        assert deletion["objectId"] == int(double)


class TestMergedCompanies:
    def test_are_told_of_under_the_classic_name_where_that_is_subscribed_to(
        self, hubspot: Caller, listened: Listener
    ) -> None:
        made = hubspot.sim("POST", "ui/companies/@fjellbygg/merge", {"with": ["@nordkraft"]})
        (merge,) = listened.events(1)
        assert (merge["subscriptionType"], merge["newObjectId"]) == ("company.merge", int(made["id"]))
        assert "objectTypeId" not in merge
        assert ref(hubspot, "anne") in made["associations"]["contacts"]


class TestAContactDeletedForPrivacy:
    def test_is_gone_for_good_with_what_was_theirs_alone(self, hubspot: Caller, listened: Listener) -> None:
        anne = ref(hubspot, "anne")
        hubspot.sim("POST", "ui/contacts/@anne/privacy-delete")
        assert read(hubspot, anne).status_code == 404
        assert anne not in {one["id"] for one in hubspot.sim("GET", "state/contacts")["results"]}
        left = [call["associations"].get("contacts", []) for call in hubspot.sim("GET", "state/calls")["results"]]
        assert anne not in [contact for contacts in left for contact in contacts]
        assert [ref(hubspot, "double")] in left

    def test_is_told_of_twice_over(self, hubspot: Caller, listened: Listener) -> None:
        anne = int(ref(hubspot, "anne"))
        hubspot.sim("POST", "ui/contacts/@anne/privacy-delete")
        told = listened.events(2)
        assert [event["subscriptionType"] for event in told] == ["contact.privacyDeletion", "contact.deletion"]
        assert {event["objectId"] for event in told} == {anne}


class TestAnOrderThatMeansNothing:
    @pytest.mark.parametrize(
        ("path", "body"), [("ui/contacts/@anne/merge", {}), ("ui/calls/@missed/merge", {"with": ["@answered"]})]
    )
    def test_is_refused(self, hubspot: Caller, listened: Listener, path: str, body: dict[str, Any]) -> None:
        answer = requests.post(f"{hubspot.url}/_sim/{path}", json=body, timeout=10)
        assert answer.status_code == 400
        assert "can be merged" in answer.json()["message"]
