from __future__ import annotations

import json
import re
from typing import Any, Literal

import pytest
from pydantic import field_validator

from kundeflyt.adapters.aws.rules import RulesError, RulesStore, parse_rules
from kundeflyt.domain.rules import CommonRules, FlowRules
from kundeflyt.ports.failures import TryLater
from tests.adapters.aws.answers import answers, counting
from tests.fakes.aws import LocalAws


class SomeRules(FlowRules):
    days: int = 3
    answer: Literal["yes", "no"] = "no"
    number: str = ""

    @field_validator("number")
    @classmethod
    def _only_mobiles(cls, number: str) -> str:
        if number.startswith("+4722"):
            raise ValueError(f"{number} is no mobile")
        return number


class TestParsing:
    def test_what_is_left_out_has_its_default(self) -> None:
        assert parse_rules("{}", SomeRules) == SomeRules()
        assert parse_rules('{"mode": "hold"}', SomeRules) == SomeRules(mode="hold")

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ('{"dayz": 4}', "dayz"),
            ('{"days": 4, "days": 5}', "days: stands there twice"),
            ('{"days": "many"}', "days: Input should be a valid integer"),
            ('{"answer": "maybe"}', "answer: Input should be 'yes' or 'no'"),
            ('{"mode": "on"', "not JSON"),
            ("", "not JSON"),
            ("[1]", "the whole"),
            ("[" * 100_000, "nested too deep"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, text: str, complaint: str) -> None:
        with pytest.raises(RulesError, match=complaint):
            parse_rules(text, SomeRules)

    def test_a_key_that_stands_twice_deep_down_is_refused_too(self) -> None:
        text = '{"blast_guard": {"sms_per_hour": 1, "sms_per_hour": 1000}}'

        with pytest.raises(RulesError, match="sms_per_hour: stands there twice"):
            parse_rules(text, CommonRules)

    @pytest.mark.parametrize("text", ['{"number": "+4722334455"}', '{"days": "ring +4722334455"}'])
    def test_never_quotes_a_number(self, text: str) -> None:
        with pytest.raises(RulesError) as caught:
            parse_rules(text, SomeRules)

        assert "22334455" not in str(caught.value)

    @pytest.mark.parametrize(
        "text",
        [
            '{"callback_numbers": {"912 34 567": "301"}}',
            '{"callback_numbers": {"912 34 567": "a", "912 34 567": "b"}}',
            '{"callback_numbers": {"91234567": 301}}',
            '{"pilot": {"+47 912 34 567": true}}',
            '{"ola.912 34 567@firma.no": true}',
        ],
    )
    def test_never_quotes_a_key_that_may_be_somebodys_number_or_address(self, text: str) -> None:
        with pytest.raises(RulesError, match="a key that is no name") as caught:
            parse_rules(text, CommonRules)

        assert not re.search("912 ?34 ?567|firma", str(caught.value))


class Parameters:
    """A store of rules as the template makes it, with a clock of its own, and what it rejected."""

    def __init__(self, aws: LocalAws) -> None:
        self.prefix = f"/{aws.fresh('stack')}/rules"
        self.client: Any = aws.client("ssm")
        self.rejected: list[tuple[str, str]] = []
        self.at = 1000.0
        self._aws = aws
        self.store = self.new_process()
        for name in ("common", "some_flow"):
            self.put(name, "{}")

    def new_process(self) -> RulesStore[SomeRules]:
        return RulesStore(
            self.client,
            prefix=self.prefix,
            flow="some_flow",
            model=SomeRules,
            rejected=lambda name, reason: self.rejected.append((name, reason)),
            kept_seconds=60,
            clock=lambda: self.at,
        )

    def put(self, name: str, value: str) -> None:
        client = self._aws.client("ssm")
        client.put_parameter(Name=f"{self.prefix}/{name}", Value=value, Type="String", Overwrite=True)

    def delete(self, name: str) -> None:
        self._aws.client("ssm").delete_parameter(Name=f"{self.prefix}/{name}")

    def days(self) -> int:
        return self.store.current()[1].days

    def upset(self, hook: Any) -> None:
        self.client.meta.events.register("before-send.ssm.*", hook)


class TestRulesStore:
    @pytest.fixture
    def parameters(self, aws: LocalAws) -> Parameters:
        return Parameters(aws)

    def test_an_empty_object_is_the_defaults(self, parameters: Parameters) -> None:
        assert parameters.store.current() == (CommonRules(), SomeRules())
        assert parameters.rejected == []

    @pytest.mark.parametrize("name", ["common", "some_flow"])
    @pytest.mark.parametrize("at_hand", [True, False])
    def test_what_is_missing_is_waited_for_and_told(self, parameters: Parameters, name: str, at_hand: bool) -> None:
        """A pilot list that somebody deleted must not let everybody be texted."""
        if at_hand:
            parameters.store.current()
        parameters.delete(name)
        parameters.at += 60

        with pytest.raises(TryLater, match=f"{name} is missing"):
            parameters.store.current()
        assert parameters.rejected == [(f"{parameters.prefix}/{name}", "is missing")]

    def test_reads_the_common_rules_and_the_flows_own(self, parameters: Parameters) -> None:
        parameters.put("common", '{"provider_name": "X"}')
        parameters.put("some_flow", '{"days": 4}')

        common, flow = parameters.store.current()

        assert (common.provider_name, flow.days) == ("X", 4)

    def test_a_change_is_in_force_within_a_minute(self, parameters: Parameters) -> None:
        parameters.put("some_flow", '{"days": 4}')
        assert parameters.days() == 4
        parameters.put("some_flow", '{"days": 5}')

        parameters.at += 59
        assert parameters.days() == 4
        parameters.at += 1
        assert parameters.days() == 5

    @pytest.mark.parametrize("mode", ["hold", "shadow"])
    def test_a_flow_that_is_put_on_is_on_at_once(self, parameters: Parameters, mode: str) -> None:
        """What is held, or only shown, after that would stay so for good."""
        parameters.put("some_flow", json.dumps({"mode": mode}))
        assert parameters.store.current()[1].mode == mode
        parameters.put("some_flow", '{"mode": "on"}')

        assert parameters.store.current()[1].mode == "on"

    def test_asks_ssm_twice_a_minute_at_most(self, parameters: Parameters) -> None:
        requests: list[str] = []
        parameters.upset(counting(requests))

        for _ in range(5):
            parameters.store.current()
            parameters.at += 10

        assert requests == ["GetParameter", "GetParameter"]

    def test_a_broken_value_never_takes_effect(self, parameters: Parameters) -> None:
        parameters.put("some_flow", '{"days": 4}')
        parameters.store.current()
        parameters.put("some_flow", '{"days": 5')
        parameters.at += 60

        assert parameters.days() == 4
        [(name, reason)] = parameters.rejected
        assert name == f"{parameters.prefix}/some_flow"
        assert "not JSON" in reason

    def test_a_new_process_finds_the_last_good_value_in_the_history(self, parameters: Parameters) -> None:
        for days in range(12):
            parameters.put("some_flow", json.dumps({"days": days}))
        for broken in ('{"days": "x"}', '{"dayz": 1}'):
            parameters.put("some_flow", broken)

        assert parameters.new_process().current()[1].days == 11
        assert len(parameters.rejected) == 1

    def test_says_so_again_every_minute_while_it_lasts(self, parameters: Parameters) -> None:
        parameters.put("some_flow", "{")
        for _ in range(3):
            parameters.store.current()
            parameters.at += 60

        assert len(parameters.rejected) == 3

    def test_a_repaired_value_takes_effect(self, parameters: Parameters) -> None:
        parameters.put("some_flow", '{"days": 4}')
        parameters.store.current()
        for value in ("{", '{"days": 6}'):
            parameters.put("some_flow", value)
            parameters.at += 60
            parameters.store.current()

        assert parameters.days() == 6

    def test_where_no_value_was_ever_good_the_defaults_do_not_step_in(self, parameters: Parameters) -> None:
        parameters.delete("some_flow")
        parameters.put("some_flow", "{")

        with pytest.raises(TryLater, match="put good ones there"):
            parameters.store.current()

    def test_tries_later_when_ssm_is_silent_even_with_rules_at_hand(self, parameters: Parameters) -> None:
        """Somebody may just have put the flow on hold."""
        parameters.store.current()
        parameters.upset(answers("InternalServerError", 500))
        parameters.at += 60

        with pytest.raises(TryLater, match="SSM"):
            parameters.store.current()
