"""The template as written and as CloudFormation gets it."""

from typing import Any

import pytest

from infra.template import PRODUCTION, deployed, translated, written


@pytest.fixture
def template() -> dict[str, Any]:
    return written()


@pytest.fixture(scope="session")
def resources() -> dict[str, dict[str, Any]]:
    """What CloudFormation gets, by logical id: SAM's shorthand written out, no managed policy known to it."""
    resources: dict[str, dict[str, Any]] = translated()["Resources"]
    return resources


@pytest.fixture(scope="session")
def production() -> dict[str, dict[str, Any]]:
    """What a deployment to production makes, by logical id."""
    resources: dict[str, dict[str, Any]] = deployed(**PRODUCTION)["Resources"]
    return resources
