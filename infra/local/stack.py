"""What a running stack tells the world: the file stack.json and how to reach its AWS."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.local.problems import StackProblem
from infra.local.tools import ROOT

FILE = "stack.json"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Where a running stack answers and with which keys; None for what does not exist in it yet."""

    webhook_url: str
    console_url: str | None = None
    itx_receipts_url: str | None = None
    itx_inbound_url: str | None = None
    hubspot_url: str
    itx_url: str
    metodika_url: str
    aws_endpoint_url: str
    aws_access_key_id: str
    aws_secret_access_key: str
    region: str
    stack_name: str
    hubspot_client_secret: str
    hubspot_access_token: str
    hubspot_app_id: str
    hubspot_portal_id: str
    itx_key: str
    itx_webhook_secret: str
    metodika_token: str
    page_url: str | None = None
    rules_parameters: dict[str, str]
    console_users: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Stack":
        """The stack that runs in a folder; raises StackProblem when none does."""
        file = folder / FILE
        if not file.exists():
            raise StackProblem(f"No stack runs in {folder}: start one with `make up`.")
        content = json.loads(file.read_text())
        return cls(**{one.name: content[one.name] for one in fields(cls)})

    def write(self, folder: Path) -> None:
        """Tells the world; only the file's owner may read it, since it holds the stack's keys."""
        file = folder / FILE
        new = file.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            json.dump(asdict(self), opened, indent=2)
        new.replace(file)

    def aws_environment(self) -> dict[str, str]:
        """What makes a program speak to this stack's AWS, as the account's root, and to no other."""
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint_url,
            "AWS_ACCESS_KEY_ID": self.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.aws_secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: Any) -> Any:
        """A client of one of the stack's AWS services, with the rights of the account's root."""
        session = boto3.session.Session(
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
            region_name=self.region,
        )
        return session.client(
            service,
            endpoint_url=self.aws_endpoint_url,
            config=Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=60),
        )

    def outputs(self) -> dict[str, str]:
        """What the deployed template says of itself: names and addresses by output key."""
        described = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def folder_given(given: Mapping[str, str] = os.environ) -> Path:
    """The folder of the stack that commands are about: KUNDEFLYT_LOCAL_DIR, else .local in the project."""
    return ROOT / (given.get("KUNDEFLYT_LOCAL_DIR") or ".local")
