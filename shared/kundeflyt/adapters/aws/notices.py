"""What operations sees of the flows: structured log lines and CloudWatch metrics."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


class CloudWatchNotices:
    """One log line and one count per notice, in CloudWatch's embedded metric format (one dimension, the service)."""

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        self._logger = logger
        self._metrics = metrics

    def note(self, what: str, *, flow: str, **ids: str | int) -> None:
        """Logs and counts; ids name records, never people."""
        # Apart, since a log record has names of its own (message, name, module) and refuses another of them.
        self._logger.info(what, extra={"flow": flow, "about": ids})
        self._metrics.add_metric(name=what, unit=MetricUnit.Count, value=1)

    def count(self, what: str, number: int, *, flow: str) -> None:  # noqa: ARG002 - the service is the flow
        """Counts many at once."""
        self._metrics.add_metric(name=what, unit=MetricUnit.Count, value=number)

    def flush(self) -> None:
        """Writes the counts out; nothing counted writes nothing."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
