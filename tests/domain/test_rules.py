from __future__ import annotations

from kundeflyt.domain.rules import BlastGuard, FlowRules


class TestTheDefaults:
    def test_release_held_events_no_faster_than_the_blast_guard_lets_texts_by(self) -> None:
        """A release must not stop the flow it has just let go."""
        assert FlowRules().release_per_minute * 60 <= BlastGuard().sms_per_hour
