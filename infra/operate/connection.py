"""The stack a command works on: the one on this machine, or one in an AWS account."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.operate.output import Problem
from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.ledger_history import LedgerHistory
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.adapters.aws.secrets import SecretError, Secrets
from kundeflyt.adapters.aws.stack import camel, flows_in, outputs_of, ruled_in
from kundeflyt.adapters.aws.table import Table
from kundeflyt.adapters.hubspot.client import HubSpotClient

REGION = "eu-north-1"
_PATIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})


@dataclass(frozen=True, kw_only=True)
class Where:
    """Which stack is meant: `stack` by name in AWS, or else the one that runs in `folder` on this machine."""

    stack: str | None = None
    folder: Path = Path(".local")
    profile: str | None = None
    region: str | None = None


class Connection:
    """One deployed stack and the way to all it is made of; nothing is asked of anybody before it is needed."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._clients: dict[str, Any] = {}

    @cached_property
    def local(self) -> Stack | None:
        """What stack.json says, where the stack runs on this machine. Raises Problem when none runs there."""
        if self._where.stack:
            return None
        try:
            return Stack.of(self._where.folder)
        except StackProblem as nobody:
            raise Problem(f"{nobody} Or name a stack in AWS: --stack NAME.") from nobody

    @property
    def name(self) -> str:
        """The CloudFormation stack's name."""
        return self._where.stack or (self.local.stack_name if self.local else "")

    @cached_property
    def _session(self) -> boto3.session.Session:
        if self.local:
            # The keys are given, so that none of a real account can be meant.
            return boto3.session.Session(
                aws_access_key_id=self.local.aws_access_key_id,
                aws_secret_access_key=self.local.aws_secret_access_key,
                region_name=self.local.region,
            )
        own = boto3.session.Session(profile_name=self._where.profile, region_name=self._where.region)
        if own.region_name:
            return own
        return boto3.session.Session(profile_name=self._where.profile, region_name=REGION)

    def client(self, service: Any) -> Any:
        """A boto3 client of the stack's account; one for each service."""
        if service not in self._clients:
            endpoint = self.local.aws_endpoint_url if self.local else None
            self._clients[service] = self._session.client(service, endpoint_url=endpoint, config=_PATIENT)
        return self._clients[service]

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """What CloudFormation says of the stack. Raises Problem when there is none of that name."""
        try:
            [described] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise Problem(
                f"There is no stack {self.name!r} in this account and region: see --profile, --region."
            ) from None
        return dict(described)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """What the deployed stack says of itself: names and addresses by output key."""
        return outputs_of(self.described)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """What the stack was deployed with."""
        return {one["ParameterKey"]: one.get("ParameterValue", "") for one in self.described.get("Parameters", [])}

    @cached_property
    def flows(self) -> tuple[str, ...]:
        """The flows that are deployed, by the names of their folders."""
        return flows_in(self.outputs)

    @cached_property
    def ruled(self) -> tuple[str, ...]:
        """Every function that has rules: the flows, and the console."""
        return ruled_in(self.outputs)

    def known(self, flow: str) -> str:
        """The flow, if the stack has it; raises Problem naming those it has."""
        if flow not in self.flows:
            raise Problem(f"The stack {self.name} has no flow {flow!r}: it has {', '.join(self.flows)}.")
        return flow

    def of_flow(self, flow: str, output: str) -> str:
        """An output of a flow, such as QueueUrl or DeadLetterUrl."""
        return self.outputs[camel(flow) + output]

    def table(self) -> Table:
        """The ledger's table, item by item."""
        return Table(self.client("dynamodb"), self.outputs["LedgerTableName"])

    def ledger(self) -> DynamoDbLedger:
        """The stack's memory."""
        return DynamoDbLedger(self.client("dynamodb"), self.outputs["LedgerTableName"])

    def cases(self) -> DynamoDbCaseStore:
        """The stack's review cases."""
        return DynamoDbCaseStore(self.client("dynamodb"), self.outputs["CasesTableName"])

    def history(self) -> LedgerHistory:
        """The stack's memory, by customer."""
        return LedgerHistory(self.client("dynamodb"), self.outputs["LedgerTableName"])

    @cached_property
    def secret_text(self) -> str:
        """The secret's one JSON value; empty when nobody has put it yet."""
        try:
            answer = self.client("secretsmanager").get_secret_value(SecretId=self.outputs["SecretId"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                return ""
            raise
        return str(answer.get("SecretString", ""))

    @cached_property
    def secrets(self) -> Secrets:
        """What the flows know. Raises Problem naming the keys that are missing, never a value."""
        try:
            return Secrets.from_json(self.secret_text)
        except SecretError as wrong:
            raise Problem(f"{wrong}.") from wrong

    @property
    def portal_id(self) -> int:
        """The HubSpot account the stack is for. Raises Problem when the secret does not say it."""
        return self.secrets.portal_id

    def hubspot(self) -> HubSpotClient:
        """HubSpot, with the stack's own token."""
        base = self.parameters.get("HubSpotBaseUrl") or "https://api.hubapi.com"
        return HubSpotClient(base_url=base, access_token=self.secrets.hubspot_access_token)

    def numbers(self) -> NumberIdentity:
        """How the stack hides phone numbers."""
        return NumberIdentity(self.secrets.number_hmac_keys)
