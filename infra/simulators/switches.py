"""What a simulator's settings have in common: changed by name while it runs, put back by a reset."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

from infra.simulators.shell import BadControl

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Switches:
    """Settings of a simulator. Those named in KEPT say how to connect and survive a reset."""

    KEPT: ClassVar[tuple[str, ...]] = ()

    def changed(self, changes: Json) -> Self:
        """The settings with these changes; raises BadControl naming a key that does not exist."""
        known = {one.name for one in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise BadControl(f"unknown settings {unknown}; known are {sorted(known)}")
        return replace(self, **changes)

    def as_on_the_first_day(self) -> Self:
        """The usual behaviour again, connected as before."""
        return type(self)(**{name: getattr(self, name) for name in self.KEPT})

    def as_json(self) -> Json:
        """Every setting with its value."""
        return asdict(self)
