"""What business people can change about what follows from a decision, without a new deployment."""

from __future__ import annotations

from pydantic import Field

from kundeflyt.domain.rules import CONNECTED, FlowRules


class ReviewDecidedRules(FlowRules):
    """How an inactive customer is marked in HubSpot, and how many cases a page of the nightly look holds.

    `inactive_properties` are the company's properties and their values, as HubSpot's internal names; empty where the
    portal has none. `connected_dispositions` are the outcomes of a call that are a conversation, by HubSpot's ids of
    them: nobody becomes inactive who was spoken to meanwhile. How long a decision may be undone is common to all flows
    (`review_cases`).
    """

    inactive_properties: dict[str, str] = Field(default_factory=dict, max_length=10)
    connected_dispositions: frozenset[str] = frozenset({CONNECTED})
    page: int = Field(default=100, ge=1, le=100)
