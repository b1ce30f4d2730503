"""What one write changes in an item, down to single fields of its maps, and what must hold for it."""

from __future__ import annotations

from typing import Any

Path = str | tuple[str, str]
"""An attribute, or a field of an attribute that is a map."""


class Change:
    """Collects what is set and removed, and the conditions; names and values get placeholders of their own."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._adds: list[str] = []
        self._conditions: list[str] = []
        self._known: dict[str, str] = {}

    def at(self, path: Path) -> str:
        """The path as an expression names it."""
        parts = (path,) if isinstance(path, str) else path
        return ".".join(map(self._name, parts))

    def value(self, value: Any) -> str:
        """The value as an expression names it."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder

    def set(self, path: Path, value: Any) -> None:
        """Sets it; None removes it."""
        if value is None:
            self.remove(path)
        else:
            self._sets.append(f"{self.at(path)} = {self.value(value)}")

    def set_once(self, path: Path, value: Any) -> None:
        """Sets it unless it is there already."""
        place = self.at(path)
        self._sets.append(f"{place} = if_not_exists({place}, {self.value(value)})")

    def remove(self, path: Path) -> None:
        """Removes it, if it is there."""
        self._removes.append(self.at(path))

    def add(self, name: str, step: int) -> None:
        """Adds to a number, which is nothing while it is not there."""
        self._adds.append(f"{self.at(name)} {self.value(step)}")

    def only_if(self, condition: str) -> None:
        """One more thing that must hold."""
        self._conditions.append(f"({condition})")

    def only_if_absent(self, path: Path) -> None:
        """The attribute must not be there."""
        self.only_if(f"attribute_not_exists({self.at(path)})")

    def only_if_is(self, path: Path, value: Any) -> None:
        """The attribute must be there with this value."""
        self.only_if(f"{self.at(path)} = {self.value(value)}")

    @property
    def update(self) -> str:
        """The update expression."""
        clauses = [f"SET {', '.join(self._sets)}"] if self._sets else []
        clauses += [f"REMOVE {', '.join(self._removes)}"] if self._removes else []
        clauses += [f"ADD {', '.join(self._adds)}"] if self._adds else []
        return " ".join(clauses)

    @property
    def condition(self) -> str | None:
        """The condition expression."""
        return " AND ".join(self._conditions) or None

    def _name(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = f"#n{len(self._known)}"
            self.names[self._known[name]] = name
        return self._known[name]
