"""Where a person opens a record in the CRM."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Addresses of records in one portal; `base` is where its people sign in."""

    base: str
    portal_id: int

    def company(self, company_id: int) -> str:
        """A company's page."""
        return f"{self.base}/contacts/{self.portal_id}/record/0-2/{company_id}"

    def activity(self, company_id: int, activity_id: int) -> str:
        """A company's page, opened at one of the entries on its timeline."""
        return f"{self.company(company_id)}/?engagement={activity_id}"

    def contact(self, contact_id: int) -> str:
        """A contact's page."""
        return f"{self.base}/contacts/{self.portal_id}/record/0-1/{contact_id}"

    def task(self, task_id: int) -> str:
        """A task's page."""
        return f"{self.base}/contacts/{self.portal_id}/record/0-27/{task_id}"
