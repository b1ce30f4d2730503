"""The messages on the flow's queue, as they are put there."""

from __future__ import annotations

import pytest

from tests.flows.owner_change.portal import FLOW, PAYLOADS, Portal
from tests.flows.owner_change.situation import APPROVED
from tests.flows.queued import Queued


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def queued(portal: Portal) -> Queued:
    return Queued(portal.desk, FLOW, PAYLOADS, APPROVED)


class TestAMessage:
    @pytest.mark.parametrize(
        "payload", ["a_person_sets_another_owner", "one_of_many_at_once", "looked_at_again_when_it_has_settled"]
    )
    def test_begins_the_takeover(self, portal: Portal, queued: Queued, payload: str) -> None:
        queued.gets(f"OwnerChanged__{payload}")
        assert portal.tasks("Overtakelse av kunde")

    def test_that_names_no_company_is_set_aside(self, portal: Portal, queued: Queued) -> None:
        queued.gets("OwnerChanged__without_a_company")
        [(_, reason)] = queued.mailbox.dead
        assert "record_id" in reason
        assert not portal.desk.tasks
