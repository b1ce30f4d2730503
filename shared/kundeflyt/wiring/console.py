"""The one place where the console's outside world is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal

import boto3
from aws_lambda_powertools import Logger, Metrics
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.calls import CLIENT_CONFIG, DYNAMODB_CONFIG
from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.adapters.aws.changes import LedgerChanges
from kundeflyt.adapters.aws.dead_letters import SqsDeadLetters
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.ledger_history import LedgerHistory
from kundeflyt.adapters.aws.log import FunctionLogs
from kundeflyt.adapters.aws.notices import CloudWatchNotices
from kundeflyt.adapters.aws.road import SqsRoad
from kundeflyt.adapters.aws.rules import RulesStore
from kundeflyt.adapters.aws.rules_history import RulesHistory
from kundeflyt.adapters.aws.secrets import Secrets, SecretStore
from kundeflyt.adapters.aws.stack import DeployedStack
from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.directory import HubSpotDirectory
from kundeflyt.adapters.hubspot.pace import HubSpotPace
from kundeflyt.domain.rules import CommonRules, FlowRules, FlowRulesT
from kundeflyt.engine.release import release
from kundeflyt.ports.console import ConsolePorts, SignInPage
from kundeflyt.ports.ledger import Held, Ledger
from kundeflyt.ports.operations import DeadLetters, LogLine
from kundeflyt.wiring.kept import BUS_CLIENT
from kundeflyt.wiring.rule_models import rule_models

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient

NAME: Final = "csc_console"
TOKENS_LAST_MINUTES: Final = 5
"""As the template gives them; a test compares the two."""
HUBSPOT_PATIENCE: Final = timedelta(seconds=4)
"""How long somebody before a screen waits for HubSpot's limit; flows wait longer."""


class ConsoleSettings(BaseSettings):
    """The names and addresses of what the console uses, set in template.yaml.

    Each field is the environment variable of the same name in capitals; a missing one raises pydantic's
    ValidationError, which names it.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    stage: Literal["local", "test", "production"]
    stack_id: str = Field(min_length=1)
    ledger_table: str = Field(min_length=1)
    cases_table: str = Field(min_length=1)
    event_bus: str = Field(min_length=1)
    secret_id: str = Field(min_length=1)
    rules_prefix: str = Field(pattern="^/.*[^/]$")
    rules_seconds: int = Field(ge=0)
    hubspot_base_url: str = Field(pattern="^https?://")
    sign_in_url: str = Field(pattern="^https?://.*[^/]$")


class DeployedFlows:
    """The FlowsAtWork of the stack this function belongs to."""

    def __init__(
        self, stack: DeployedStack, ledger: Ledger, client: Callable[[Any], Any], *, clock: Callable[[], datetime]
    ) -> None:
        self._stack = stack
        self._ledger = ledger
        self._client = cache(client)
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The flows that are deployed."""
        return self._stack.flows

    @property
    def ruled(self) -> tuple[str, ...]:
        """Every function that has rules of its own."""
        return self._stack.ruled

    def dead_letters(self, flow: str) -> DeadLetters:
        """What a flow has set aside."""
        return SqsDeadLetters(
            self._client("sqs"),
            url=self._stack.of_flow(flow, "DeadLetterUrl"),
            queue_url=self._stack.of_flow(flow, "QueueUrl"),
        )

    def held(self, flow: str) -> Sequence[Held]:
        """What a flow holds, the oldest first."""
        return self._ledger.held(flow)

    def stopped(self, flow: str) -> str | None:
        """Why a flow has stopped itself, or None."""
        return self._ledger.stopped(flow)

    def release(self, flow: str, rules: FlowRules) -> int:
        """Lets go what a flow holds, at the rules' pace, and says how many."""
        road = SqsRoad(
            self._client("sqs"),
            self._client("scheduler"),
            queue_url=self._stack.of_flow(flow, "QueueUrl"),
            queue_arn=self._stack.of_flow(flow, "QueueArn"),
            dead_letter_arn=self._stack.of_flow(flow, "DeadLetterArn"),
            role_arn=self._stack.outputs["SchedulerRoleArn"],
            group=self._stack.outputs["ScheduleGroupName"],
            clock=self._clock,
        )
        return release(flow, self._ledger, road, rules)

    def troubles(self, *, since: datetime, most: int) -> Sequence[LogLine]:
        """What the functions have logged because somebody may have to look at it, the newest first."""
        return FunctionLogs(self._client("logs"), self._stack.logs()).troubles(since=since, most=most)


class ConsoleWorld(Generic[FlowRulesT]):
    """The console's outside world, built once per process; what stands on the secret anew when that has changed."""

    def __init__(
        self,
        *,
        sign_in_url: str,
        stack: DeployedStack,
        connect: Callable[[Secrets, CommonRules], ConsolePorts],
        secrets: SecretStore,
        rules: RulesStore[FlowRulesT],
        notices: CloudWatchNotices,
        pace: HubSpotPace,
    ) -> None:
        self._sign_in_url = sign_in_url
        self._stack = stack
        self._notices = notices
        self._connect = connect
        self._secrets = secrets
        self._rules = rules
        self._pace = pace

    @property
    def sign_in(self) -> SignInPage:
        """Where people sign in. Raises TryLater when the stack does not say who our client is.

        The client leads back to the API, and the API to this function: so its id cannot stand in the environment.
        """
        return SignInPage(
            url=self._sign_in_url,
            client_id=self._stack.outputs["ConsoleClientId"],
            tokens_last_minutes=TOKENS_LAST_MINUTES,
        )

    def open(self) -> tuple[ConsolePorts, FlowRulesT]:
        """Everything a request needs, and the rules now in force. Raises TryLater when one of it cannot be read."""
        common, own = self._rules.current()
        self._pace.begin(common.crm_limits, bulk=False)
        return self._connect(self._secrets.current(), common), own

    def note(self, what: str, **ids: str | int) -> None:
        """Tells operations that something happened that somebody may have to look at."""
        self._notices.note(what, flow=NAME, **ids)

    def flush(self) -> None:
        """Lets operations have what was noted."""
        self._notices.flush()


def build(rules: type[FlowRulesT], functions: Path, *, clock: Callable[[], datetime]) -> ConsoleWorld[FlowRulesT]:
    """Builds everything the console uses, from its environment; calls nobody yet.

    `functions` is the folder with one folder per function; `clock` gives the time, aware. Raises pydantic's
    ValidationError for the environment.
    """
    settings = ConsoleSettings()
    dynamodb: DynamoDBClient = boto3.client("dynamodb", config=DYNAMODB_CONFIG)
    ssm: SSMClient = boto3.client("ssm", config=CLIENT_CONFIG)
    cloudformation: CloudFormationClient = boto3.client("cloudformation", config=CLIENT_CONFIG)
    notices = CloudWatchNotices(Logger(), Metrics())
    pace = HubSpotPace(
        DynamoDbTimeBook(dynamodb, settings.ledger_table),
        clock=clock,
        unknown=lambda: notices.note("HubSpotPaceUnknown", flow=NAME),
        patience=HUBSPOT_PATIENCE,
    )
    stack = DeployedStack(cloudformation, settings.stack_id)
    ledger = DynamoDbLedger(dynamodb, settings.ledger_table)
    flows = DeployedFlows(stack, ledger, lambda service: boto3.client(service, config=CLIENT_CONFIG), clock=clock)
    bus = EventBus(boto3.client("events", config=BUS_CLIENT), settings.event_bus, source="kundeflyt.cases")
    cases = DynamoDbCaseStore(dynamodb, settings.cases_table)
    history = LedgerHistory(dynamodb, settings.ledger_table)
    changes = LedgerChanges(dynamodb, settings.ledger_table)
    rules_history = RulesHistory(ssm, prefix=settings.rules_prefix)
    models = rule_models(functions)
    directories: dict[Secrets, HubSpotDirectory] = {}

    def connect(secrets: Secrets, common: CommonRules) -> ConsolePorts:
        if secrets not in directories:
            directories.clear()
            hubspot = HubSpotClient(
                base_url=settings.hubspot_base_url, access_token=secrets.hubspot_access_token, pace=pace
            )
            directories[secrets] = HubSpotDirectory(hubspot, clock=clock)
        return ConsolePorts(
            cases=cases,
            bus=bus,
            history=history,
            directory=directories[secrets],
            changes=changes,
            flows=flows,
            rules=rules_history,
            rule_models=models,
            common=common,
            portal_id=secrets.portal_id,
        )

    def seconds() -> float:
        # The wall clock: the monotonic one stands still while Lambda has frozen the process.
        return clock().timestamp()

    return ConsoleWorld(
        sign_in_url=settings.sign_in_url,
        stack=stack,
        connect=connect,
        secrets=SecretStore(boto3.client("secretsmanager", config=CLIENT_CONFIG), settings.secret_id, clock=seconds),
        rules=RulesStore(
            ssm,
            prefix=settings.rules_prefix,
            flow=NAME,
            model=rules,
            rejected=lambda parameter, reason: notices.note(
                "RulesRejected", flow=NAME, parameter=parameter, reason=reason
            ),
            kept_seconds=settings.rules_seconds,
            clock=seconds,
        ),
        notices=notices,
        pace=pace,
    )
