"""What the rules of each function must look like, found in its folder: a new flow edits nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from pydantic import BaseModel

from kundeflyt.domain.rules import CommonRules, FlowRules

COMMON: Final = "common"
"""The rules that all flows share."""


def rule_models(functions: Path) -> Mapping[str, type[BaseModel]]:
    """The model of each function's rules, by the function's name, and that of `common`.

    A function without a `rules.py` has what every flow has. `functions` is the folder of all functions.
    """
    names = sorted(file.parent.name for file in functions.glob("*/handler.py"))
    own = {name: _model(import_module(f"{name}.rules")) for name in names if (functions / name / "rules.py").exists()}
    return {COMMON: CommonRules} | dict.fromkeys(names, FlowRules) | own


def _model(module: ModuleType) -> type[BaseModel]:
    (model,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, FlowRules) and found.__module__ == module.__name__
    )
    return model
