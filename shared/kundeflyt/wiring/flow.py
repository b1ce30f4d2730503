"""The one place where a flow's outside world is built."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic

import boto3
from aws_lambda_powertools import Logger, Metrics

from kundeflyt.adapters.aws.bus import EventBus
from kundeflyt.adapters.aws.calls import CLIENT_CONFIG, DYNAMODB_CONFIG
from kundeflyt.adapters.aws.cases import DynamoDbCaseStore
from kundeflyt.adapters.aws.inbox import S3Inbox
from kundeflyt.adapters.aws.inspection import KeptRequests
from kundeflyt.adapters.aws.ledger import DynamoDbLedger
from kundeflyt.adapters.aws.mailbox import SqsMailbox
from kundeflyt.adapters.aws.notices import CloudWatchNotices
from kundeflyt.adapters.aws.numbers import NumberIdentity
from kundeflyt.adapters.aws.review_queue import SqsReviewQueue
from kundeflyt.adapters.aws.road import SqsRoad
from kundeflyt.adapters.aws.rules import RulesStore
from kundeflyt.adapters.aws.secrets import Secrets, SecretStore
from kundeflyt.adapters.aws.time_book import DynamoDbTimeBook
from kundeflyt.adapters.hubspot.client import HubSpotClient
from kundeflyt.adapters.hubspot.customers import HubSpotCustomerReader
from kundeflyt.adapters.hubspot.pace import PATIENCE, HubSpotPace
from kundeflyt.adapters.hubspot.reader import HubSpotReader
from kundeflyt.adapters.hubspot.sequences import HubSpotSequenceReader, HubSpotSequenceWriter
from kundeflyt.adapters.hubspot.writer import HubSpotWriter
from kundeflyt.adapters.itx.sms import ItxSmsWriter
from kundeflyt.adapters.mail.ses import CLIENT_CONFIG as SES_CONFIG
from kundeflyt.adapters.mail.ses import SesMailWriter
from kundeflyt.adapters.metodika.client import MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.adapters.metodika.writer import MetodikaWriter
from kundeflyt.domain.rules import FlowRulesT, Rules
from kundeflyt.domain.texts import TextBook
from kundeflyt.ports.bundle import Ports
from kundeflyt.wiring.settings import FlowSettings
from kundeflyt.wiring.texts import load_texts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient

OUR_OWN: Final = "kundeflyt.cases"
"""Who told of what happened in our own cases, for the rules that pass events on."""


USERS_KEPT: Final = timedelta(minutes=10)


class FlowWorld(Generic[FlowRulesT]):
    """A flow's outside world, built once per process.

    What stands on the secret is built anew when the secret has changed, so that a rotated token needs no deployment.
    """

    def __init__(
        self,
        *,
        connect: Callable[[Secrets], Ports],
        secrets: SecretStore,
        rules: RulesStore[FlowRulesT],
        texts: TextBook,
        production: bool,
        sends_email: bool,
        mailbox: SqsMailbox,
        notices: CloudWatchNotices,
        pace: HubSpotPace,
    ) -> None:
        self.mailbox = mailbox
        self._pace = pace
        self._connect = connect
        self._secrets = secrets
        self._rules = rules
        self._texts = texts
        self._production = production
        self._sends_email = sends_email
        self.notices = notices
        self._connected: tuple[Secrets, Ports] | None = None

    @property
    def ports(self) -> Ports:
        """What the engine works with; raises TryLater when there is no secret at hand and none can be read."""
        secrets = self._secrets.current()
        if self._connected is None or self._connected[0] != secrets:
            self._connected = secrets, self._connect(secrets)
        return self._connected[1]

    @property
    def portal_id(self) -> int:
        """The portal we act on; raises TryLater as `ports` does."""
        return self._secrets.current().portal_id

    def rules(self) -> Rules[FlowRulesT]:
        """The rules now in force; raises TryLater when none can be read."""
        common, flow = self._rules.current()
        return Rules(
            common=common,
            flow=flow,
            texts=self._texts,
            production=self._production,
            sends_email=self._sends_email,
        )

    def begin(self, rules: Rules[FlowRulesT], *, bulk: bool) -> None:
        """A batch begins: HubSpot is called at the pace of these rules, and bulk work lets other work go first."""
        self._pace.begin(rules.common.crm_limits, bulk=bulk)

    def flush(self) -> None:
        """Lets operations have what was noted."""
        self.notices.flush()


def build(
    flow: str, rules: type[FlowRulesT], texts: Path | None, *, clock: Callable[[], datetime]
) -> FlowWorld[FlowRulesT]:
    """Builds everything a flow's function uses, from its environment; calls nobody yet.

    `texts` is the folder with what customers read, None where the flow writes to none; `clock` gives the time, aware.
    Raises pydantic's ValidationError for the environment and TextError for the texts.
    """
    settings = FlowSettings()
    sqs: SQSClient = boto3.client("sqs", config=CLIENT_CONFIG)
    scheduler: EventBridgeSchedulerClient = boto3.client("scheduler", config=CLIENT_CONFIG)
    dynamodb: DynamoDBClient = boto3.client("dynamodb", config=DYNAMODB_CONFIG)
    ledger = DynamoDbLedger(dynamodb, settings.ledger_table)
    cases = DynamoDbCaseStore(dynamodb, settings.cases_table)
    s3 = cache(lambda: boto3.client("s3", config=CLIENT_CONFIG))  # most flows never need it
    inbox = S3Inbox(s3, settings.inbound_bucket)
    mail = SesMailWriter(
        cache(lambda: boto3.client("sesv2", config=SES_CONFIG)),
        sender=settings.mail_sender,
        configuration_set=settings.mail_configuration_set,
    )
    review_queue = SqsReviewQueue(sqs, queue_url=settings.review_queue_url)
    announcer = EventBus(boto3.client("events", config=CLIENT_CONFIG), settings.event_bus, source=OUR_OWN)
    inspection = KeptRequests(s3, settings.inspection_bucket)
    notices = CloudWatchNotices(Logger(), Metrics())
    road = SqsRoad(
        sqs,
        scheduler,
        queue_url=settings.queue_url,
        queue_arn=settings.queue_arn,
        dead_letter_arn=settings.dead_letter_arn,
        role_arn=settings.scheduler_role_arn,
        group=settings.schedule_group,
        clock=clock,
    )

    pace = HubSpotPace(
        DynamoDbTimeBook(dynamodb, settings.ledger_table),
        clock=clock,
        unknown=lambda: notices.note("HubSpotPaceUnknown", flow=flow),
        patience=min(PATIENCE, timedelta(seconds=settings.lease_seconds) / 4),
    )

    def connect(secrets: Secrets) -> Ports:
        hubspot = HubSpotClient(
            base_url=settings.hubspot_base_url, access_token=secrets.hubspot_access_token, pace=pace
        )
        writer = HubSpotWriter(hubspot)
        metodika = MetodikaClient(base_url=settings.metodika_base_url, token=secrets.metodika_token)
        return Ports(
            ledger=ledger,
            cases=cases,
            crm=HubSpotReader(hubspot, clock=clock),
            customers=HubSpotCustomerReader(hubspot),
            sequences=HubSpotSequenceReader(hubspot),
            sequence_writer=HubSpotSequenceWriter(hubspot),
            tasks=writer,
            work=writer,
            timeline=writer,
            contacts=writer,
            companies=writer,
            sms=ItxSmsWriter(base_url=settings.itx_base_url, key=secrets.itx_key),
            mail=mail,
            inbox=inbox,
            # Facts ask four such questions, and half of a worker's time must be left for what follows from them.
            cards=MetodikaReader(
                metodika, patience=timedelta(seconds=settings.lease_seconds) / 15, users_kept=USERS_KEPT
            ),
            card_writer=MetodikaWriter(metodika),
            inspection=inspection,
            review_queue=review_queue,
            announcer=announcer,
            road=road,
            number_hashes=NumberIdentity(secrets.number_hmac_keys).hashes,
            notices=notices,
            clock=clock,
            # Twice as long as a worker can live: what it sent the moment it was killed may still be on its way in.
            lease=timedelta(seconds=2 * settings.lease_seconds),
            begin_within=timedelta(seconds=settings.lease_seconds) / 2,
        )

    def seconds() -> float:
        # The wall clock: the monotonic one stands still while Lambda has frozen the process, and a hold put in the
        # rules meanwhile would go unseen.
        return clock().timestamp()

    def rejected(parameter: str, reason: str) -> None:
        notices.note("RulesRejected", flow=flow, parameter=parameter, reason=reason)

    return FlowWorld(
        connect=connect,
        secrets=SecretStore(boto3.client("secretsmanager", config=CLIENT_CONFIG), settings.secret_id, clock=seconds),
        rules=RulesStore(
            boto3.client("ssm", config=CLIENT_CONFIG),
            prefix=settings.rules_prefix,
            flow=flow,
            model=rules,
            rejected=rejected,
            kept_seconds=settings.rules_seconds,
            clock=seconds,
        ),
        texts=load_texts(texts) if texts else TextBook({}),
        production=settings.stage == "production",
        sends_email=bool(settings.mail_sender),
        mailbox=SqsMailbox(sqs, queue_url=settings.queue_url, dead_letter_url=settings.dead_letter_url),
        notices=notices,
        pace=pace,
    )
