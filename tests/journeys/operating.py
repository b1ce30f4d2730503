"""Operations' own program, run on the deployed stack as a person would."""

import os
import subprocess
import sys

from infra.operate import ROOT
from tests.journeys.road import Road


def operate(road: Road, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command of `python -m infra.operate` on the road's stack; `typed` is what the person types."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUNDEFLYT_"))}
    return subprocess.run(  # noqa: S603 our own program
        [sys.executable, "-m", "infra.operate", *words, "--stack-dir", str(road.folder)],
        cwd=ROOT,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
