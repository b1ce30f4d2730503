"""What business people can change about the nightly comparison of advisers, without a new deployment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from kundeflyt.domain.rules import FlowRules

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class OwnerReconcileRules(FlowRules):
    """Who is a customer, and how much may be told.

    A customer is a company that has `customer_property`, with one of `customer_values` if any are named; without a
    property, every company with an organisation number is one. `grace_days` is how long after a change of owner the
    takeover is left to do its work. `tasks_per_night` is how many new tasks a night may make before the flow stops
    itself. A sweep ends at `ends_at_hour` in Oslo, however far it came. `page` is how many companies are looked at
    together.
    """

    customer_property: Word | None = None
    customer_values: tuple[Word, ...] = Field(default=(), max_length=5)
    grace_days: int = Field(default=7, ge=0, le=60)
    tasks_per_night: int = Field(default=100, ge=0, le=2000)
    ends_at_hour: int = Field(default=7, ge=0, le=23)
    page: int = Field(default=400, ge=1, le=1000)
