"""Checking rules as the functions will check them, and putting them where the functions read them.

`python -m infra.operate.rules FLOW FILE PARAMETER`, with the AWS credentials of the environment. FLOW is the folder's
name, or `common` for what all flows share.
"""

import sys
from importlib import import_module
from pathlib import Path

import boto3
from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 4096
"""A standard parameter of SSM holds no more."""


class BadRules(ValueError):
    """The rules would not take effect; the text names each value that is wrong."""


def model_of(flow: str) -> type[BaseModel]:
    """What the rules of a flow must look like; raises BadRules when there is no such flow."""
    for root in (ROOT / "functions", ROOT / "shared"):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
    shared = import_module("kundeflyt.domain.rules")
    if flow == "common":
        model: type[BaseModel] = shared.CommonRules
        return model
    if not (ROOT / "functions" / flow / "rules.py").exists():
        known = sorted(file.parent.name for file in (ROOT / "functions").glob("*/rules.py"))
        raise BadRules(f"There are no rules called {flow!r}: use common or one of {known}.")
    module = import_module(f"{flow}.rules")
    (model,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, shared.FlowRules) and found.__module__ == module.__name__
    )
    return model


def checked(flow: str, text: str) -> str:
    """The rules as they will be stored; raises BadRules when the functions would refuse them."""
    if len(text.encode()) > MOST_BYTES:
        raise BadRules(f"The rules of {flow} are {len(text.encode())} bytes and may be {MOST_BYTES} at most.")
    model = model_of(flow)
    try:
        model.model_validate_json(text)
    except ValidationError as refused:
        wrong = [
            f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
            for error in refused.errors(include_input=False, include_url=False)
        ]
        raise BadRules(f"The rules of {flow} are not right:\n" + "\n".join(wrong)) from refused
    as_read = import_module("kundeflyt.adapters.aws.rules")
    try:
        as_read.parse_rules(text, model)
    except as_read.RulesError as refused:
        raise BadRules(f"The rules of {flow} are not right:\n{refused}") from refused
    return text


def main(arguments: list[str]) -> int:
    """Checks and puts; prints what is wrong and changes nothing when something is."""
    if len(arguments) != 3:
        sys.stderr.write("Use: python -m infra.operate.rules FLOW FILE PARAMETER\n")
        return 2
    flow, file, parameter = arguments
    try:
        text = checked(flow, Path(file).read_text(encoding="utf-8"))
    except OSError as unreadable:
        sys.stderr.write(f"The file {file} cannot be read: {unreadable.strerror}.\n")
        return 1
    except (BadRules, UnicodeDecodeError) as refused:
        sys.stderr.write(f"{refused}\nNothing was changed.\n")
        return 1
    boto3.client("ssm").put_parameter(Name=parameter, Value=text, Type="String", Overwrite=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
