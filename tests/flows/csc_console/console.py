"""The console as its users meet it: requests as API Gateway hands them over, on a small stack."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

from csc_console.app import answer
from csc_console.rules import CscConsoleRules
from kundeflyt.adapters.aws.changes import LedgerChanges
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.ledger_history import LedgerHistory
from kundeflyt.adapters.aws.rules_history import RulesHistory
from kundeflyt.adapters.aws.stack import DeployedStack, camel
from kundeflyt.domain.cases import ReviewCase, opened
from kundeflyt.domain.crm import Owner
from kundeflyt.domain.events import Event
from kundeflyt.domain.rules import CommonRules, FlowRules
from kundeflyt.ports.console import ConsolePorts, SignInPage
from kundeflyt.ports.directory import CompanyNow, PersonNow
from kundeflyt.ports.operations import FlowsAtWork, RulesStorage
from kundeflyt.wiring.console import DeployedFlows
from tests.domain.case_situation import ADVISER, COMPANY, CONTACT, NOW, PORTAL, RULES, request
from tests.fakes.aws import ACCOUNT, LocalAws
from tests.fakes.cases import InMemoryCases
from tests.fakes.directory import FakeDirectory

CLIENT = "our-client"
UNA, VIDAR, KARI, OLA, DRIFT = (f"{name}@avonova.example" for name in ("una", "vidar", "kari", "ola", "drift"))
GROUPS = {UNA: "csc", VIDAR: "csc", KARI: "pfa", OLA: "pfa", DRIFT: "ops"}
OLAS_COMPANY = 9002
OLAS_ID = 12
FLOWS = ("no_answer", "sms_receipt")
_numbers = itertools.count(1)


class StackAsDescribed(DeployedStack):
    """A stack that says these outputs; moto has no CloudFormation without libraries we do not need."""

    def __init__(self, outputs: Mapping[str, str]) -> None:
        self._outputs = outputs


@dataclass(frozen=True)
class Said:
    """How a request was answered."""

    status: int
    headers: Mapping[str, list[str]]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def claims(email: str, groups: str | None = None, **changed: str) -> dict[str, str]:
    """What the authorizer has verified, as API Gateway hands it over: texts, whatever they were."""
    given = GROUPS.get(email, "") if groups is None else groups
    return {
        "sub": f"sub-of-{email}",
        "aud": CLIENT,
        "token_use": "id",
        "email": email,
        "email_verified": "true",
        "cognito:groups": given,
    } | changed


def at_this_moment() -> datetime:
    """The time on the wall, by which AWS stamps what it is given."""
    return datetime.now(UTC)  # noqa: TID251 AWS' clock is not ours


def event(
    method: str,
    path: str,
    *,
    verified: Mapping[str, str] | None,
    query: str = "",
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A REST proxy event."""
    pairs = parse_qsl(query, keep_blank_values=True)
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    given = {"Content-Type": "application/json", "Accept-Language": "nb", **(headers or {})}
    context: dict[str, Any] = {"requestId": "gateway", "path": f"/console{path}", "stage": "console"}
    if verified is not None:
        context["authorizer"] = {"claims": dict(verified)}
    return {
        "resource": "/api/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": {"proxy": path.removeprefix("/api/")},
        "requestContext": context,
        "body": body,
        "isBase64Encoded": False,
    }


class _Late:
    """What is built when it is first asked for something."""

    def __init__(self, build: Callable[[], object]) -> None:
        self._build = build

    def __getattr__(self, name: str) -> Any:
        return getattr(self._build(), name)


@dataclass
class Console:
    """A console, and everything it stands on. `now` is what the clock shows."""

    aws: LocalAws
    now: datetime = NOW
    cases: InMemoryCases = field(default_factory=InMemoryCases)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    rules: CscConsoleRules = field(default_factory=CscConsoleRules)
    common: CommonRules = field(default_factory=CommonRules)
    noted: list[str] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)
    failure: Exception | None = None
    bus_failure: Exception | None = None

    def __post_init__(self) -> None:
        self.name = self.aws.fresh("console")
        self.renew_ledger()
        self.directory.advisers = {
            ADVISER: Owner(id=ADVISER, email="Kari@Avonova.example", first_name="Kari", last_name="Rådgiver"),
            OLAS_ID: Owner(id=OLAS_ID, email=OLA, first_name="Ola", last_name="Rådgiver"),
        }
        self.directory.customers = {
            COMPANY: CompanyNow(id=COMPANY, name="Fjordbygg AS", organisation_number="923609016", owner_id=ADVISER),
            OLAS_COMPANY: CompanyNow(id=OLAS_COMPANY, name="Olas kunde AS", owner_id=OLAS_ID),
        }
        self.directory.persons = {
            CONTACT: PersonNow(id=CONTACT, name="Anne Berg", title="Daglig leder", phone="+4790000001")
        }

    def renew_ledger(self) -> None:
        """Nothing is remembered any more."""
        table, dynamodb = self.aws.ledger_table(), self.aws.client("dynamodb")
        self.ledger = DynamoDbLedger(dynamodb, table)
        self.history = LedgerHistory(dynamodb, table)
        self.changes = LedgerChanges(dynamodb, table)

    @cached_property
    def flows(self) -> DeployedFlows:
        return DeployedFlows(StackAsDescribed(self.outputs), self.ledger, self.aws.client, clock=lambda: self.now)

    @cached_property
    def rules_history(self) -> RulesHistory:
        return RulesHistory(self.aws.client("ssm"), prefix=self.outputs["RulesPrefix"])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the stack says of itself; deployed when somebody first looks, since few do."""
        sqs, ssm, scheduler = self.aws.client("sqs"), self.aws.client("ssm"), self.aws.client("scheduler")
        outputs = {
            "RulesPrefix": f"/{self.name}/rules",
            "SchedulerRoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
            "ScheduleGroupName": self.name,
            "CommonRulesParameter": f"/{self.name}/rules/common",
            "NoAnswerLogGroup": f"/kundeflyt/{self.name}/no_answer",
            "SmsReceiptLogGroup": f"/kundeflyt/{self.name}/sms_receipt",
        }
        scheduler.create_schedule_group(Name=self.name)
        for flow in ("common", *FLOWS):
            ssm.put_parameter(Name=f"/{self.name}/rules/{flow}", Value="{}", Type="String")
        for flow in FLOWS:
            outputs[f"{camel(flow)}RulesParameter"] = f"/{self.name}/rules/{flow}"
            for kind in ("Queue", "DeadLetter"):
                name = f"{self.name}-{camel(flow)}{kind}"
                outputs[f"{camel(flow)}{kind}Url"] = sqs.create_queue(QueueName=name)["QueueUrl"]
                outputs[f"{camel(flow)}{kind}Arn"] = f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{name}"
        return outputs

    # What wiring gives the function.

    @property
    def sign_in(self) -> SignInPage:
        return SignInPage(url="https://sign-in.example", client_id=CLIENT, tokens_last_minutes=5)

    def open(self) -> tuple[ConsolePorts, CscConsoleRules]:
        if self.failure:
            raise self.failure
        ports = ConsolePorts(
            cases=self.cases,
            bus=self,
            history=self.history,
            directory=self.directory,
            changes=self.changes,
            flows=cast("FlowsAtWork", _Late(lambda: self.flows)),
            rules=cast("RulesStorage", _Late(lambda: self.rules_history)),
            rule_models={"common": CommonRules} | dict.fromkeys(FLOWS, FlowRules),
            common=self.common,
            portal_id=PORTAL,
        )
        return ports, self.rules

    def publish(self, events: Sequence[Event]) -> None:
        if self.bus_failure:
            raise self.bus_failure
        self.published += events

    def note(self, what: str, **_ids: str | int) -> None:
        self.noted.append(what)

    def flush(self) -> None:
        """What is noted is read from `noted`."""

    # What people do.

    def ask(
        self,
        method: str,
        path: str,
        by: str | None,
        body: Any = None,
        *,
        query: str = "",
        verified: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        who = verified if verified is not None else claims(by) if by else None
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        request_ = event(method, path, verified=who, query=query, body=text, headers=headers)
        context = SimpleNamespace(aws_request_id=f"request-{next(_numbers)}")
        answered = answer(request_, context, self, self.now)
        return Said(int(answered["statusCode"]), answered["multiValueHeaders"], str(answered["body"]))

    def get(self, path: str, by: str | None, query: str = "", **given: Any) -> Said:
        return self.ask("GET", path, by, query=query, **given)

    def post(self, path: str, by: str | None, body: Any = None, **given: Any) -> Said:
        return self.ask("POST", path, by, body, **given)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def open_case(self, company_id: int = COMPANY, **changes: Any) -> ReviewCase:
        """A case that has come to customer service."""
        case, audit = opened(request(company_id, **changes), self.now, RULES)
        assert self.cases.open(case, audit)
        return case
