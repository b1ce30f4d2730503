"""How long a function's code takes to be imported, in fresh processes that see what Lambda would show them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infra.bench.pairs import Compared, Seconds, by_turns

ROOT = Path(__file__).resolve().parents[2]
PAIRS = 25
THE_LEAST = "import boto3; boto3.client('events')"
"""What every function that calls AWS imports at least."""

_TIMED = "import time; began = time.process_time(); {code}; print(time.process_time() - began)"


def compared_with_the_least(code: str) -> Compared:
    """The processor's seconds for running `code` in a new process, by turns with THE_LEAST."""
    return by_turns(_in_a_new_process(code), _in_a_new_process(THE_LEAST), pairs=PAIRS, unmeasured=2)


def _in_a_new_process(code: str) -> Seconds:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("functions", "shared")),
        "AWS_DEFAULT_REGION": "eu-north-1",
    }

    def seconds() -> float:
        ended = subprocess.run(
            [sys.executable, "-c", _TIMED.format(code=code)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return float(ended.stdout)

    return seconds
