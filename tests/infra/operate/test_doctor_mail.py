"""What the doctor says of e-mail to customers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.operate import mail_checks
from infra.operate.connection import Connection, Where
from tests.infra.operate.stack import Ops

SENDER = "radgiver@avonova.example"


class Ses:
    """SES as an account has it; moto knows neither a sandbox nor an identity that was verified."""

    def __init__(self, identities: dict[str, Any], account: dict[str, bool]) -> None:
        self.identities = identities
        self.account = {"ProductionAccessEnabled": True, "SendingEnabled": True} | account

    def get_email_identity(self, *, EmailIdentity: str) -> Any:  # noqa: N803 boto3's own name
        if EmailIdentity not in self.identities:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return self.identities[EmailIdentity]

    def get_account(self) -> dict[str, bool]:
        return self.account


def findings(
    ops: Ops,
    monkeypatch: pytest.MonkeyPatch,
    *,
    announce: str,
    identities: dict[str, Any] | None = None,
    **account: bool,
) -> list[tuple[str, str]]:
    ops.put_rules("owner_change", f'{{"announce": "{announce}"}}')
    stack = Connection(Where(folder=ops.folder))
    monkeypatch.setattr(Connection, "flows", ("owner_change",))
    real, ses = stack.client, Ses(identities or {}, account)
    monkeypatch.setattr(stack, "client", lambda service: ses if service == "sesv2" else real(service))
    return [(one.state, one.says) for one in mail_checks.mail(stack, False)]


def test_without_a_sender_nothing_is_wrong_unless_the_rules_want_one(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(ops, monkeypatch, announce="task") == [("ok", "No e-mail is sent: the stack has no MailSender.")]
    [(state, says)] = findings(ops, monkeypatch, announce="send")
    assert state == "wrong"
    assert "no MailSender: advisers get tasks instead" in says


@pytest.mark.parametrize("identity", [SENDER, "avonova.example"])
def test_a_verified_address_or_domain_will_do(ops: Ops, monkeypatch: pytest.MonkeyPatch, identity: str) -> None:
    ops.parameter("MailSender", SENDER)
    verified = {identity: {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "SUCCESS"}}}
    said = findings(ops, monkeypatch, announce="send", identities=verified)
    assert said == [("ok", f"SES sends for {SENDER}.")]


def test_a_domain_that_is_not_signed_is_wrong(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.parameter("MailSender", SENDER)
    verified = {"avonova.example": {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "PENDING"}}}
    [(state, says)] = findings(ops, monkeypatch, announce="send", identities=verified)
    assert state == "wrong"
    assert "DKIM is PENDING" in says


@pytest.mark.parametrize(("announce", "state"), [("send", "wrong"), ("task", "note")])
def test_a_sender_that_is_not_verified_and_a_sandbox_are_wrong_where_it_is_used(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, announce: str, state: str
) -> None:
    ops.parameter("MailSender", SENDER)
    said = findings(
        ops,
        monkeypatch,
        announce=announce,
        identities={SENDER: {"VerifiedForSendingStatus": False}},
        ProductionAccessEnabled=False,
        SendingEnabled=False,
    )
    assert {one for one, _ in said} == {state}
    assert [says.split(" ")[0] for _, says in said] == [SENDER, "The", "SES"]
    assert "sandbox" in said[1][1]
    assert "paused" in said[2][1]
