"""What operations is told when it lets held events go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.operate.held import release
from tests.fakes.aws import ACCOUNT, LocalAws, running


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    with running() as local:
        monkeypatch.setenv("AWS_ENDPOINT_URL", local.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield local


class TestRelease:
    def test_says_how_many_went_and_to_look_once_more(self, aws: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
        """A worker that read `hold` a moment ago holds one more after the release."""
        name = aws.fresh("stack")
        for rules in ("common", "no_answer"):
            aws.client("ssm").put_parameter(Name=f"/{name}/rules/{rules}", Value="{}", Type="String")
        outputs = {
            "RulesPrefix": f"/{name}/rules",
            "LedgerTableName": aws.ledger_table(),
            "NoAnswerQueueUrl": aws.client("sqs").create_queue(QueueName=name)["QueueUrl"],
            "NoAnswerQueueArn": f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{name}",
            "NoAnswerDeadLetterArn": f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{name}-dead",
            "SchedulerRoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
            "ScheduleGroupName": name,
        }
        assert release("no_answer", outputs) == 0
        released, again = capsys.readouterr().out.splitlines()
        assert released.startswith("0 released")
        assert again.startswith("List again in a minute")
