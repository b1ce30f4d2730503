"""What operations sees of the flows."""

import json
from io import StringIO

import pytest
from aws_lambda_powertools import Logger, Metrics

from kundeflyt.adapters.aws.notices import CloudWatchNotices


class TestNotices:
    @pytest.mark.parametrize("name", ["message", "name", "module", "subject"])
    def test_an_id_may_have_any_name(self, name: str) -> None:
        log = StringIO()
        logger = Logger(service=f"flow-with-{name}", stream=log)
        metrics = Metrics(namespace="kundeflyt", service="no_answer")
        CloudWatchNotices(logger, metrics).note("MessageMalformed", flow="no_answer", **{name: "17"})
        assert json.loads(log.getvalue())["about"] == {name: "17"}
        metrics.clear_metrics()
