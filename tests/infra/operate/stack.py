"""A small stack in an emulated AWS, and operations' commands run against it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import Stack
from infra.operate.__main__ import main
from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from tests.fakes.aws import ACCOUNT, LocalAws

PORTAL = 4_123_456_789
KEYS = ["newest", "older"]
SECRET = {
    "hubspot_client_secrets": ["client-secret"],
    "hubspot_access_token": "pat-eu1-token",
    "hubspot_app_id": "12345678",
    "hubspot_portal_id": str(PORTAL),
    "itx_key": "itx-key",
    "itx_webhook_secret": "webhook-secret",
    "metodika_token": "",
    "number_hmac_keys": KEYS,
}
FLOWS = ("no_answer", "sms_receipt", "sms_inbound")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document it answered with."""
        return json.loads(self.out)


@dataclass
class Ops:
    """Operations at a stack: call it with a command's words."""

    aws: LocalAws
    folder: Path
    outputs: dict[str, str]
    deployed: dict[str, Any]
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        self.capsys.readouterr()
        status = main([*words, "--stack-dir", str(self.folder)])
        said = self.capsys.readouterr()
        return Said(status, said.out, said.err)

    def client(self, service: str) -> Any:
        return self.aws.client(service)

    def ledger(self) -> DynamoDbLedger:
        return DynamoDbLedger(self.client("dynamodb"), self.outputs["LedgerTableName"])

    def cases(self) -> DynamoDbCaseStore:
        return DynamoDbCaseStore(self.client("dynamodb"), self.outputs["CasesTableName"])

    def parameter(self, name: str, value: str) -> None:
        """What the stack was deployed with, from now on."""
        changed = [one for one in self.deployed["Parameters"] if one["ParameterKey"] != name]
        self.deployed["Parameters"] = [*changed, {"ParameterKey": name, "ParameterValue": value}]

    def put_rules(self, flow: str, value: str) -> None:
        """Past all checks, as somebody with the AWS console would."""
        self.client("ssm").put_parameter(
            Name=f"{self.outputs['RulesPrefix']}/{flow}", Value=value, Type="String", Overwrite=True
        )

    def put_secret(self, **changed: object) -> None:
        self.client("secretsmanager").put_secret_value(
            SecretId=self.outputs["SecretId"], SecretString=json.dumps(SECRET | changed)
        )


def deployed(
    aws: LocalAws, folder: Path, capsys: pytest.CaptureFixture[str], *, hubspot: str, itx: str, webhook: str
) -> Ops:
    """A stack with all that operations looks at and none of the functions."""
    name = aws.fresh("stack")
    sqs, ssm = aws.client("sqs"), aws.client("ssm")
    outputs = {
        "RulesPrefix": f"/{name}/rules",
        "SecretId": f"{name}-secret",
        "LedgerTableName": aws.ledger_table(),
        "CasesTableName": aws.cases_table(),
        "SignedUrlParameter": f"/{name}/signed-url",
        "CommonRulesParameter": f"/{name}/rules/common",
        "SchedulerRoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
        "ScheduleGroupName": name,
        "WebhookUrl": "https://api.example/v1/hubspot/webhooks",
        "HubspotWebhookLogGroup": f"/{name}/door",
    }
    for store in ("Inbound", "Inspection"):
        outputs[f"{store}BucketName"] = f"{name}-{store.lower()}"
        where = {"LocationConstraint": "eu-north-1"}
        aws.client("s3").create_bucket(Bucket=outputs[f"{store}BucketName"], CreateBucketConfiguration=where)
    aws.client("scheduler").create_schedule_group(Name=name)
    for flow in (*FLOWS, "contact_erased"):
        camel = "".join(part.capitalize() for part in flow.split("_"))
        if flow in FLOWS:
            outputs[f"{camel}RulesParameter"] = f"/{name}/rules/{flow}"
        for kind in ("Queue", "DeadLetter"):
            outputs[f"{camel}{kind}Url"] = sqs.create_queue(QueueName=f"{name}-{camel}{kind}")["QueueUrl"]
            outputs[f"{camel}{kind}Arn"] = f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{name}-{camel}{kind}"
    for flow in ("common", *FLOWS):
        ssm.put_parameter(Name=f"/{name}/rules/{flow}", Value="{}", Type="String")
    ssm.put_parameter(Name=outputs["SignedUrlParameter"], Value=webhook, Type="String")
    aws.client("logs").create_log_group(logGroupName=outputs["HubspotWebhookLogGroup"])
    aws.client("secretsmanager").create_secret(Name=outputs["SecretId"], SecretString=json.dumps(SECRET))
    stack = Stack(
        webhook_url=webhook,
        hubspot_url=hubspot,
        itx_url=itx,
        metodika_url="http://127.0.0.1:9",
        aws_endpoint_url=aws.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region="eu-north-1",
        stack_name=name,
        hubspot_client_secret="client-secret",
        hubspot_access_token="pat-eu1-token",
        hubspot_app_id="12345678",
        hubspot_portal_id=str(PORTAL),
        itx_key="itx-key",
        itx_webhook_secret="webhook-secret",
        metodika_token="",
        rules_parameters={},
    )
    stack.write(folder)
    parameters = {"Stage": "local", "HubSpotBaseUrl": hubspot, "ItxBaseUrl": itx}
    return Ops(aws, folder, outputs, _described(outputs, parameters), capsys)


def _described(outputs: dict[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """What CloudFormation would say of it; moto has none without libraries we do not need."""
    return {
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
