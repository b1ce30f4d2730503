"""What business people can change about what follows an ended sequence, without a new deployment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from kundeflyt.domain.review import PERIOD_DAYS
from kundeflyt.domain.rules import CONNECTED, FlowRules

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Days = Annotated[int, Field(gt=0, le=1000)]


class SequenceEndedRules(FlowRules):
    """The routine's periods and limits, and the portal's own names.

    `sequences` are the ids of those that try to reach a silent customer; empty means all. `period_days` is how long a
    customer is tried (001-17), `period_days_by_type` for those whose company has that value in
    `customer_type_property`. `main_contact_property` is the contact's property that says who the main contact is.
    A case waits `gap_wait_days` for what the adviser is asked to put right. `settle_minutes` is how long an end must be
    past before it is judged: a reply reaches HubSpot's records after the date it moves. The nightly sweep looks back
    `sweep_overlap_hours` behind what it has seen, and the first one `first_sweep_days`.
    """

    sequences: frozenset[int] = frozenset()
    connected_dispositions: frozenset[str] = frozenset({CONNECTED})
    customer_type_property: Word | None = None
    period_days: Days = PERIOD_DAYS
    period_days_by_type: dict[Word, Days] = Field(default_factory=dict)
    main_contact_property: Word | None = None
    gap_wait_days: int = Field(default=14, ge=1, le=60)
    settle_minutes: int = Field(default=10, ge=0, le=1440)
    sweep_overlap_hours: int = Field(default=48, ge=1, le=336)
    first_sweep_days: int = Field(default=7, ge=1, le=60)
