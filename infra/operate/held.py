"""Looking at what a flow holds, and letting it go.

`python -m infra.operate.held list|release STACK FLOW`, with the AWS credentials of the environment. A release brings
the events back at the pace of the flow's rules; each is decided afresh.
"""

import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import boto3

from infra.operate.rules import BadRules, model_of

USE = "Use: python -m infra.operate.held list|release STACK FLOW\n"
AGAIN = "List again in a minute: a worker may have held something meanwhile by rules it remembers.\n"


def outputs_of(stack: str) -> dict[str, str]:
    """What a deployed stack says of itself; raises botocore's ClientError when there is no such stack."""
    [described] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def ledger_of(outputs: dict[str, str]) -> Any:
    """The stack's ledger."""
    adapter = import_module("kundeflyt.adapters.aws.ledger")
    return adapter.DynamoDbLedger(boto3.client("dynamodb"), outputs["LedgerTableName"])


def show(flow: str, outputs: dict[str, str]) -> int:
    """Prints what waits, oldest first, by record ids."""
    ledger = ledger_of(outputs)
    if reason := ledger.stopped(flow):
        sys.stdout.write(f"{flow} has stopped itself: {reason}\n")
    waiting = ledger.held(flow)
    for held in waiting:
        sys.stdout.write(f"{held.held_at:%Y-%m-%d %H:%M} UTC  {held.event.name} {held.event.subject}  {held.reason}\n")
    sys.stdout.write(f"{len(waiting)} held.\n")
    return 0


def release(flow: str, outputs: dict[str, str]) -> int:
    """Lets everything that waits go; refuses while the rules still say hold."""
    releasing = import_module("kundeflyt.engine.release")
    try_later = import_module("kundeflyt.ports.failures").TryLater
    prefix = "".join(part.capitalize() for part in flow.split("_"))
    store = import_module("kundeflyt.adapters.aws.rules").RulesStore(
        boto3.client("ssm"),
        prefix=outputs["RulesPrefix"],
        flow=flow,
        model=model_of(flow),
        kept_seconds=0,
        rejected=lambda parameter, reason: sys.stderr.write(f"The rules in {parameter} are not used: {reason}\n"),
    )
    road = import_module("kundeflyt.adapters.aws.road").SqsRoad(
        boto3.client("sqs"),
        boto3.client("scheduler"),
        queue_url=outputs[f"{prefix}QueueUrl"],
        queue_arn=outputs[f"{prefix}QueueArn"],
        dead_letter_arn=outputs[f"{prefix}DeadLetterArn"],
        role_arn=outputs["SchedulerRoleArn"],
        group=outputs["ScheduleGroupName"],
        clock=lambda: datetime.now(UTC),
    )
    try:
        _, rules = store.current()
        released = releasing.release(flow, ledger_of(outputs), road, rules)
    except releasing.StillOnHoldError as refused:
        sys.stderr.write(f"{refused}.\nNothing was released.\n")
        return 1
    except try_later as silent:
        sys.stderr.write(f"{silent}.\nWhat was not released is still held: try again.\n")
        return 1
    sys.stdout.write(f"{released} released, {rules.release_per_minute} a minute.\n{AGAIN}")
    return 0


def main(arguments: list[str]) -> int:
    """Runs a command; exit status 2 for a wrong one, 1 when it could not be done."""
    commands = {"list": show, "release": release}
    if len(arguments) != 3 or arguments[0] not in commands:
        sys.stderr.write(USE)
        return 2
    command, stack, flow = arguments
    try:
        model_of(flow)
    except BadRules as unknown:
        sys.stderr.write(f"{unknown}\n")
        return 2
    return commands[command](flow, outputs_of(stack))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
