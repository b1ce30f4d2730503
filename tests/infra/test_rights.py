"""No function can do more than its list here says, and nothing of what has to be kept or hidden is left to chance.

Read from the production template as CloudFormation gets it. A function that needs a further right gets it in its role
and in its list, so that somebody sees it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pytest

from infra.template import PRODUCTION, Resources, deployed

Rights = dict[str, set[str]]
"""Actions by the resource they may be done to."""

SECRET = "Secrets.Id"
LEDGER = {"LedgerTable.Arn", "${LedgerTable.Arn}/index/customer"}
PARAMETER = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${%s}"
SCHEDULES = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${ScheduleGroup}/*"
IDENTITIES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"
CONFIGURATION_SETS = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/*"
WORKS_CASES = {
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
}
WRITES_ITS_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def of_every_flow(flow: str) -> Rights:
    """Works its own queue, sets aside, reads its rules and the secret, uses the ledger, books its own return."""
    return {
        f"{flow}Queue.Arn": {
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",
        },
        f"{flow}DeadLetterQueue.Arn": {"sqs:SendMessage"},
        **{
            table: {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            }
            for table in LEDGER
        },
        SECRET: {"secretsmanager:GetSecretValue"},
        PARAMETER % "CommonRules": {"ssm:GetParameter", "ssm:GetParameterHistory"},
        PARAMETER % f"{flow}Rules": {"ssm:GetParameter", "ssm:GetParameterHistory"},
        SCHEDULES: {"scheduler:CreateSchedule"},
        "SchedulerRole.Arn": {"iam:PassRole"},
        f"{flow}Log.Arn": WRITES_ITS_LOG,
    }


def of_those_that_erase(flow: str) -> Rights:
    """Finds a person in the ledger, and looks for them in the stores where nothing is kept by person."""
    return of_every_flow(flow) | {
        "${LedgerTable.Arn}/index/contact": set(of_every_flow(flow)["LedgerTable.Arn"]),
        "${InboundBucket.Arn}/*": {"s3:GetObject", "s3:DeleteObject"},
        "${InspectionBucket.Arn}/*": {"s3:GetObject", "s3:DeleteObject"},
        "InboundBucket.Arn": {"s3:ListBucket"},
        "InspectionBucket.Arn": {"s3:ListBucket"},
        "CasesTable.Arn": WORKS_CASES,
    }


MAY: dict[str, Rights] = {
    "review_intake": {
        "ReviewIntakeQueue.Arn": of_every_flow("ReviewIntake")["ReviewIntakeQueue.Arn"] - {"sqs:SendMessage"},
        "ReviewIntakeDeadLetterQueue.Arn": {"sqs:SendMessage"},
        "CasesTable.Arn": WORKS_CASES - {"dynamodb:DeleteItem"},
        "LedgerTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
        SECRET: {"secretsmanager:GetSecretValue"},
        PARAMETER % "CommonRules": {"ssm:GetParameter", "ssm:GetParameterHistory"},
        PARAMETER % "ReviewIntakeRules": {"ssm:GetParameter", "ssm:GetParameterHistory"},
        "ReviewIntakeLog.Arn": WRITES_ITS_LOG,
    },
    "hubspot_webhook": {
        "EventBus.Arn": {"events:PutEvents"},
        "${InspectionBucket.Arn}/*": {"s3:PutObject"},
        SECRET: {"secretsmanager:GetSecretValue"},
        PARAMETER % "SignedUrl": {"ssm:GetParameter"},
        "HubspotWebhookLog.Arn": WRITES_ITS_LOG,
    },
    "itx_webhook": {
        "EventBus.Arn": {"events:PutEvents"},
        "${InspectionBucket.Arn}/*": {"s3:PutObject"},
        "${InboundBucket.Arn}/*": {"s3:PutObject"},
        SECRET: {"secretsmanager:GetSecretValue"},
        "ItxWebhookLog.Arn": WRITES_ITS_LOG,
    },
    "no_answer": of_every_flow("NoAnswer"),
    "contact_erased": of_those_that_erase("ContactErased"),
    "records_merged": of_those_that_erase("RecordsMerged"),
    "review_decided": of_every_flow("ReviewDecided")
    | {
        "CasesTable.Arn": WORKS_CASES,
        "${CasesTable.Arn}/index/state_opened_at": {"dynamodb:Query"},
        "EventBus.Arn": {"events:PutEvents"},
    },
    "owner_reconcile": of_every_flow("OwnerReconcile") | {"CasesTable.Arn": {"dynamodb:Query"}},
    "sequence_ended": of_every_flow("SequenceEnded") | {"ReviewIntakeQueue.Arn": {"sqs:SendMessage"}},
    "owner_change": of_every_flow("OwnerChange")
    | {IDENTITIES: {"ses:SendEmail"}, CONFIGURATION_SETS: {"ses:SendEmail"}, "CasesTable.Arn": {"dynamodb:Query"}},
    "sms_receipt": of_every_flow("SmsReceipt"),
    "customer_reached": of_every_flow("CustomerReached")
    | {
        "CasesTable.Arn": WORKS_CASES,
        "EventBus.Arn": {"events:PutEvents"},
    },
    "sequence_due": of_every_flow("SequenceDue") | {"CasesTable.Arn": {"dynamodb:Query"}},
    "sms_inbound": of_every_flow("SmsInbound")
    | {
        "${InboundBucket.Arn}/*": {"s3:GetObject", "s3:DeleteObject"},
        "InboundBucket.Arn": {"s3:ListBucket"},
    },
}


CONSOLE = "csc_console"
UNDER_OUR_NAME = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:%s"


def of_the_console(flows: Collection[str]) -> Rights:
    """Reads everything that is shown, works the cases, and brings back what any flow holds or has set aside."""
    items = {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:Query",
        "dynamodb:BatchGetItem",
    }
    return {
        "LedgerTable.Arn": items,
        "${LedgerTable.Arn}/index/customer": {"dynamodb:Query"},
        "CasesTable.Arn": items,
        "${CasesTable.Arn}/index/*": {"dynamodb:Query"},
        SECRET: {"secretsmanager:GetSecretValue"},
        UNDER_OUR_NAME % ("ssm", "parameter/${AWS::StackName}/rules/*"): {
            "ssm:GetParameter",
            "ssm:GetParameterHistory",
            "ssm:PutParameter",
        },
        UNDER_OUR_NAME % ("cloudformation", "stack/${AWS::StackName}/*"): {"cloudformation:DescribeStacks"},
        UNDER_OUR_NAME % ("logs", "log-group:/kundeflyt/${AWS::StackName}/*"): {"logs:FilterLogEvents"},
        SCHEDULES: {"scheduler:CreateSchedule"},
        "SchedulerRole.Arn": {"iam:PassRole"},
        "EventBus.Arn": {"events:PutEvents"},
        **{f"{flow}Queue.Arn": {"sqs:SendMessage"} for flow in flows},
        **{
            f"{flow}DeadLetterQueue.Arn": {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            }
            for flow in flows
        },
        "CscConsoleLog.Arn": WRITES_ITS_LOG,
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(resource: Any) -> str:
    """What stands in a policy, in one line; a name given to Fn::Sub beside the text is put in."""
    match resource:
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": [str(text), dict(given)]}:
            for name, value in given.items():
                text = text.replace(f"${{{name}}}", f"${{{value['Ref']}}}")
            return text
        case {"Fn::Sub": text}:
            return str(text)
        case _:
            return json.dumps(resource)


def policies_of(role: str, resources: Resources) -> list[dict[str, Any]]:
    """The role's own policies and those that are attached to it from elsewhere in the template."""
    own = [policy["PolicyDocument"] for policy in resources[role]["Properties"].get("Policies", [])]
    attached = [
        one["Properties"]["PolicyDocument"]
        for one in resources.values()
        if one["Type"] in {"AWS::IAM::Policy", "AWS::IAM::RolePolicy"}
        and {"Ref": role} in one["Properties"].get("Roles", [one["Properties"].get("RoleName")])
    ]
    return own + attached


def rights_of(role: str, resources: Resources) -> Rights:
    rights: Rights = {}
    for policy in policies_of(role, resources):
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            assert not statement.keys() & {"NotAction", "NotResource"}
            for resource in as_list(statement["Resource"]):
                rights.setdefault(name_of(resource), set()).update(as_list(statement["Action"]))
    return rights


def functions(resources: Resources) -> dict[str, dict[str, Any]]:
    """Functions by the name of their folder."""
    return {
        one["Properties"]["Handler"].split(".")[0]: one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::Lambda::Function"
    }


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    found = {name: one for name, one in resources.items() if one["Type"] == kind}
    assert found, f"production has no {kind}"
    return found


class TestAFunction:
    def test_has_a_list(self, production: Resources) -> None:
        assert functions(production).keys() == MAY.keys() | {CONSOLE}

    def test_shows_every_flow_in_the_console_and_brings_back_what_it_has_set_aside(self, production: Resources) -> None:
        flows = {name.removesuffix("Rules") for name in production if name.endswith("Rules")}
        flows &= {name.removesuffix("Queue") for name in of_type(production, "AWS::SQS::Queue")}
        role = functions(production)[CONSOLE]["Role"]["Fn::GetAtt"][0]
        assert rights_of(role, production) == of_the_console(flows)

    @pytest.mark.parametrize("function", sorted(MAY))
    def test_may_do_what_its_list_says_and_nothing_else(self, production: Resources, function: str) -> None:
        role = functions(production)[function]["Role"]["Fn::GetAtt"][0]
        assert rights_of(role, production) == MAY[function]

    def test_acts_as_nobody_else(self, production: Resources) -> None:
        roles = [one["Role"]["Fn::GetAtt"][0] for one in functions(production).values()]
        assert len(set(roles)) == len(roles)
        for role in roles:
            properties = production[role]["Properties"]
            assert not properties.keys() & {"ManagedPolicyArns", "PermissionsBoundary"}
            [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
            assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")

    def test_passes_the_scheduler_s_role_to_the_scheduler_only(self, production: Resources) -> None:
        passing = [
            statement
            for role in of_type(production, "AWS::IAM::Role")
            for policy in policies_of(role, production)
            for statement in policy["Statement"]
            if "iam:PassRole" in as_list(statement["Action"])
        ]
        assert passing
        assert all(
            one["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}} for one in passing
        )

    def test_writes_to_customers_from_one_address_only_and_not_at_all_without_one(self, production: Resources) -> None:
        sending = [
            statement
            for role in of_type(production, "AWS::IAM::Role")
            for policy in policies_of(role, production)
            for statement in policy["Statement"]
            if "ses:SendEmail" in as_list(statement["Action"])
        ]
        sender = {"StringEquals": {"ses:FromAddress": PRODUCTION["MailSender"]}}
        assert [one["Condition"] for one in sending] == [sender]
        without = deployed(**{name: value for name, value in PRODUCTION.items() if name != "MailSender"})["Resources"]
        assert not any("ses:" in resource for resource in rights_of("OwnerChangeRole", without))

    def test_is_started_by_the_api_or_its_own_queue_and_by_nobody_else(self, production: Resources) -> None:
        for permission in of_type(production, "AWS::Lambda::Permission").values():
            assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
            assert "SourceArn" in permission["Properties"]
        for name, mapping in of_type(production, "AWS::Lambda::EventSourceMapping").items():
            flow = name.removesuffix("FunctionMessages")
            assert mapping["Properties"]["EventSourceArn"] == {"Fn::GetAtt": [f"{flow}Queue", "Arn"]}
        assert not [name for name, one in production.items() if one["Type"] == "AWS::Lambda::Url"]


class TestTheScheduler:
    def test_may_put_events_back_on_the_flows_queues_and_nothing_else(self, production: Resources) -> None:
        queues = {
            f"{name}.Arn": {"sqs:SendMessage"}
            for name in of_type(production, "AWS::SQS::Queue")
            if not name.startswith("ReviewIntake")  # it holds no events, and nothing of it is put back
        }
        assert rights_of("SchedulerRole", production) == queues


class TestWhoElseMay:
    def test_send_to_a_queue_is_its_own_rule_alone(self, production: Resources) -> None:
        for name, policy in of_type(production, "AWS::SQS::QueuePolicy").items():
            [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
            flow = name.removesuffix("QueuePolicy")
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Action"] == "sqs:SendMessage"
            assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [f"{flow}Rule", "Arn"]}}}

    def test_be_let_in_by_a_policy_is_nobody_but_these(self, production: Resources) -> None:
        """A resource policy on a bucket, a topic, the bus, the secret or the table would open it past these lists."""
        opening = {one["Type"] for one in production.values() if "Policy" in one["Type"]}
        assert opening == {"AWS::SQS::QueuePolicy", "AWS::IAM::Policy"}


class TestWhatProductionKeepsAndHides:
    def test_every_queue_is_encrypted_and_has_dead_letters_for_fourteen_days(self, production: Resources) -> None:
        queues = {name: one["Properties"] for name, one in of_type(production, "AWS::SQS::Queue").items()}
        assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
        assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {1209600}
        for name in [name for name in queues if not name.endswith("DeadLetterQueue")]:
            dead = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert dead == name.removesuffix("Queue") + "DeadLetterQueue"

    def test_every_table_forgets_by_itself_can_be_restored_and_outlives_the_stack(self, production: Resources) -> None:
        tables = of_type(production, "AWS::DynamoDB::Table")
        assert set(tables) == {"LedgerTable", "CasesTable"}
        for table in tables.values():
            assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
            assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
            assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
            assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")

    def test_the_bus_is_archived_for_seven_days(self, production: Resources) -> None:
        [archive] = of_type(production, "AWS::Events::Archive").values()
        assert archive["Properties"]["RetentionDays"] == 7
        assert archive["Properties"]["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}

    def test_every_bucket_is_encrypted_private_and_empties_itself_within_two_weeks(self, production: Resources) -> None:
        for bucket in of_type(production, "AWS::S3::Bucket").values():
            properties = bucket["Properties"]
            assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
            assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            [rule] = properties["LifecycleConfiguration"]["Rules"]
            assert rule["Status"] == "Enabled"
            assert rule["ExpirationInDays"] <= 14

    def test_every_log_is_kept_thirty_days_and_every_function_has_one(self, production: Resources) -> None:
        logs = of_type(production, "AWS::Logs::LogGroup")
        assert {log["Properties"]["RetentionInDays"] for log in logs.values()} == {30}
        used = {one["LoggingConfig"]["LogGroup"]["Ref"] for one in functions(production).values()}
        assert used == set(logs)

    def test_no_key_stands_in_the_template_or_an_environment(self, production: Resources) -> None:
        [secret] = of_type(production, "AWS::SecretsManager::Secret").values()
        assert set(secret["Properties"]) == {"Description"}
        for function in functions(production).values():
            variables = function["Environment"]["Variables"]
            assert not [name for name in variables if any(word in name for word in ("TOKEN", "PASSWORD", "_KEY"))]

    def test_starts_from_snapshots_on_arm_unless_somebody_says_otherwise(self, production: Resources) -> None:
        for function in functions(production).values():
            assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
            assert function["Architectures"] == ["arm64"]
        otherwise = deployed(**PRODUCTION, SnapStart="None", Architecture="x86_64")["Resources"]
        for function in functions(otherwise).values():
            assert (function["SnapStart"], function["Architectures"]) == ({"ApplyOn": "None"}, ["x86_64"])

    def test_no_queue_takes_more_than_two_places_of_the_account_s_quota(self, production: Resources) -> None:
        """Two is the least an event source may be given, and a new account may run ten functions at once."""
        at_once = [
            one["Properties"]["ScalingConfig"]["MaximumConcurrency"]
            for one in of_type(production, "AWS::Lambda::EventSourceMapping").values()
        ]
        assert set(at_once) == {2}

    def test_the_public_routes_take_only_so_much(self, production: Resources) -> None:
        taken = {}
        for name, stage in of_type(production, "AWS::ApiGateway::Stage").items():
            [limits] = stage["Properties"]["MethodSettings"]
            assert (limits["HttpMethod"], limits["ResourcePath"]) == ("*", "/*")
            taken[name] = (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"])
        for name, stage in of_type(production, "AWS::ApiGatewayV2::Stage").items():
            limits = stage["Properties"]["DefaultRouteSettings"]
            taken[name] = (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"])
        assert taken == {"ApiStage": (100, 200), "ConsoleApiconsoleStage": (50, 100)}

    def test_nobody_is_told_of_alarms_where_no_address_is_given(self) -> None:
        without = {name: value for name, value in PRODUCTION.items() if name != "AlarmEmail"}
        assert "AlarmMail" not in deployed(**without)["Resources"]
