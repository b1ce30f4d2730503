"""The processes a stack consists of: started, written down at once, and ended by their ids."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from infra.local.problems import StackProblem

SECONDS_TO_END = 5.0

_OURS: dict[int, subprocess.Popen[bytes]] = {}
"""What this very process has started: it is kept, so that an ended child is reaped and a running one not forgotten."""


class Processes:
    """The book of what a stack has started, kept in its folder so that another command can end it.

    Each process leads a group of its own, which the functions' workers belong to, and is known by its id and how long
    after the machine's start it was created: an id that the machine has given to somebody else since is left alone, and
    a clock that is set meanwhile (a machine that has slept) makes no stranger of it.
    """

    def __init__(self, folder: Path) -> None:
        self._book = folder / "processes.json"
        self.logs = folder / "logs"

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        """Starts a process and writes it down; what it says goes to a log of its name."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log_of(name).open("ab") as log:
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _OURS[child.pid] = child
        entries = self._entries()
        entries.append({"name": name, "pid": child.pid, "born": _born(psutil.Process(child.pid))})
        self._book.write_text(json.dumps(entries, indent=2))

    def log_of(self, name: str) -> Path:
        """Where the process of this name writes."""
        return self.logs / f"{name}.log"

    def last_words(self, name: str, lines: int = 15) -> str:
        """The end of a process's log, for an error message."""
        log = self.log_of(name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def must_run(self) -> None:
        """Raises StackProblem when a process of the stack has ended by itself, with its last words."""
        for entry in self._entries():
            if self._running(entry) is None:
                raise StackProblem(
                    f"{entry['name']} ended by itself. The last of {self.log_of(entry['name'])}:\n"
                    f"{self.last_words(entry['name'])}"
                )

    def any_running(self) -> bool:
        """Whether something of an earlier start is still there."""
        return any(self._running(entry) is not None for entry in self._entries())

    def end_all(self) -> None:
        """Ends every process in the book with its group, the latest first, and closes the book."""
        alive = [found for entry in reversed(self._entries()) if (found := self._running(entry)) is not None]
        families = [member for leader in alive for member in [leader, *leader.children(recursive=True)]]
        for leader in alive:
            _signal_group(leader.pid, signal.SIGTERM)
        _gone, stubborn = psutil.wait_procs(families, timeout=SECONDS_TO_END)
        for leader in alive:
            _signal_group(leader.pid, signal.SIGKILL)
        for member in stubborn:
            _kill(member)
        psutil.wait_procs(stubborn, timeout=SECONDS_TO_END)
        for entry in self._entries():
            if child := _OURS.pop(entry["pid"], None):
                child.wait(timeout=SECONDS_TO_END)
        self._book.unlink(missing_ok=True)

    def _entries(self) -> list[dict[str, Any]]:
        return list(json.loads(self._book.read_text())) if self._book.exists() else []

    def _running(self, entry: dict[str, Any]) -> psutil.Process | None:
        try:
            found = psutil.Process(entry["pid"])
            same = abs(_born(found) - entry["born"]) < 1
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def _born(process: psutil.Process) -> float:
    """Seconds from the machine's start to the process's; psutil counts both by the wall clock, which may be set."""
    return process.create_time() - psutil.boot_time()


def _signal_group(leader: int, what: signal.Signals) -> None:
    try:
        os.killpg(leader, what)
    except ProcessLookupError:
        return


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
