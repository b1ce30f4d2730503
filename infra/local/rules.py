"""What operations does to a running stack: rules put into it, held events let go."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.tools import ROOT, environment


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
    _operate(folder, stack, "rules", flow, str(file), stack.rules_parameters[flow])


def release(folder: Path, stack: Stack, flow: str) -> str:
    """Lets go what a flow holds, at its rules' pace; raises StackProblem while the rules still say hold."""
    return _operate(folder, stack, "held", "release", stack.stack_name, flow)


def _operate(folder: Path, stack: Stack, program: str, *arguments: str) -> str:
    """Runs one of operations' programs against the stack; raises StackProblem with what it says when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", f"infra.operate.{program}", *arguments],
        cwd=ROOT,
        env=environment(folder / "tmp", **stack.aws_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackProblem(done.stderr.strip())
    return done.stdout.strip()
