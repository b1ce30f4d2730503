"""The emulated AWS of a stack: started with IAM enforced, and template.yaml deployed into it."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import requests
from samtranslator.yaml_helper import yaml_parse

from infra.local.building import overrides, runtime
from infra.local.given import Keys
from infra.local.ports import LOOPBACK
from infra.local.problems import StackProblem
from infra.local.processes import Processes
from infra.local.stack import Stack
from infra.local.tools import ROOT, environment, program, run

NAME = "aws"
MAIL_SENDER = "radgiver@avonova.example"
"""Whom e-mails to customers are from here: the emulator keeps them, and none leaves this machine."""
ARTIFACTS = "artifacts"
SECONDS_TO_START = 60.0
STARTS = 4
"""So often a function is asked: on a busy machine the first start may take longer than an answer may."""
TIMED_OUT = "Sandbox.Timedout"

LOCAL_TIMES = {
    # Nobody corrects an outcome here, rules are tried out, and a test waits for what a crash leaves behind.
    "SettleSeconds": "0",
    "RulesSeconds": "0",
    "TimeoutSeconds": "20",
    "VisibilitySeconds": "20",
}
"""Every flow's times on this machine, by the end of their parameters' names."""


def start(processes: Processes, folder: Path, stack: Stack) -> None:
    """Starts MiniStack for this stack alone and waits until it answers; raises StackProblem when it does not.

    AUTH makes it enforce IAM, and the stack's own key is then the account's root. Without IOT_MTLS_ENABLED=0 every
    stack would want port 8883.
    """
    port = stack.aws_endpoint_url.rsplit(":", 1)[1]
    processes.start(
        NAME,
        [program("python"), "-m", "ministack"],
        environment(
            folder / "tmp",
            AUTH="true",
            BIND_HOST=LOOPBACK,
            MINISTACK_HOST=LOOPBACK,
            GATEWAY_PORT=port,
            MINISTACK_REGION=stack.region,
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            S3_DATA_DIR=str(folder / "tmp" / "s3"),
            STATE_DIR=str(folder / "tmp" / "state"),
            AWS_ACCESS_KEY_ID=stack.aws_access_key_id,
            AWS_SECRET_ACCESS_KEY=stack.aws_secret_access_key,
        ),
        cwd=folder,
    )
    wait_until_it_answers(f"{stack.aws_endpoint_url}/_ministack/health", processes)


def wait_until_it_answers(url: str, processes: Processes) -> None:
    """Returns as soon as a server answers 200; raises StackProblem when a process ends or a minute goes by."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        processes.must_run()
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise StackProblem(f"{url} did not answer within {SECONDS_TO_START:.0f} s: see the logs in {processes.logs}.")


def deploy(folder: Path, built_template: Path, stack: Stack) -> None:
    """Deploys the built template with SAM, as in production; raises StackProblem with SAM's last words."""
    stack.client("s3").create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": stack.region})
    parameters = {
        "Stage": "local",
        "HubSpotBaseUrl": stack.hubspot_url,
        "ItxBaseUrl": stack.itx_url,
        "MetodikaBaseUrl": stack.metodika_url,
        "SignInUrl": stack.aws_endpoint_url,
        "MailSender": MAIL_SENDER,
        **_local_times(built_template),
        **runtime(),
    }
    run(
        "Deploying",
        [
            program("sam"),
            "deploy",
            "--template-file",
            str(built_template),
            "--stack-name",
            stack.stack_name,
            "--s3-bucket",
            ARTIFACTS,
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            *overrides(parameters),
        ],
        environment(folder / "tmp", **stack.aws_environment()),
        folder / "logs" / "deploy.log",
    )


def _local_times(template: Path) -> dict[str, str]:
    names = yaml_parse(template.read_text())["Parameters"]
    return {name: seconds for name in names for ending, seconds in LOCAL_TIMES.items() if name.endswith(ending)}


def with_doors(stack: Stack) -> Stack:
    """The stack with where its doors answer to any program: the emulator's path, not a host name only curl resolves."""
    outputs = stack.outputs()
    api = f"{stack.aws_endpoint_url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"
    return replace(
        stack,
        webhook_url=f"{api}/hubspot/webhooks",
        itx_receipts_url=f"{api}/itx/receipts",
        itx_inbound_url=f"{api}/itx/inbound",
        console_url=f"{stack.aws_endpoint_url}/_aws/execute-api/{outputs['ConsoleApiId']}/console/",
    )


def hand_over(stack: Stack, keys: Keys) -> None:
    """Does for the deployed stack what a person does: the secret, the address to sign, a sender that may be used."""
    outputs = stack.outputs()
    stack.client("secretsmanager").put_secret_value(
        SecretId=outputs["SecretId"],
        SecretString=json.dumps(
            {
                "hubspot_client_secrets": [keys.hubspot_client_secret],
                "hubspot_access_token": keys.hubspot_access_token,
                "hubspot_app_id": keys.hubspot_app_id,
                "hubspot_portal_id": keys.hubspot_portal_id,
                "itx_key": keys.itx_key,
                "itx_webhook_secret": keys.itx_webhook_secret,
                "metodika_token": keys.metodika_token,
                "number_hmac_keys": [secrets.token_hex(32)],
            }
        ),
    )
    stack.client("ssm").put_parameter(
        Name=outputs["SignedUrlParameter"], Value=stack.webhook_url, Type="String", Overwrite=True
    )
    stack.client("sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)


def must_refuse_the_unsigned(stack: Stack, logs: Path) -> None:
    """Raises StackProblem unless the doors are awake and refuse who has not signed."""
    for function, url in {
        "hubspot_webhook": stack.webhook_url,
        "itx_webhook": stack.itx_receipts_url or "",
    }.items():
        answer = _started(lambda url=url: requests.post(url, data=b"[]", timeout=SECONDS_TO_START))  # type: ignore[misc]
        if answer.status_code != 401:
            raise StackProblem(
                f"The door {function} answered {answer.status_code} to an unsigned request instead of 401: "
                f"{answer.text[:300]} See {ROOT / 'functions' / function} and the logs in {logs}."
            )


def must_ask_who_it_is(stack: Stack, logs: Path) -> None:
    """Raises StackProblem unless the console is awake, says where to sign in, and lets nobody in without."""
    for path, expected in (("api/sign-in", 200), ("api/me", 401)):
        url = f"{stack.console_url}{path}"
        answer = _started(lambda url=url: requests.get(url, timeout=SECONDS_TO_START))  # type: ignore[misc]
        if answer.status_code != expected:
            raise StackProblem(
                f"The console answered {answer.status_code} at {path} instead of {expected}: {answer.text[:300]} "
                f"See {ROOT / 'functions' / 'csc_console'} and the logs in {logs}."
            )


def must_take_an_empty_batch(stack: Stack) -> None:
    """Raises StackProblem unless every function behind a queue starts, reads its rules and takes an empty batch."""
    for mapping in stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        function = mapping["FunctionArn"]
        for _ in range(STARTS):
            wrong = _what_goes_wrong(stack, function)
            if wrong is None or TIMED_OUT not in wrong:
                break
        if wrong is not None:
            raise StackProblem(f"{function.split(':')[6]} fails on an empty batch: {wrong[:1500]}")


def _what_goes_wrong(stack: Stack, function: str) -> str | None:
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    return answer["Payload"].read().decode(errors="replace") if "FunctionError" in answer else None


def _started(ask: Callable[[], requests.Response]) -> requests.Response:
    """What a function answers, once it had the time to start."""
    for _ in range(STARTS - 1):
        answer = ask()
        if answer.status_code < 500:
            return answer
    return ask()
