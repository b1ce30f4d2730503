"""What business people can change about the takeover of customers, without a new deployment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kundeflyt.domain.calendar import ContactHours
from kundeflyt.domain.rules import FlowRules

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
MovableKind = Literal["tasks", "meetings"]


class OwnerChangeRules(FlowRules):
    """The routine's waits and limits, and the portal's own names.

    `settle_minutes` is how long an owner must stand before the takeover begins. `announce` says how the customer
    hears of it: a task for the adviser, or sent by us in `contact_hours`, `announce_after_working_days` after the
    adviser has heard that it will be. Properties are the portal's:
    on the contact `main_contact_property`, the others on the company. `amu_words` in a meeting's title make it an AMU
    meeting (002-53). `followed_for_weeks` is how long the nightly look at a takeover goes on.
    """

    settle_minutes: int = Field(default=15, ge=0, le=1440)
    announce: Literal["task", "send"] = "task"
    contact_hours: ContactHours = ContactHours()
    announce_after_working_days: int = Field(default=1, ge=0, le=10)
    announced_within_days: int = Field(default=30, ge=1, le=90)
    informed_property: Word | None = None
    no_announcement_property: Word | None = None
    main_contact_property: Word | None = None
    stage_property: Word | None = "lifecyclestage"
    report_complete_property: Word | None = None
    amu_words: tuple[Word, ...] = ("AMU", "arbeidsmiljøutvalg")
    moves: frozenset[MovableKind] = frozenset({"tasks", "meetings"})
    first_meeting_after_working_days: int = Field(default=10, ge=1, le=60)
    first_meetings_per_day: int = Field(default=5, ge=1, le=100)
    followed_for_weeks: int = Field(default=8, ge=1, le=26)
    set_manager: Literal["task", "auto"] = "task"
    customer_system_fallback_user: Word | None = None
