from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.simulation.clients import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]


@contextmanager
def process(vendor: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", f"infra.simulators.{vendor}", *arguments]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 ours
    try:
        yield started
    finally:
        started.terminate()
        started.communicate(timeout=PATIENCE_SECONDS)


def port_of(file: Path) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not file.exists():
        assert time.monotonic() < deadline, "the simulator wrote no port"
        time.sleep(0.01)
    return int(file.read_text(encoding="ascii"))


@pytest.mark.parametrize(
    ("vendor", "option", "setting"),
    [("hubspot", "--access-token", "access_token"), ("itx", "--key", "key"), ("metodika", "--token", "token")],
)
class TestAProcess:
    def test_tells_its_port_and_takes_its_secrets_from_the_command_line(
        self, tmp_path: Path, vendor: str, option: str, setting: str
    ) -> None:
        file = tmp_path / "port"
        with process(vendor, "--port", "0", "--port-file", str(file), option, "secret") as started:
            port = port_of(file)
            assert started.stdout is not None
            assert int(started.stdout.readline()) == port
            settings = requests.get(f"http://127.0.0.1:{port}/_sim/settings", timeout=10).json()
            assert settings[setting] == "secret"
        assert started.returncode == 0

    def test_says_so_when_its_port_is_busy(self, tmp_path: Path, vendor: str, option: str, setting: str) -> None:
        file = tmp_path / "port"
        with process(vendor, "--port-file", str(file)):
            port = str(port_of(file))
            with process(vendor, "--port", port) as second:
                assert second.wait(PATIENCE_SECONDS) == 1
                assert second.stderr is not None
                assert second.stderr.read().startswith(f"Port {port}".encode())
