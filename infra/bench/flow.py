"""The No Answer flow as it is deployed, given a batch of calls that nobody answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from infra.bench import vendors
from infra.bench.customers import busy_customers
from infra.bench.deployed import Deployed, Run, deployed_with_vendors, message
from infra.simulators import hubspot

RULES: Final[Mapping[str, Mapping[str, object]]] = {
    "common": {"fallback_owner_id": 1, "callback_number": "22 33 44 55"},
    # The figures are measured at any hour.
    "no_answer": {
        "contact_hours": {"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00", "on_holidays": True}
    },
}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of one batch: what it took, and HubSpot's calls by method and path."""

    run: Run
    calls: Counter[str]


@dataclass(frozen=True)
class DeployedFlow:
    """The flow in this process, with its vendors."""

    function: Deployed
    hubspot_url: str
    itx_url: str

    def batch(self, events: int) -> Batch:
        """One invocation with so many new messages; raises ValueError unless each ended in an SMS and a task."""
        from no_answer.handler import handle  # noqa: PLC0415 - needs the folders of functions on the path

        for url in (self.hubspot_url, self.itx_url):
            vendors.control(url, "POST", "reset")
        now = datetime.now(UTC)
        refs = vendors.control(self.hubspot_url, "POST", "seed", busy_customers(events, now))["refs"]
        vendors.control(self.hubspot_url, "DELETE", "log")
        records = [
            message("CallLogged", int(refs[f"call{number}"]), portal_id=hubspot.Settings().portal_id, now=now)
            for number in range(events)
        ]
        left: list[object] = []
        run = self.function.measured(lambda: left.extend(handle({"Records": records}, None)["batchItemFailures"]))
        asked = vendors.control(self.hubspot_url, "GET", "log")["requests"]
        made = {
            "messages put back": len(left),
            "SMS missing": events - vendors.control(self.itx_url, "GET", "outbox")["count"],
            "tasks missing": events - len(vendors.control(self.hubspot_url, "GET", "state/tasks")["results"]),
        }
        if any(made.values()):
            raise ValueError(f"the batch was not dealt with: {made}")
        return Batch(run=run, calls=Counter(f"{request['method']} {_path(request)}" for request in asked))


@contextmanager
def deployed_flow(
    *, hubspot_seconds: float = 0.0, itx_seconds: float = 0.0, aws_seconds: Mapping[str, float] | None = None
) -> Iterator[DeployedFlow]:
    """Makes this process the No Answer flow's while the block lasts; its vendors take so long to answer."""
    with (
        vendors.running("hubspot", seconds=hubspot_seconds) as hubspot_url,
        vendors.running("itx", seconds=itx_seconds) as itx_url,
        deployed_with_vendors(
            "NoAnswerFunction",
            hubspot_url=hubspot_url,
            itx_url=itx_url,
            rules=RULES,
            seconds=aws_seconds,
        ) as function,
    ):
        yield DeployedFlow(function, hubspot_url, itx_url)


def _path(request: Mapping[str, Any]) -> str:
    return str(request["path"]).split("?", 1)[0]
