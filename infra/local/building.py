"""Building the functions and the layer for this machine's own interpreter."""

import platform
import sys
from pathlib import Path

from infra.local.problems import StackProblem
from infra.local.tools import ROOT, environment, program, run

ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def runtime() -> dict[str, str]:
    """The template's parameters that say what the functions run on here: this interpreter, this machine."""
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise StackProblem(f"Lambda knows no machine {machine!r}: use one of {sorted(set(ARCHITECTURES.values()))}.")
    return {
        "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": ARCHITECTURES[machine],
    }


def build(folder: Path) -> Path:
    """Builds template.yaml into the stack's folder and gives the built template; raises StackProblem if SAM fails."""
    program("make")
    built = folder / "build" / "sam"
    run(
        "Building",
        [
            program("sam"),
            "build",
            "--template-file",
            "template.yaml",
            "--build-dir",
            str(built),
            "--parameter-overrides",
            *overrides({"Stage": "local", **runtime()}),
        ],
        environment(
            folder / "tmp", LAYER_TARGET="", LAYER_CACHE=str(ROOT / ".build" / "layers"), PYTHON=sys.executable
        ),
        folder / "logs" / "build.log",
    )
    return built / "template.yaml"


def overrides(parameters: dict[str, str]) -> list[str]:
    """Parameters as SAM's command line wants them; an empty one is left to the template's default."""
    return [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items() if value]
