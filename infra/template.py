"""template.yaml as CloudFormation gets it: SAM's shorthand written out, and what a stage's parameters make of it.

`python -m infra.template` prints the production template as JSON, for programs that judge templates.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"
PRODUCTION = {
    "Stage": "production",
    "ItxBaseUrl": "https://itx.invalid",
    "MetodikaBaseUrl": "https://metodika.invalid",
    "AlarmEmail": "ops@example.invalid",
    "MailSender": "radgiver@example.invalid",
}

Resources = dict[str, dict[str, Any]]


def written() -> dict[str, Any]:
    """The template as it stands in the file."""
    content: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return content


def translated() -> dict[str, Any]:
    """The template with SAM's shorthand written out, its parameters and conditions left open."""
    given = written()
    # Code and layer as a build leaves them: somewhere in S3.
    given["Globals"]["Function"]["CodeUri"] = "s3://artifacts/built"
    given["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = "s3://artifacts/built"
    session = boto3.session.Session(region_name="eu-north-1")
    template: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(given, {})
    return template


def deployed(**parameters: str) -> dict[str, Any]:
    """The template that a deployment with these parameters makes: what its conditions leave out is not there."""
    template = translated()
    values = {name: one.get("Default") for name, one in template["Parameters"].items()} | parameters
    holds = {name: _holds(one, values) for name, one in template["Conditions"].items()}
    resources = {
        name: resource for name, resource in template["Resources"].items() if holds.get(resource.get("Condition"), True)
    }
    settled: dict[str, Any] = _settled({"Resources": resources, "Outputs": template["Outputs"]}, values, holds)
    return {"AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"], **settled}


def _holds(condition: Any, values: dict[str, Any]) -> bool:
    match condition:
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values)
        case {"Fn::Equals": [left, right]}:
            return bool(_settled(left, values, {}) == _settled(right, values, {}))
        case _:
            raise ValueError(f"template.yaml has a condition this program does not understand: {condition}")


def _settled(value: Any, values: dict[str, Any], holds: dict[str, bool]) -> Any:
    match value:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::If": [name, yes, no]}:
            return _settled(yes if holds[name] else no, values, holds)
        case dict():
            return {key: _settled(one, values, holds) for key, one in value.items()}
        case list():
            settled = [_settled(one, values, holds) for one in value]
            return [one for one in settled if one != {"Ref": "AWS::NoValue"}]
        case _:
            return value


if __name__ == "__main__":
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of features that are not used here
    json.dump(deployed(**PRODUCTION), sys.stdout, indent=1)
