"""`python -m infra.bench [FIGURE ...]`: measures the figures, one JSON line each; what goes on meanwhile on stderr.

Ends with 1 when a target is missed, with 2 when there is no such figure or one could not be measured.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from infra.bench.figure import measurement, names

ROOT = Path(__file__).resolve().parents[2]
MISSED = 1
NOT_MEASURED = 2


def main(wanted: Sequence[str]) -> int:
    """Measures what is wanted, or everything; says with which code to end."""
    known = names()
    if unknown := sorted(set(wanted) - set(known)):
        _say(f"There is no figure called {', '.join(unknown)}. There are: {', '.join(known)}.")
        return NOT_MEASURED
    todo = wanted or known
    if len(todo) == 1:
        return _measured_here(todo[0])
    return max(_measured_apart(name) for name in todo)


def _measured_here(name: str) -> int:
    _say(f"{name} …")
    # As in Lambda, where the folders of functions and of the layer's package are roots.
    sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "shared")]
    found = measurement(name).measure(_say)
    for figure in found:
        print(figure.to_json(), flush=True)
    return 0 if all(figure.ok for figure in found) else MISSED


def _measured_apart(name: str) -> int:
    """In a process of its own: what one figure imports, caches or leaves behind is no other's business."""
    with subprocess.Popen([sys.executable, "-m", __package__, name], cwd=ROOT) as process:
        try:
            code = process.wait()
        except BaseException:
            process.terminate()  # it may have a stack to take down
            raise
    if code not in {0, MISSED}:
        _say(f"{name} could not be measured (exit code {code}).")
    return code if code in {0, MISSED} else NOT_MEASURED


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:]))
