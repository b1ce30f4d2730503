"""The stack itself, before anything travels on it."""

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from infra.local.problems import StackProblem
from infra.local.rules import put_rules
from tests.journeys.road import Road


@pytest.mark.journey
class TestStack:
    def test_its_webhook_answers_any_program_and_refuses_what_is_not_signed(self, road: Road) -> None:
        answer = requests.post(road.stack.webhook_url, data=b"[]", timeout=30)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")

    def test_the_address_to_sign_is_the_one_that_answers(self, road: Road) -> None:
        parameter = road.stack.client("ssm").get_parameter(Name=road.outputs["SignedUrlParameter"])["Parameter"]
        assert parameter["Value"] == road.stack.webhook_url

    def test_its_aws_knows_who_asks(self, road: Road) -> None:
        stranger = boto3.client(
            "dynamodb",
            endpoint_url=road.stack.aws_endpoint_url,
            region_name=road.stack.region,
            aws_access_key_id="AKIASTRANGER",
            aws_secret_access_key="guessed",
        )
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            stranger.scan(TableName=road.outputs["LedgerTableName"])

    def test_its_alarms_watch_the_queues_functions_and_api_it_has(self, road: Road) -> None:
        functions = {one["FunctionName"] for one in road.stack.client("lambda").list_functions()["Functions"]}
        there = {
            "QueueName": {url.rsplit("/", 1)[1] for url in road.stack.client("sqs").list_queues()["QueueUrls"]},
            "FunctionName": functions,
            "ApiId": {road.outputs["ApiId"]},
            "ApiName": {one["name"] for one in road.stack.client("apigateway").get_rest_apis()["items"]},
            "Stage": {road.outputs["ApiStage"], "console"},
        }
        pages = road.stack.client("cloudwatch").get_paginator("describe_alarms").paginate()
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        of_aws = [alarm for alarm in alarms if alarm["Namespace"].startswith("AWS/")]
        assert len(of_aws) >= 2 * len(functions)
        for alarm in of_aws:
            assert all(one["Value"] in there[one["Name"]] for one in alarm["Dimensions"]), alarm["AlarmName"]
        assert {alarm["Namespace"] for alarm in alarms if alarm not in of_aws} == {road.stack.stack_name}
        assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {road.outputs["AlarmTopicArn"]}

    def test_wrong_rules_change_nothing(self, road: Road) -> None:
        ssm = road.stack.client("ssm")
        name = road.stack.rules_parameters["no_answer"]
        before = ssm.get_parameter(Name=name)["Parameter"]
        with pytest.raises(StackProblem, match="mode"):
            put_rules(road.folder, road.stack, "no_answer", {"mode": "sometimes"})
        assert ssm.get_parameter(Name=name)["Parameter"] == before

    def test_rules_of_a_flow_it_does_not_have_are_refused(self, road: Road) -> None:
        with pytest.raises(StackProblem, match=r"common.*no_answer"):
            put_rules(road.folder, road.stack, "owner_exchange", {})
