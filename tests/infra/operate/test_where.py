"""Which stack a command is about: nobody means a stack in AWS by accident."""

from __future__ import annotations

import pytest

from infra.operate.__main__ import main
from infra.operate.connection import Connection, Where
from infra.operate.output import Problem
from tests.infra.operate.stack import Ops


class TestTheStack:
    def test_in_the_folder_that_is_named_goes_before_the_one_the_shell_names(
        self, ops: Ops, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KUNDEFLYT_STACK", "kundeflyt-in-aws")
        assert ops("doctor", "--json").json["stack"] != "kundeflyt-in-aws"

    def test_is_one_or_the_other(self, ops: Ops) -> None:
        said = ops("held", "list", "--stack", "kundeflyt")
        assert said.status == 2
        assert "--stack is in AWS" in said.err

    def test_that_is_not_there_is_told_with_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("KUNDEFLYT_LOCAL_DIR", "/nowhere")
        assert main(["held", "list"]) == 1
        assert "start one with `make up`" in capsys.readouterr().err

    def test_on_this_machine_is_reached_with_its_own_keys_only(self, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody-s-real-key")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "https://real.example")
        client = Connection(Where(folder=ops.folder)).client("ssm")
        assert client.meta.endpoint_url == ops.aws.url
        assert client._request_signer._credentials.access_key == "test"

    def test_has_the_flows_that_are_deployed(self, ops: Ops) -> None:
        stack = Connection(Where(folder=ops.folder))
        assert stack.flows == ("no_answer", "sms_inbound", "sms_receipt")
        with pytest.raises(Problem, match="no_answer, sms_inbound, sms_receipt"):
            stack.known("owner_exchange")


class TestAnAnswer:
    def test_of_what_went_wrong_is_a_document_too(self, ops: Ops) -> None:
        said = ops("held", "list", "owner_exchange", "--json")
        assert said.status == 1
        assert "no flow 'owner_exchange'" in said.json["problem"]
        assert said.err == ""
