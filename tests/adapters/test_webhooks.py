from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from typing import Any

import pytest

from kundeflyt.adapters.hubspot.webhooks import Defect, Dropped, DropReason, Malformed, translate
from kundeflyt.domain.events import EVENT_NAMES, Event

NOW = datetime(2025, 11, 24, 10, 30, tzinfo=UTC)
OCCURRED = datetime(2025, 11, 24, 10, 30, 0, 123_000, tzinfo=UTC)
APP, PORTAL, CALL, CONTACT, COMPANY = 28846311, 146212345, 874716779721, 390112233445, 18233445566

LOGGED: dict[str, Any] = {
    "subscriptionType": "object.creation",
    "portalId": PORTAL,
    "objectTypeId": "0-48",
    "objectId": CALL,
    "occurredAt": 1763980200123,
}
OUTCOME = LOGGED | {"subscriptionType": "object.propertyChange", "propertyName": "hs_call_disposition"}
OWNER = OUTCOME | {"objectTypeId": "0-2", "objectId": COMPANY, "propertyName": "hubspot_owner_id"}
ADDED: dict[str, Any] = {
    "subscriptionType": "object.associationChange",
    "portalId": PORTAL,
    "fromObjectTypeId": "0-48",
    "toObjectTypeId": "0-1",
    "fromObjectId": CALL,
    "toObjectId": CONTACT,
    "occurredAt": 1763980200123,
}
OURS = {"changeSource": "INTEGRATION", "sourceId": str(APP)}


def heard(item: object, *, listens: Container[str] = EVENT_NAMES) -> Event | Dropped | Malformed:
    return translate(item, app_id=APP, portal_id=PORTAL, listens=listens, received_at=NOW)


def called(item: object) -> tuple[str, int] | str:
    found = heard(item)
    return (found.name, found.record_id) if isinstance(found, Event) else str(found.reason)


def without(item: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in fields}


class TestACallIsLogged:
    def test_when_it_is_created(self) -> None:
        assert heard(LOGGED) == Event(
            name="CallLogged", portal_id=PORTAL, record_id=CALL, occurred_at=OCCURRED, received_at=NOW
        )

    def test_when_its_outcome_is_set(self) -> None:
        assert called(OUTCOME) == ("CallLogged", CALL)

    def test_not_when_something_else_of_it_changes(self) -> None:
        assert called(OUTCOME | {"propertyName": "hs_call_title"}) == "nobody_listens"

    def test_when_a_contact_is_added_whichever_side_tells_it(self) -> None:
        """Requirement 000-17."""
        other = {
            "fromObjectTypeId": "0-1",
            "toObjectTypeId": "0-48",
            "fromObjectId": CONTACT,
            "toObjectId": CALL,
        }
        assert called(ADDED) == called(ADDED | other) == ("CallLogged", CALL)

    @pytest.mark.parametrize("subscription", ["object.associationChange", "contact.associationChange"])
    def test_when_the_association_has_only_its_classic_name(self, subscription: str) -> None:
        classic = without(ADDED, "fromObjectTypeId", "toObjectTypeId") | {"subscriptionType": subscription}
        assert called(classic | {"associationType": "CALL_TO_CONTACT"}) == ("CallLogged", CALL)
        turned = {"associationType": "CONTACT_TO_CALL", "fromObjectId": CONTACT, "toObjectId": CALL}
        assert called(classic | turned) == ("CallLogged", CALL)

    def test_also_when_a_contact_is_taken_off(self) -> None:
        """Of several contacts the others are taken off, to say whom the call was made to (000-17)."""
        assert called(ADDED | {"associationRemoved": True}) == ("CallLogged", CALL)

    @pytest.mark.parametrize("other", ["0-2", "0-3", "2-12345"])
    def test_not_when_it_is_associated_with_something_else(self, other: str) -> None:
        assert called(ADDED | {"toObjectTypeId": other}) == "nobody_listens"


class TestAnOwnerIsChanged:
    def test_on_a_company(self) -> None:
        assert called(OWNER) == ("OwnerChanged", COMPANY)

    def test_under_the_classic_name(self) -> None:
        classic = without(OWNER, "objectTypeId") | {"subscriptionType": "company.propertyChange"}
        assert called(classic) == ("OwnerChanged", COMPANY)

    def test_not_on_a_contact(self) -> None:
        assert called(OWNER | {"objectTypeId": "0-1"}) == "nobody_listens"
        assert called(OWNER | {"subscriptionType": "contact.propertyChange"}) == "nobody_listens"

    def test_even_if_we_did_it_ourselves(self) -> None:
        assert called(OWNER | OURS) == ("OwnerChanged", COMPANY)


class TestASequenceChanges:
    CHANGED = OUTCOME | {"objectTypeId": "0-1", "objectId": CONTACT}

    @pytest.mark.parametrize(
        "name",
        [
            "hs_sequences_is_enrolled",
            "hs_latest_sequence_ended_date",
            "hs_latest_sequence_finished_date",
            "hs_latest_sequence_unenrolled_date",
        ],
    )
    def test_by_any_of_the_contacts_four_properties(self, name: str) -> None:
        assert called(self.CHANGED | {"propertyName": name}) == ("ContactSequenceChanged", CONTACT)
        classic = without(self.CHANGED, "objectTypeId") | {"subscriptionType": "contact.propertyChange"}
        assert called(classic | {"propertyName": name}) == ("ContactSequenceChanged", CONTACT)

    def test_not_by_another_property_nor_on_a_company(self) -> None:
        assert called(self.CHANGED | {"propertyName": "hs_latest_sequence_enrolled"}) == "nobody_listens"
        company = self.CHANGED | {"objectTypeId": "0-2", "propertyName": "hs_sequences_is_enrolled"}
        assert called(company) == "nobody_listens"

    def test_is_no_news_when_we_did_it_ourselves(self) -> None:
        assert called(self.CHANGED | {"propertyName": "hs_sequences_is_enrolled"} | OURS) == "own_write"


class TestAPersonIsToBeForgotten:
    def test_when_deleted_for_privacy(self) -> None:
        erased = {"subscriptionType": "contact.privacyDeletion", "portalId": PORTAL, "objectId": CONTACT}
        assert called(erased | {"occurredAt": 1763980200123}) == ("ContactErased", CONTACT)
        assert called(erased | {"occurredAt": 1763980200123} | OURS) == ("ContactErased", CONTACT)

    @pytest.mark.parametrize("subscription", ["contact.deletion", "contact.restore", "company.deletion"])
    def test_not_when_deleted_in_another_way_or_restored(self, subscription: str) -> None:
        """What is deleted otherwise can be restored for 90 days."""
        deleted = {"subscriptionType": subscription, "portalId": PORTAL, "objectId": CONTACT}
        assert called(deleted | {"occurredAt": 1763980200123}) == "nobody_listens"


class TestRecordsAreMerged:
    def merged(self, **changes: Any) -> tuple[str, int, tuple[int, ...]] | str:
        item = {
            "subscriptionType": "object.merge",
            "portalId": PORTAL,
            "objectTypeId": "0-1",
            "objectId": 5,
            "primaryObjectId": 5,
            "mergedObjectIds": [6, 7],
            "occurredAt": 1763980200123,
        }
        found = heard({name: value for name, value in (item | changes).items() if value is not None})
        return (found.name, found.record_id, found.merged_ids) if isinstance(found, Event) else str(found.reason)

    def test_into_a_new_record(self) -> None:
        assert self.merged(newObjectId=9) == ("ContactsMerged", 9, (6, 7, 5))

    def test_into_the_primary_one(self) -> None:
        assert self.merged() == ("ContactsMerged", 5, (6, 7))
        assert self.merged(newObjectId=5, mergedObjectIds=[5, 6, 6, "7"]) == ("ContactsMerged", 5, (6, 7))

    def test_under_the_classic_names(self) -> None:
        assert self.merged(subscriptionType="contact.merge", objectTypeId=None) == ("ContactsMerged", 5, (6, 7))
        assert self.merged(subscriptionType="company.merge", objectTypeId=None) == ("CompaniesMerged", 5, (6, 7))

    def test_by_companies(self) -> None:
        assert self.merged(objectTypeId="0-2", newObjectId=9) == ("CompaniesMerged", 9, (6, 7, 5))

    def test_by_whoever_it_was_ourselves_included(self) -> None:
        assert self.merged(**OURS) == ("ContactsMerged", 5, (6, 7))

    @pytest.mark.parametrize("junk", [None, [], "6", [None], [6, "x"], [6.5], [True], {}, list(range(1, 1002))])
    def test_and_nobody_can_say_which(self, junk: object) -> None:
        assert self.merged(mergedObjectIds=junk) == "no_merged_ids"

    @pytest.mark.parametrize("junk", ["x", 1.5, -1, [], 2**63])
    def test_into_nobody_can_say_what(self, junk: object) -> None:
        assert self.merged(newObjectId=junk) in {"no_record_id", ("ContactsMerged", 5, (6, 7))}

    def test_of_other_kinds_are_none_of_our_business(self) -> None:
        assert self.merged(objectTypeId="0-3") == "nobody_listens"


class TestOurOwnWrites:
    @pytest.mark.parametrize("item", [LOGGED, OUTCOME, ADDED])
    @pytest.mark.parametrize("source", [str(APP), APP])
    def test_are_dropped(self, item: dict[str, Any], source: object) -> None:
        assert called(item | OURS | {"sourceId": source}) == "own_write"

    @pytest.mark.parametrize(
        "source",
        [
            {"changeSource": "INTEGRATION", "sourceId": "28846312"},
            {"changeSource": "INTEGRATION"},
            {"changeSource": "CRM_UI", "sourceId": str(APP)},
            {"changeSource": "CRM_UI", "sourceId": "userId:28846311"},
        ],
    )
    def test_are_not_those_of_other_apps_and_people(self, source: dict[str, str]) -> None:
        assert called(LOGGED | source) == ("CallLogged", CALL)


class TestWhatIsNoneOfOurBusiness:
    @pytest.mark.parametrize("portal", [PORTAL + 1, 2**60, "1"])
    def test_happened_in_another_portal(self, portal: object) -> None:
        assert heard(LOGGED | {"portalId": portal}) == Dropped(DropReason.OTHER_PORTAL)

    @pytest.mark.parametrize(
        "subscription",
        [
            "object.merge",
            "object.restore",
            "object.deletion",
            "contact.creation",
            "contact.deletion",
            "contact.restore",
            "conversation.newMessage",
            "event.completed",
            "something.new",
            "creation",
        ],
    )
    def test_is_of_a_kind_that_no_flow_listens_to(self, subscription: str) -> None:
        assert heard(LOGGED | {"subscriptionType": subscription}) == Dropped(DropReason.NOBODY_LISTENS)

    def test_is_an_event_that_no_flow_listens_to(self) -> None:
        assert heard(OWNER, listens={"CallLogged"}) == Dropped(DropReason.NOBODY_LISTENS)


class TestAnItemThatCannotBeRead:
    @pytest.mark.parametrize("item", [None, 7, "text", [LOGGED], True])
    def test_is_not_an_object(self, item: object) -> None:
        assert heard(item) == Malformed(Defect.NOT_AN_OBJECT)

    @pytest.mark.parametrize(
        ("item", "field", "defect"),
        [
            (LOGGED, "subscriptionType", Defect.NO_SUBSCRIPTION_TYPE),
            (LOGGED, "portalId", Defect.NO_PORTAL_ID),
            (LOGGED, "objectTypeId", Defect.NO_OBJECT_TYPE),
            (LOGGED, "objectId", Defect.NO_RECORD_ID),
            (LOGGED, "occurredAt", Defect.NO_OCCURRED_AT),
            (OUTCOME, "propertyName", Defect.NO_PROPERTY_NAME),
            (ADDED, "fromObjectTypeId", Defect.NO_OBJECT_TYPE),
            (ADDED, "fromObjectId", Defect.NO_RECORD_ID),
        ],
    )
    @pytest.mark.parametrize("junk", ["absent", None, {}, [], True, 1.5])
    def test_lacks_a_field_or_holds_junk_there(
        self, item: dict[str, Any], field: str, defect: Defect, junk: object
    ) -> None:
        broken = without(item, field) if junk == "absent" else item | {field: junk}
        assert heard(broken) == Malformed(defect)

    @pytest.mark.parametrize(
        "moment",
        [
            float("nan"), float("inf"), 1763980200123.0, "soon", "", "-1763980200123", 0, -1, 10**30,
            "1" * 5000, 2**63 - 1, 1763980200, 1763980200123000, 4102444800000, "2025-11-24T10:30:00Z",
        ],
    )  # fmt: skip
    def test_has_no_plausible_time(self, moment: object) -> None:
        assert heard(LOGGED | {"occurredAt": moment}) == Malformed(Defect.NO_OCCURRED_AT)

    @pytest.mark.parametrize("record", [0, -1, 2**63, "9" * 19, "१२", " 1", "1.0", "9" * 5000, 1e3])
    def test_has_no_plausible_id(self, record: object) -> None:
        assert heard(LOGGED | {"objectId": record}) == Malformed(Defect.NO_RECORD_ID)

    def test_need_not_be_complete_when_it_is_dropped_anyway(self) -> None:
        assert called({"subscriptionType": "object.restore", "portalId": PORTAL}) == "nobody_listens"


class TestIdsAndTimes:
    @pytest.mark.parametrize("record", [1, 2**31, 2**53 + 1, 2**63 - 1])
    def test_of_any_size_are_kept_exactly(self, record: int) -> None:
        assert called(LOGGED | {"objectId": record}) == ("CallLogged", record)
        assert called(LOGGED | {"objectId": str(record)}) == ("CallLogged", record)

    def test_in_digits_are_understood(self) -> None:
        found = heard(LOGGED | {"portalId": str(PORTAL), "occurredAt": "1763980200123"})
        assert isinstance(found, Event)
        assert (found.portal_id, found.occurred_at) == (PORTAL, OCCURRED)

    def test_survive_the_other_name_of_the_subscription_type(self) -> None:
        item = without(LOGGED, "subscriptionType") | {"eventType": "object.creation"}
        assert called(item) == ("CallLogged", CALL)
