"""The programs the stack is built and started with, run so that no real account can be meant by accident."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra.local.problems import StackProblem

ROOT = Path(__file__).resolve().parents[2]
LEAST_FREE_BYTES = 1_000_000_000


def program(name: str) -> str:
    """Where a program lies, beside our own interpreter or on the path; raises StackProblem when it is missing."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise StackProblem(f"The program {name} is missing: install it, or run `make venv` for what Python brings.")
    return found


def must_be_writable(folder: Path) -> None:
    """Raises StackProblem when a folder cannot be made or we may not write in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as refused:
        raise StackProblem(
            f"A stack cannot write in {folder} ({refused.strerror}): name another folder with STACK_DIR."
        ) from refused


def must_have_room(folder: Path) -> None:
    """Raises StackProblem when the disk of a folder has too little room for a build (1 GB)."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise StackProblem(
            f"The disk of {folder} has {free // 1_000_000} MB left and a stack needs "
            f"{LEAST_FREE_BYTES // 1_000_000} MB: make room, or name another folder with STACK_DIR."
        )


def environment(temporary: Path, **more: str) -> dict[str, str]:
    """The environment of this process without what could lead to a real AWS account, and with an own TMPDIR."""
    temporary.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', os.defpath)}"
    return own | {"TMPDIR": str(temporary), "SAM_CLI_TELEMETRY": "0"} | more


def run(what: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    """Runs a program to its end in the project's root; raises StackProblem with its last words when it fails.

    When we are broken off, it is too, with all it has started: nobody writes into a folder that is being removed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as started,
    ):
        try:
            status = started.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            raise
    if status != 0:
        words = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise StackProblem(f"{what} failed with exit status {status}. The last of {log}:\n{words}")
