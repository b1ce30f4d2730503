"""Putting rules into a running stack."""

import subprocess
import sys
from pathlib import Path

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.tools import ROOT, environment

SECONDS_UNTIL_IN_FORCE = 60
"""The functions keep rules a minute before they read them again."""


def put_rules(folder: Path, stack: Stack, flow: str, file: Path) -> None:
    """Checks the rules as the functions will and puts them; raises StackProblem, and nothing is changed, if wrong.

    The check belongs to the product, so it runs as a program of its own.
    """
    if flow not in stack.rules_parameters:
        raise StackProblem(f"The stack has no rules {flow!r}: FLOW is one of {sorted(stack.rules_parameters)}.")
    done = subprocess.run(
        [sys.executable, "-m", "infra.operate.rules", flow, str(file.resolve()), stack.rules_parameters[flow]],
        cwd=ROOT,
        env=environment(
            folder / "tmp",
            AWS_ENDPOINT_URL=stack.aws_endpoint_url,
            AWS_ACCESS_KEY_ID=stack.aws_access_key_id,
            AWS_SECRET_ACCESS_KEY=stack.aws_secret_access_key,
            AWS_DEFAULT_REGION=stack.region,
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackProblem(done.stderr.strip())
