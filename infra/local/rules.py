"""What operations does to a stack, done from here: the rules it begins with, and what the page's reader changes."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.problems import StackProblem
from infra.local.stack import Stack
from infra.local.tools import ROOT, environment

AT_ONCE: Mapping[str, Mapping[str, object]] = {
    "owner_change": {"settle_minutes": 0},
    "sequence_ended": {"settle_minutes": 0},
}
"""On one's own machine nobody corrects an owner set by mistake, and nobody waits a quarter of an hour."""


def put_rules(folder: Path, stack: Stack, flow: str, rules: Mapping[str, object]) -> None:
    """Checks rules as the functions will and puts them; raises StackProblem, and changes nothing, if they are wrong.

    The check belongs to the product, so it is operations' program that does it; stack.json need not be there yet.
    """
    file = folder / "tmp" / f"{flow}.json"
    file.write_text(json.dumps(rules))
    _operate(folder, stack, "rules", "put", flow, str(file))


def release(folder: Path, stack: Stack, flow: str) -> None:
    """Lets go what a flow holds, at its rules' pace; raises StackProblem while the rules do not let it act."""
    _operate(folder, stack, "held", "release", flow)


def _operate(folder: Path, stack: Stack, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.operate", *words, "--stack", stack.stack_name],
        cwd=ROOT,
        env=environment(folder / "tmp", **stack.aws_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackProblem(done.stderr.strip())
