"""Requests that nobody could read, in memory. The contract suite keeps it true to the real store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class FakeInspection:
    """Implements Inspection; `requests` are those that lie there, by key. `failure`, when set, is raised."""

    requests: dict[str, bytes] = field(default_factory=dict)
    failure: Exception | None = None

    def kept(self) -> Iterable[tuple[str, bytes]]:
        self._answer()
        return list(self.requests.items())

    def erase(self, keys: Sequence[str]) -> None:
        self._answer()
        for key in keys:
            self.requests.pop(key, None)

    def _answer(self) -> None:
        if self.failure is not None:
            raise self.failure
