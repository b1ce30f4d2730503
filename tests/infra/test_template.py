"""The template keeps what the architecture promises, also where the emulator cannot show it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from csc_console.rights import GROUPS, RIGHTS
from kundeflyt.wiring.console import TOKENS_LAST_MINUTES

ROOT = Path(__file__).resolve().parents[2]
Resources = dict[str, dict[str, Any]]


def of_type(resources: Resources, name: str) -> Resources:
    found = {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}
    assert found, f"the template has no {name}"
    return found


def statements(resources: Resources) -> list[dict[str, Any]]:
    return [
        statement
        for role in of_type(resources, "AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ] + [
        statement
        for policy in of_type(resources, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]


class TestSchedules:
    def test_none_falls_into_the_hour_that_is_left_out_in_spring(self, resources: Resources) -> None:
        """EventBridge Scheduler skips what would be between two and three on the night when clocks go forward."""
        for schedule in of_type(resources, "AWS::Scheduler::Schedule").values():
            assert schedule["ScheduleExpressionTimezone"] == "Europe/Oslo"
            hour = re.fullmatch(r"cron\(\d+ (\d+) \* \* \? \*\)", schedule["ScheduleExpression"])
            assert hour, "not once a night"
            assert hour[1] != "2"


class TestQueues:
    def test_each_has_a_dead_letter_queue_that_keeps_messages_fourteen_days(self, resources: Resources) -> None:
        queues = of_type(resources, "AWS::SQS::Queue")
        worked = {name: queue for name, queue in queues.items() if "RedrivePolicy" in queue}
        dead = {queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for queue in worked.values()}
        assert set(queues) == set(worked) | dead
        assert {queues[name]["MessageRetentionPeriod"] for name in dead} == {1209600}

    def test_all_are_encrypted(self, resources: Resources) -> None:
        assert all(queue["SqsManagedSseEnabled"] for queue in of_type(resources, "AWS::SQS::Queue").values())

    def test_settle_and_visibility_times_are_parameters(self, resources: Resources, template: Resources) -> None:
        queue = of_type(resources, "AWS::SQS::Queue")["NoAnswerQueue"]
        assert queue["DelaySeconds"] == {"Ref": "NoAnswerSettleSeconds"}
        assert queue["VisibilityTimeout"] == {"Ref": "NoAnswerVisibilitySeconds"}
        assert template["Parameters"]["NoAnswerSettleSeconds"]["Default"] == 120

    def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_work(self, template: Resources) -> None:
        times = template["Parameters"]
        hidden, work = times["NoAnswerVisibilitySeconds"]["Default"], times["NoAnswerTimeoutSeconds"]["Default"]
        assert hidden >= 6 * work

    def test_functions_take_batches_in_part_and_only_so_many_at_once(self, resources: Resources) -> None:
        for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
            # A sweep has one page under way, and whoever gathers more than ten has to wait a second for them.
            assert mapping["BatchSize"] == (1 if name.startswith("OwnerReconcile") else 100)
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
        functions = of_type(resources, "AWS::Lambda::Function").values()
        assert not any("ReservedConcurrentExecutions" in function for function in functions)


class TestEvents:
    def test_a_rule_passes_on_what_its_flow_listens_to(self, resources: Resources) -> None:
        rule = of_type(resources, "AWS::Events::Rule")["NoAnswerRule"]
        listens = json.loads((ROOT / "functions" / "no_answer" / "listens.json").read_text())
        assert rule["EventPattern"] == {"source": ["kundeflyt.hubspot"], "detail-type": listens}

    def test_what_a_rule_cannot_deliver_becomes_a_dead_letter(self, resources: Resources) -> None:
        for rule in of_type(resources, "AWS::Events::Rule").values():
            assert all("DeadLetterConfig" in target for target in rule["Targets"])

    def test_the_archive_keeps_seven_days_where_there_are_archives(self, resources: Resources) -> None:
        (archive,) = (one for one in resources.values() if one["Type"] == "AWS::Events::Archive")
        assert archive["Condition"] == "IsDeployed"
        assert archive["Properties"]["RetentionDays"] == 7


@pytest.mark.parametrize("name", ["LedgerTable", "CasesTable"])
class TestATable:
    def test_forgets_by_itself_is_encrypted_and_can_be_restored(self, resources: Resources, name: str) -> None:
        table = of_type(resources, "AWS::DynamoDB::Table")[name]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"

    def test_outlives_its_stack(self, resources: Resources, name: str) -> None:
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"


class TestCases:
    def test_carry_what_lists_show_in_their_indexes_and_not_the_evidence(self, resources: Resources) -> None:
        indexes = of_type(resources, "AWS::DynamoDB::Table")["CasesTable"]["GlobalSecondaryIndexes"]
        for index in indexes:
            assert index["Projection"]["ProjectionType"] == "INCLUDE"
            assert set(index["Projection"]["NonKeyAttributes"]) <= {"summary", "opened_at"}


class TestLedger:
    @pytest.fixture
    def table(self, resources: Resources) -> dict[str, Any]:
        return of_type(resources, "AWS::DynamoDB::Table")["LedgerTable"]

    def test_finds_a_customers_history_in_order_of_time(self, table: dict[str, Any]) -> None:
        index = {one["IndexName"]: one for one in table["GlobalSecondaryIndexes"]}["customer"]
        assert [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] == [
            ("customer", "HASH"),
            ("at", "RANGE"),
        ]
        assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}

    def test_finds_what_is_about_a_person_at_the_least_cost(self, table: dict[str, Any]) -> None:
        """Every plan and message is written to it; only whoever is forgotten, shown or merged is read from it."""
        index = {one["IndexName"]: one for one in table["GlobalSecondaryIndexes"]}["contact"]
        assert index["KeySchema"] == [{"AttributeName": "contact_id", "KeyType": "HASH"}]
        assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


class TestRights:
    def test_every_function_has_a_role_of_its_own(self, resources: Resources) -> None:
        functions = of_type(resources, "AWS::Lambda::Function").values()
        roles = [function["Role"]["Fn::GetAtt"][0] for function in functions]
        assert len(roles) == len(set(roles))

    def test_no_role_leans_on_a_managed_policy(self, resources: Resources) -> None:
        assert not any("ManagedPolicyArns" in role for role in of_type(resources, "AWS::IAM::Role").values())

    def test_every_statement_names_its_actions_and_its_resource(self, resources: Resources) -> None:
        for statement in statements(resources):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any("*" in action for action in actions)
            assert statement["Resource"] != "*"

    @pytest.mark.parametrize("flow", ["NoAnswer", "SmsReceipt", "SmsInbound", "ContactErased", "RecordsMerged"])
    def test_what_wakes_a_flow_may_put_events_on_its_queues_and_nothing_else(
        self, resources: Resources, flow: str
    ) -> None:
        assert "Policies" not in of_type(resources, "AWS::IAM::Role")["SchedulerRole"]
        wakes = of_type(resources, "AWS::IAM::Policy")[f"{flow}Wakes"]["PolicyDocument"]["Statement"]
        assert wakes == [
            {
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": [{"Fn::GetAtt": [f"{flow}{queue}", "Arn"]} for queue in ("Queue", "DeadLetterQueue")],
            }
        ]

    def test_a_role_is_passed_on_to_the_scheduler_only(self, resources: Resources) -> None:
        passing = [one for one in statements(resources) if one["Action"] == "iam:PassRole"]
        assert passing
        for statement in passing:
            assert statement["Resource"] == {"Fn::GetAtt": ["SchedulerRole", "Arn"]}
            assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}

    def test_only_the_flow_of_their_messages_and_those_that_erase_read_what_customers_wrote(
        self, resources: Resources
    ) -> None:
        readers = {
            name
            for name, role in of_type(resources, "AWS::IAM::Role").items()
            for policy in role.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
            if "s3:GetObject" in statement["Action"]
        }
        assert readers == {"SmsInboundRole", "ContactErasedRole", "RecordsMergedRole"}

    def test_only_those_that_erase_or_move_find_everything_about_a_person(self, resources: Resources) -> None:
        finders = {
            name
            for name, role in of_type(resources, "AWS::IAM::Role").items()
            if "index/contact" in json.dumps(role.get("Policies", []))
        }
        assert finders == {"ContactErasedRole", "RecordsMergedRole"}


class TestWhatIsKept:
    def test_unreadable_bodies_are_encrypted_private_and_gone_after_a_week(self, resources: Resources) -> None:
        bucket = of_type(resources, "AWS::S3::Bucket")["InspectionBucket"]
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [7]

    def test_customers_words_are_encrypted_private_and_gone_when_the_dead_letters_are(
        self, resources: Resources
    ) -> None:
        bucket = of_type(resources, "AWS::S3::Bucket")["InboundBucket"]
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [14]

    def test_logs_are_kept_thirty_days(self, resources: Resources) -> None:
        groups = of_type(resources, "AWS::Logs::LogGroup")
        assert {group["RetentionInDays"] for group in groups.values()} == {30}
        for function in of_type(resources, "AWS::Lambda::Function").values():
            assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups

    def test_the_template_holds_no_secret(self, resources: Resources) -> None:
        (secret,) = of_type(resources, "AWS::SecretsManager::Secret").values()
        assert "SecretString" not in secret


class TestVariants:
    def test_production_runs_the_python_and_machine_that_the_layer_is_built_for(self, template: Resources) -> None:
        parameters = template["Parameters"]
        layer = (ROOT / "shared" / "Makefile").read_text()
        version = re.search(r"--python-version (\S+)", layer)
        assert version is not None
        assert parameters["PythonRuntime"]["Default"] == f"python{version[1]}"
        assert parameters["Architecture"]["Default"] == "arm64"
        assert set(re.findall(r"--platform \S+?_(aarch64|x86_64)", layer)) == {"aarch64"}

    def test_functions_start_from_snapshots_where_there_are_any(self, resources: Resources) -> None:
        for function in of_type(resources, "AWS::Lambda::Function").values():
            assert function["SnapStart"]["ApplyOn"] == {"Fn::If": ["IsDeployed", {"Ref": "SnapStart"}, "None"]}

    def test_a_changed_environment_reaches_the_snapshots(self, template: Resources) -> None:
        assert template["Globals"]["Function"]["AutoPublishAliasAllProperties"] is True


class TestFrontDoor:
    def test_is_told_of_requests_in_the_form_that_the_doors_read(self, resources: Resources) -> None:
        forms = {one["PayloadFormatVersion"] for one in of_type(resources, "AWS::ApiGatewayV2::Integration").values()}
        assert forms == {"2.0"}

    def test_takes_webhooks_by_post_and_nothing_else(self, resources: Resources) -> None:
        routes = sorted(route["RouteKey"] for route in of_type(resources, "AWS::ApiGatewayV2::Route").values())
        assert routes == ["POST /hubspot/webhooks", "POST /itx/inbound", "POST /itx/receipts"]

    def test_may_be_asked_only_so_often(self, resources: Resources) -> None:
        for stage in of_type(resources, "AWS::ApiGateway::Stage").values():
            (limits,) = stage["MethodSettings"]
            assert limits["ThrottlingRateLimit"] > 0
        for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
            assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0

    def test_answers_before_hubspot_gives_up(self, resources: Resources) -> None:
        assert of_type(resources, "AWS::Lambda::Function")["HubspotWebhookFunction"]["Timeout"] <= 5


class TestTheConsole:
    """Who gets in is Cognito's to verify; what they may do is the rights table's."""

    @pytest.fixture
    def paths(self, resources: Resources) -> dict[str, Any]:
        paths: dict[str, Any] = of_type(resources, "AWS::ApiGateway::RestApi")["ConsoleApi"]["Body"]["paths"]
        return paths

    def test_verifies_a_token_before_everything_but_the_page_and_where_to_sign_in(self, paths: dict[str, Any]) -> None:
        open_to_all = {
            (path, method)
            for path, methods in paths.items()
            for method, operation in methods.items()
            if operation["security"] != [{"Users": []}]
        }
        public = {(path, method.lower()) for (method, path), right in RIGHTS.items() if right.public}
        # The page and its files; what lies below api/ has routes of its own that go before.
        assert open_to_all == public | {("/", "get"), ("/{proxy+}", "get")}

    def test_lets_nobody_sign_up_or_change_their_own_address(self, resources: Resources) -> None:
        pool = of_type(resources, "AWS::Cognito::UserPool")["ConsoleUsers"]
        client = of_type(resources, "AWS::Cognito::UserPoolClient")["ConsoleClient"]
        assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
        assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
        assert client["AllowedOAuthScopes"] == ["openid", "email"]
        assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]

    def test_signs_in_by_a_code_and_gives_tokens_for_five_minutes(self, resources: Resources) -> None:
        client = of_type(resources, "AWS::Cognito::UserPoolClient")["ConsoleClient"]
        assert (client["AllowedOAuthFlows"], client["GenerateSecret"]) == (["code"], False)
        lasting = {"Fn::If": ["IsDeployed", TOKENS_LAST_MINUTES, 60]}
        assert (client["IdTokenValidity"], client["TokenValidityUnits"]["IdToken"]) == (lasting, "minutes")
        assert (client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]) == (lasting, "minutes")
        assert client["EnableTokenRevocation"] is True

    def test_knows_the_groups_of_the_rights_table(self, resources: Resources) -> None:
        groups = {group["GroupName"] for group in of_type(resources, "AWS::Cognito::UserPoolGroup").values()}
        assert groups == GROUPS

    def test_keeps_its_users_when_the_stack_goes(self, resources: Resources) -> None:
        assert resources["ConsoleUsers"]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources["ConsoleUsers"]["Properties"]["DeletionProtection"] == {
            "Fn::If": ["IsDeployed", "ACTIVE", "INACTIVE"]
        }


class TestOutputs:
    def test_name_every_url_queue_store_and_parameter(self, template: Resources) -> None:
        assert {
            "WebhookUrl",
            "EventBusName",
            "LedgerTableName",
            "CasesTableName",
            "InspectionBucketName",
            "SecretId",
            "SignedUrlParameter",
            "RulesPrefix",
            "NoAnswerQueueUrl",
            "NoAnswerDeadLetterUrl",
        } <= set(template["Outputs"])
