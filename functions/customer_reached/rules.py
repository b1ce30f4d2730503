"""What business people can change about customers who are heard from, without a new deployment."""

from __future__ import annotations

from kundeflyt.domain.rules import CONNECTED, FlowRules


class CustomerReachedRules(FlowRules):
    """Which outcomes of a call are a conversation with the customer, by HubSpot's ids of them."""

    connected_dispositions: frozenset[str] = frozenset({CONNECTED})
