"""What make hands on to the local stack's program."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!{python}
import os, signal, sys, time
def end(*_given):
    print("ended in order", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print(os.getpid(), os.environ["KUNDEFLYT_LOCAL_DIR"], *sys.argv[1:], flush=True)
if "demo" in sys.argv:
    signal.pause()
"""


@pytest.fixture
def make(tmp_path: Path) -> list[str]:
    """make, with a program in place of Python that says what it was given; as the demo it waits to be ended."""
    program = tmp_path / "python"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    return ["make", f"BIN={tmp_path}", f"INSTALLED={program}"]


def environment(**more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "STACK_DIR"))}
    return own | more


class TestMake:
    def test_ends_the_demo_in_order_when_it_is_ended_itself(self, make: list[str]) -> None:
        with subprocess.Popen(  # noqa: S603 our own words
            [*make, "demo"], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as running:
            assert running.stdout
            started = running.stdout.readline()
            running.send_signal(signal.SIGTERM)
            try:
                rest, _ = running.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.kill(int(started.split()[0]), signal.SIGKILL)
                raise
        assert "ended in order" in rest

    @pytest.mark.parametrize(
        ("given", "arguments", "folder"),
        [
            ({}, [], ".local"),
            ({"KUNDEFLYT_LOCAL_DIR": "/x"}, [], "/x"),
            ({"KUNDEFLYT_LOCAL_DIR": "/x"}, ["STACK_DIR=/y"], "/y"),
        ],
    )
    def test_takes_the_stack_s_folder_from_the_environment_or_its_own_variable(
        self, make: list[str], given: dict[str, str], arguments: list[str], folder: str
    ) -> None:
        env = environment(KUNDEFLYT_LOCAL_DIR="") | given
        done = subprocess.run(  # noqa: S603 our own words
            [*make, "up", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[1:] == [folder, "-m", "infra.local", "up"]
