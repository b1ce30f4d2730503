"""The layer holds what the functions need, and no more: the emulator would lend them its own environment's packages."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.local.building import build

LAMBDAS_OWN = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What a Python runtime of Lambda brings itself: boto3 and what that stands on."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built")).parent


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Lambda's own packages and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in LAMBDAS_OWN:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found = Path(spec.origin)
        source = found.parent if found.name == "__init__.py" else found
        (folder / source.name).symlink_to(source)
    return folder


class TestLayer:
    @pytest.mark.parametrize("handler", ["hubspot_webhook.handler", "no_answer.handler", "kundeflyt.wiring.flow"])
    def test_is_all_a_function_needs_beside_its_folder(self, handler: str, built: Path, runtime: Path) -> None:
        paths = [built / "NoAnswerFunction", built / "SharedLayer" / "python", runtime]
        program = f"import sys; sys.path += {[str(path) for path in paths]!r}; import {handler}"
        # -S keeps this environment's packages away, -I its variables; -B leaves no compiled files behind.
        done = subprocess.run(  # noqa: S603 our own words
            [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def test_reads_organisation_numbers(self, built: Path, runtime: Path) -> None:
        """The library brings the numbers of every country, of which the layer keeps two."""
        paths = [built / "SharedLayer" / "python", runtime]
        program = f"import sys; sys.path += {[str(path) for path in paths]!r}; "
        program += "from kundeflyt.domain.organisation_numbers import organisation_number as read; "
        program += "print(read('NO 974760673 MVA', 'NO'), read('556036-0793', 'SE'))"
        done = subprocess.run(  # noqa: S603 our own words
            [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=False
        )
        assert done.stdout.split() == ["974760673", "5560360793"], done.stderr

    def test_every_function_is_in_the_code_of_each(self, built: Path) -> None:
        for function in ("HubspotWebhookFunction", "NoAnswerFunction"):
            assert {folder.name for folder in (built / function).iterdir()} >= {"hubspot_webhook", "no_answer"}

    def test_brings_no_compiled_files_and_no_programs(self, built: Path) -> None:
        assert not [*built.rglob("*.pyc")]
        assert not (built / "SharedLayer" / "python" / "bin").exists()

    def test_does_not_bring_what_lambda_has(self, built: Path) -> None:
        assert not (built / "SharedLayer" / "python" / "botocore").exists()

    def test_stays_small(self, built: Path) -> None:
        files = [file for file in (built / "SharedLayer").rglob("*") if file.is_file()]
        assert sum(file.stat().st_size for file in files) < 40_000_000
