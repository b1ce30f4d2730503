"""Rules are checked before they are put, as the functions will check them."""

import json

import pytest

from infra.operate.rules import BadRules, checked


class TestChecking:
    def test_good_rules_are_stored_as_they_were_written(self) -> None:
        text = '{ "mode": "shadow" }'
        assert checked("no_answer", text) == text

    def test_a_wrong_value_is_named(self) -> None:
        with pytest.raises(BadRules, match=r"contact_hours\.opens"):
            checked("no_answer", json.dumps({"contact_hours": {"opens": "half past"}}))

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(BadRules, match="mood"):
            checked("no_answer", json.dumps({"mood": "on"}))

    def test_a_name_that_stands_there_twice_is_refused(self) -> None:
        """Which of the two was meant nobody can say; the functions would not take them either."""
        with pytest.raises(BadRules, match="twice"):
            checked("common", '{"blast_guard": {"sms_per_hour": 1, "sms_per_hour": 1000}}')

    def test_common_rules_have_their_own_shape(self) -> None:
        with pytest.raises(BadRules, match="mode"):
            checked("common", json.dumps({"mode": "hold"}))

    def test_what_is_not_json_is_refused(self) -> None:
        with pytest.raises(BadRules, match="not right"):
            checked("no_answer", "mode: on")

    def test_a_flow_nobody_has_written_is_named_with_those_that_exist(self) -> None:
        with pytest.raises(BadRules, match=r"owner_exchange.*no_answer"):
            checked("owner_exchange", "{}")

    def test_more_than_a_parameter_holds_is_refused(self) -> None:
        with pytest.raises(BadRules, match="4096 at most"):
            checked("no_answer", json.dumps({"connected_dispositions": ["x" * 4096]}))
