"""Putting rules into a running stack."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.tools import ROOT, environment

SECONDS_UNTIL_IN_FORCE = 60
"""The functions keep rules a minute before they read them again."""


def put_rules(folder: Path, stack: Stack, flow: str, rules: Path | Mapping[str, object]) -> None:
    """Checks rules, a file or its content, as the functions will and puts them; raises StackProblem if they are wrong.

    The check belongs to the product, so it runs as a program of its own. Nothing is changed when it fails.
    """
    if flow not in stack.rules_parameters:
        raise StackProblem(f"The stack has no rules {flow!r}: FLOW is one of {sorted(stack.rules_parameters)}.")
    if isinstance(rules, Path):
        file = rules.resolve()
    else:
        file = folder / "tmp" / f"{flow}.json"
        file.write_text(json.dumps(rules))
    done = subprocess.run(
        [sys.executable, "-m", "infra.operate.rules", flow, str(file), stack.rules_parameters[flow]],
        cwd=ROOT,
        env=environment(folder / "tmp", **stack.aws_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackProblem(done.stderr.strip())
