"""The flow of customers who are heard from as it is deployed, given a batch of e-mails that we have sent ourselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.bench import vendors
from infra.bench.deployed import Deployed, Run, deployed_with_vendors, message
from infra.simulators import hubspot


@dataclass(frozen=True)
class Emails:
    """The flow in this process, with its HubSpot."""

    function: Deployed
    hubspot_url: str

    def batch(self, count: int) -> Run:
        """One invocation about so many e-mails of our own, each new; raises ValueError unless all were dealt with."""
        from customer_reached.handler import handle  # noqa: PLC0415 - needs the folders of functions on the path

        vendors.control(self.hubspot_url, "POST", "reset")
        now = datetime.now(UTC)
        company = {"ref": "company", "properties": {"name": "Firma"}}
        emails = [
            {
                "ref": f"email{number}",
                "properties": {"hs_timestamp": now.isoformat(), "hs_email_direction": "EMAIL"},
                "associations": {"companies": ["@company"]},
            }
            for number in range(count)
        ]
        seed = {"companies": [company], "emails": emails}
        refs = vendors.control(self.hubspot_url, "POST", "seed", seed)["refs"]
        portal_id = hubspot.Settings().portal_id
        records = [
            message("EmailLogged", int(refs[f"email{number}"]), portal_id=portal_id, now=now) for number in range(count)
        ]
        left: list[object] = []
        run = self.function.measured(lambda: left.extend(handle({"Records": records}, None)["batchItemFailures"]))
        if left:
            raise ValueError(f"{len(left)} of {count} messages were put back")
        return run


@contextmanager
def deployed_emails(*, hubspot_seconds: float, dynamodb_seconds: float) -> Iterator[Emails]:
    """Makes this process the flow's while the block lasts; HubSpot and the ledger take so long to answer."""
    with (
        vendors.running("hubspot", seconds=hubspot_seconds) as hubspot_url,
        deployed_with_vendors(
            "CustomerReachedFunction",
            hubspot_url=hubspot_url,
            rules={"common": {"fallback_owner_id": 1, "csc_owner_id": 1}, "customer_reached": {"mode": "on"}},
            seconds={"DynamoDB": dynamodb_seconds},
        ) as function,
    ):
        yield Emails(function, hubspot_url)
