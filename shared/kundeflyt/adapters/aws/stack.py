"""What the deployed stack says of itself: its flows, and where their queues and logs are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.aws.calls import waiting_may_help

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_LOG_GROUP: Final = "LogGroup"


class DeployedStack:
    """A stack by its outputs, asked for once: a deployment starts new processes anyway."""

    def __init__(self, client: CloudFormationClient, name: str) -> None:
        self._client = client
        self._name = name
        self._outputs: Mapping[str, str] | None = None

    @property
    def outputs(self) -> Mapping[str, str]:
        """Names and addresses by output key. Raises TryLater when CloudFormation does not answer."""
        if self._outputs is None:
            with waiting_may_help("CloudFormation"):
                [described] = self._client.describe_stacks(StackName=self._name)["Stacks"]
            self._outputs = outputs_of(described)
        return self._outputs

    @property
    def flows(self) -> tuple[str, ...]:
        """The flows that are deployed, by the names of their folders."""
        return flows_in(self.outputs)

    @property
    def ruled(self) -> tuple[str, ...]:
        """Every function that has rules of its own."""
        return ruled_in(self.outputs)

    def of_flow(self, flow: str, output: str) -> str:
        """An output of a flow, such as QueueUrl or DeadLetterUrl."""
        return self.outputs[camel(flow) + output]

    def logs(self) -> Mapping[str, str]:
        """The log group of every function, by the function's name."""
        groups = (value for key, value in self.outputs.items() if key.endswith(_LOG_GROUP))
        return {group.rsplit("/", 1)[-1]: group for group in groups}


def outputs_of(described: object) -> Mapping[str, str]:
    """The outputs in what CloudFormation says of a stack."""
    outputs = described.get("Outputs", []) if isinstance(described, Mapping) else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def ruled_in(outputs: Mapping[str, str]) -> tuple[str, ...]:
    """Every function of a stack that has rules of its own."""
    prefix = f"{outputs['RulesPrefix']}/"
    names = {value.removeprefix(prefix) for value in outputs.values() if value.startswith(prefix)}
    return tuple(sorted(names - {"common"}))


def flows_in(outputs: Mapping[str, str]) -> tuple[str, ...]:
    """The flows of a stack: what has rules and a queue of its own."""
    return tuple(name for name in ruled_in(outputs) if f"{camel(name)}QueueUrl" in outputs)


def camel(name: str) -> str:
    """A function's name as the template writes it."""
    return "".join(part.capitalize() for part in name.split("_"))
