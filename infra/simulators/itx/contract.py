"""Holds ITX to its contract: what comes in is checked against the schema in infra/contracts."""

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

Json = dict[str, Any]
CONTRACT = Path(__file__).parents[2] / "contracts" / "itx.openapi.yaml"


class Contract:
    """The schemas of the contract, read once."""

    def __init__(self) -> None:
        document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
        self._schemas: Json = document["components"]["schemas"]

    def fault(self, schema: str, value: Any) -> tuple[str, str] | None:
        """The first thing wrong with a value: (field, what the schema says); None when it keeps the contract."""
        found = self._schemas[schema]
        error = next(Draft202012Validator(found).iter_errors(value), None)
        if error is not None:
            # Only what the rule is, never the value: it may be somebody's number.
            return ".".join(map(str, error.path)), f"breaks the rule {error.validator}: {error.validator_value}"
        for name, rule in found["properties"].items():
            if rule.get("format") == "date-time" and name in value and not _is_moment(value[name]):
                return name, "is not a date-time with an offset"
        return None


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
