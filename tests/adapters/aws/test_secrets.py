from __future__ import annotations

import json
from typing import Any

import pytest

from kundeflyt.adapters.aws.secrets import PERSON_MUST_ACT, SecretError, Secrets, SecretStore
from kundeflyt.ports.failures import TryLater
from tests.adapters.aws.answers import answers
from tests.fakes.aws import LocalAws

WHOLE: dict[str, Any] = {
    "hubspot_client_secrets": ["c"],
    "hubspot_access_token": "pat-1",
    "hubspot_app_id": 1,
    "hubspot_portal_id": "7",
    "itx_key": "itx-1",
    "itx_webhook_secret": "w",
    "metodika_token": "m",
    "number_hmac_keys": ["new", "old"],
}


class TestSecrets:
    def test_reads_what_the_flows_need(self) -> None:
        secrets = Secrets.from_json(json.dumps(WHOLE))

        assert secrets == Secrets(
            portal_id=7,
            hubspot_access_token="pat-1",
            itx_key="itx-1",
            number_hmac_keys=("new", "old"),
            metodika_token="m",
        )

    @pytest.mark.parametrize("token", [None, "", " ", 7])
    def test_does_without_metodika(self, token: object) -> None:
        """Only some flows need it: the others must go on."""
        assert Secrets.from_json(json.dumps(WHOLE | {"metodika_token": token})).metodika_token == ""

    def test_reads_the_portal_written_as_a_number_too(self) -> None:
        assert Secrets.from_json(json.dumps(WHOLE | {"hubspot_portal_id": 25_000_001})).portal_id == 25_000_001

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("hubspot_access_token", None),
            ("hubspot_access_token", " "),
            ("itx_key", 12345678),
            ("number_hmac_keys", "very-secret"),
            ("number_hmac_keys", []),
            ("number_hmac_keys", ["very-secret", ""]),
            ("hubspot_portal_id", None),
            ("hubspot_portal_id", "very-secret"),
        ],
    )
    def test_names_the_key_that_is_wrong_and_no_value(self, key: str, value: object) -> None:
        with pytest.raises(SecretError) as caught:
            Secrets.from_json(json.dumps(WHOLE | {key: value}))

        assert key in str(caught.value)
        assert "very-secret" not in str(caught.value)
        assert "12345678" not in str(caught.value)

    @pytest.mark.parametrize("text", ["", "very-secret", '["very-secret"]'])
    def test_refuses_what_is_no_object(self, text: str) -> None:
        with pytest.raises(SecretError, match="not a JSON object") as caught:
            Secrets.from_json(text)

        assert "very-secret" not in str(caught.value)

    def test_holds_no_line_break_that_was_pasted_with_a_key(self) -> None:
        pasted = Secrets.from_json(json.dumps(WHOLE | {"hubspot_access_token": "pat-1\n", "itx_key": " itx-1 "}))

        assert pasted == Secrets.from_json(json.dumps(WHOLE))

    def test_never_shows_itself(self) -> None:
        assert repr(Secrets.from_json(json.dumps(WHOLE))) == "Secrets(portal_id=7)"


class TestSecretStore:
    @pytest.fixture
    def name(self, aws: LocalAws) -> str:
        name = aws.fresh("secret")
        aws.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(WHOLE))
        return name

    def rotate(self, aws: LocalAws, name: str, itx_key: str = "itx-2") -> None:
        changed = json.dumps(WHOLE | {"itx_key": itx_key})
        aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=changed)

    def test_uses_a_rotated_secret_within_five_minutes(self, aws: LocalAws, name: str) -> None:
        at = 1000.0
        store = SecretStore(aws.client("secretsmanager"), name, clock=lambda: at)
        assert store.current().itx_key == "itx-1"
        self.rotate(aws, name)

        at = 1299.0
        assert store.current().itx_key == "itx-1"
        at = 1300.0
        assert store.current().itx_key == "itx-2"

    def test_keeps_the_one_at_hand_while_secrets_manager_is_silent(self, aws: LocalAws, name: str) -> None:
        at = 1000.0
        client = aws.client("secretsmanager")
        store = SecretStore(client, name, clock=lambda: at)
        store.current()
        client.meta.events.register("before-send.secrets-manager.*", answers("InternalServiceError", 500))

        at = 2000.0
        assert store.current().itx_key == "itx-1"

    def test_keeps_the_one_at_hand_while_the_new_one_is_unusable_and_says_so(
        self, aws: LocalAws, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        at = 1000.0
        store = SecretStore(aws.client("secretsmanager"), name, clock=lambda: at)
        store.current()
        self.rotate(aws, name, itx_key="")

        at = 2000.0
        assert store.current().itx_key == "itx-1"
        [record] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert record.getMessage().startswith("secret_unusable: the stack's secret lacks itx_key")

    def test_waits_for_a_person_when_the_only_one_is_unusable(self, aws: LocalAws, name: str) -> None:
        self.rotate(aws, name, itx_key="")

        with pytest.raises(TryLater, match="itx_key") as raised:
            SecretStore(aws.client("secretsmanager"), name).current()

        assert raised.value.after == PERSON_MUST_ACT

    def test_tries_later_when_it_has_none(self, aws: LocalAws, name: str) -> None:
        client = aws.client("secretsmanager")
        client.meta.events.register("before-send.secrets-manager.*", answers("InternalServiceError", 500))

        with pytest.raises(TryLater, match="Secrets Manager"):
            SecretStore(client, name).current()
