"""What a figure is: a measured value, what it is held against, and whether that is good enough."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from infra.bench import figures

Say = Callable[[str], None]
"""Tells whoever waits how far the measurement has come."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value in its unit.

    `floor` is the least that could be expected, measured in the same run and the same unit, and `ratio` how many times
    that the value is. `target` is the most that the ratio may be, or the value itself where there is no ratio; a figure
    without a target is only reported.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    target: float | None = None

    @property
    def ok(self) -> bool:
        """Whether it is as good as it has to be."""
        return self.target is None or (self.value if self.ratio is None else self.ratio) <= self.target

    def to_json(self) -> str:
        """The figure on one line."""
        numbers = {name: _short(value) for name, value in asdict(self).items()}
        return json.dumps(numbers | {"ok": self.ok}, allow_nan=False)


class Measurement(Protocol):
    """A module of `infra.bench.figures`."""

    def measure(self, say: Say) -> Sequence[Figure]:
        """Measures now; one module may report several figures of one measurement."""
        ...


def names() -> Sequence[str]:
    """The figures that can be measured."""
    return [module.name for module in iter_modules(figures.__path__)]


def measurement(name: str) -> Measurement:
    """The module that measures a figure; raises ModuleNotFoundError when there is none."""
    return cast("Measurement", import_module(f"{figures.__name__}.{name}"))


def _short(value: object) -> object:
    """Four digits are more than any measurement here is good for."""
    return float(f"{value:.4g}") if isinstance(value, float) else value
