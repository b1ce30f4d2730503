"""The Lambda door of the review queue."""

from __future__ import annotations

from kundeflyt.entry.intake import intake_handler

handle = intake_handler()
