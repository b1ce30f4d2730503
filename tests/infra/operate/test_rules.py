"""Rules are checked before they are put, as the functions will check them."""

import json
from pathlib import Path

import pytest

from infra.operate.rules import BadRules, checked
from tests.infra.operate.stack import Ops


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

    def test_a_masked_number_is_refused(self) -> None:
        """Whoever edits what `rules show` printed would else put a pilot that nobody is in."""
        with pytest.raises(BadRules, match="masked"):
            checked("common", json.dumps({"pilot": {"numbers": ["+47*****567"]}}))


class TestPutting:
    def test_puts_good_rules_and_says_what_changed(self, ops: Ops, tmp_path: Path) -> None:
        file = tmp_path / "rules.json"
        file.write_text('{"mode": "hold"}')
        said = ops("rules", "put", "no_answer", str(file), "--json")
        assert said.status == 0
        assert said.json["version"] == 2
        assert '+  "mode": "hold"' in said.json["changes"]
        assert ops("rules", "show", "no_answer", "--json").json["rules"]["no_answer"]["rules"] == {"mode": "hold"}

    def test_changes_nothing_when_a_value_is_wrong(self, ops: Ops, tmp_path: Path) -> None:
        file = tmp_path / "rules.json"
        file.write_text('{"mode": "sometimes"}')
        said = ops("rules", "put", "no_answer", str(file))
        assert said.status == 1
        assert "mode: Input should be" in said.err
        assert "Nothing was changed" in said.err
        assert len(ops("rules", "history", "no_answer", "--json").json["versions"]) == 1

    def test_without_a_file_is_told_how_to_use_it(self, ops: Ops) -> None:
        said = ops("rules", "put", "no_answer")
        assert said.status == 2
        assert "Missing argument" in said.err


class TestShowing:
    def test_masks_every_phone_number(self, ops: Ops) -> None:
        ops.put_rules("common", '{"pilot": {"numbers": ["+4791234567"]}}')
        for said in (ops("rules", "show"), ops("rules", "show", "--json"), ops("rules", "history", "common")):
            assert "91234567" not in said.out
            assert "+47*****567" in said.out

    def test_saves_them_whole_for_somebody_to_change(self, ops: Ops, tmp_path: Path) -> None:
        ops.put_rules("common", '{"pilot": {"numbers": ["+4791234567"]}}')
        file = tmp_path / "common.json"
        assert ops("rules", "show", "common", "--save", str(file)).status == 0
        assert json.loads(file.read_text()) == {"pilot": {"numbers": ["+4791234567"]}}

    def test_of_broken_rules_says_what_is_wrong_and_which_are_in_force(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "shadow"}')
        ops.put_rules("no_answer", '{"mode": "sometimes"}')
        said = ops("rules", "show", "no_answer")
        assert said.status == 1
        assert "mode: Input should be" in said.out
        assert "Version 2 is in force instead" in said.out


class TestRollingBack:
    def test_puts_the_last_good_version_before_the_newest(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "shadow"}')
        ops.put_rules("no_answer", '{"mode": "sometimes"}')
        assert ops("rules", "rollback", "no_answer").status == 0
        assert ops("rules", "show", "no_answer", "--json").json["rules"]["no_answer"]["rules"] == {"mode": "shadow"}

    def test_goes_to_the_version_that_is_named(self, ops: Ops) -> None:
        ops.put_rules("no_answer", '{"mode": "shadow"}')
        ops.put_rules("no_answer", '{"mode": "hold"}')
        assert ops("rules", "rollback", "no_answer", "--to", "1", "--json").json["version"] == 4
        assert ops("rules", "show", "no_answer", "--json").json["rules"]["no_answer"]["rules"] == {}

    def test_where_there_is_nothing_to_go_back_to_changes_nothing(self, ops: Ops) -> None:
        said = ops("rules", "rollback", "no_answer")
        assert said.status == 1
        assert "Nothing was changed" in said.err
