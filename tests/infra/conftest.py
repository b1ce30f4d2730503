"""The template as written and as CloudFormation gets it."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def written() -> dict[str, Any]:
    content: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return content


@pytest.fixture
def template() -> dict[str, Any]:
    return written()


@pytest.fixture(scope="session")
def resources() -> dict[str, dict[str, Any]]:
    """What CloudFormation gets, by logical id: SAM's shorthand written out, no managed policy known to it."""
    given = written()
    given["Globals"]["Function"]["CodeUri"] = "s3://artifacts/built"
    given["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = "s3://artifacts/built"
    session = boto3.session.Session(region_name="eu-north-1")
    translated = Translator({}, Parser(), boto_session=session).translate(given, {})
    resources: dict[str, dict[str, Any]] = translated["Resources"]
    return resources
