"""The frame that figures are measured in; how good they are is for `make bench` to say."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.bench import figures
from infra.bench.__main__ import MISSED, NOT_MEASURED, main
from infra.bench.figure import Figure, names

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "infra" / "bench" / "README.md"

AddFigure = Callable[[str, str], None]


@pytest.fixture
def add_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddFigure:
    """Adds a figure that reports what it is told to."""
    monkeypatch.setattr(figures, "__path__", [str(tmp_path)])
    monkeypatch.setattr(sys, "path", list(sys.path))

    def add(name: str, given: str) -> None:
        monkeypatch.delitem(sys.modules, f"{figures.__name__}.{name}", raising=False)
        code = (
            f"from infra.bench.figure import Figure\ndef measure(say):\n    return [Figure(name={name!r}, {given})]\n"
        )
        (tmp_path / f"{name}.py").write_text(code)

    return add


class TestFigure:
    def test_is_one_line_with_these_keys(self) -> None:
        line = Figure(name="f", value=1.23456, unit="ms", floor=1.0, ratio=1.23456, target=1.5).to_json()

        assert json.loads(line) == {
            "name": "f", "value": 1.235, "unit": "ms", "floor": 1.0, "ratio": 1.235, "target": 1.5, "ok": True,
        }  # fmt: skip
        assert "\n" not in line

    def test_is_held_to_its_ratio_where_it_has_a_floor(self) -> None:
        assert Figure(name="f", value=900, unit="ms", floor=800, ratio=1.125, target=1.15).ok
        assert not Figure(name="f", value=1, unit="ms", floor=0.5, ratio=2, target=1.15).ok

    def test_is_held_to_its_value_where_it_has_none(self) -> None:
        assert Figure(name="f", value=16, unit="calls", target=16).ok
        assert not Figure(name="f", value=17, unit="calls", target=16).ok

    def test_without_a_target_is_only_reported(self) -> None:
        assert json.loads(Figure(name="f", value=1e9, unit="s").to_json())["ok"] is True

    def test_that_is_no_number_is_never_good(self) -> None:
        assert not Figure(name="f", value=float("nan"), unit="s", target=1).ok
        with pytest.raises(ValueError, match="not JSON compliant"):
            Figure(name="f", value=float("nan"), unit="s").to_json()


class TestTheCommand:
    def test_ends_well_when_the_target_is_reached(
        self, add_figure: AddFigure, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add_figure("good", "value=1, unit='s', target=1")

        assert main([]) == 0
        assert json.loads(capsys.readouterr().out)["ok"] is True

    def test_ends_with_1_when_a_target_is_missed(
        self, add_figure: AddFigure, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add_figure("missed", "value=2, unit='s', target=1")

        assert main(["missed"]) == MISSED == 1
        assert json.loads(capsys.readouterr().out)["ok"] is False

    def test_names_the_figures_there_are_when_asked_for_another(self) -> None:
        ended = subprocess.run(
            [sys.executable, "-m", "infra.bench", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
        )

        assert ended.returncode == NOT_MEASURED
        assert not ended.stdout
        assert "no figure called speed" in ended.stderr


class TestTheFigures:
    def test_stand_in_the_readme(self) -> None:
        readme = README.read_text()

        assert [name for name in names() if f"| `{name}`" not in readme] == []
