"""HubSpot's published OpenAPI schemas, when somebody has put them beside the checkout."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[3] / "shared" / "hubspot-openapi"
_FILES = ("objects", "associations", "associations-2025-09", "owners", "properties", "sequences")
# Where real answers differ from the schema: an unlabelled association has the label null, an archived owner the
# userId null, a subCategory is a string everywhere, and an error body repeats its status as the word "error".
_REALITY = {
    ("AssociationSpecWithLabel", "label"): {"type": ["string", "null"]},
    ("PublicOwner", "userId"): {"type": ["integer", "null"]},
    ("StandardError", "subCategory"): {"type": "string"},
    ("Error", "status"): {"const": "error"},
}


def faults(method: str, path: str, status: int, sent: Any, answered: Any) -> list[str]:
    """What in a request and its answer breaks HubSpot's schema for that operation; empty when nothing does."""
    found = _operation(method, path)
    if found is None:
        return [f"{method} {path} is not in HubSpot's specification"]
    document, operation = found
    wrong = []
    body = operation.get("requestBody")
    if body is not None and status < 400:
        wrong += _check(document, body["content"]["application/json"]["schema"], sent, "request")
    if status >= 400:
        return wrong + _check(document, {"$ref": "#/components/schemas/Error"}, answered, "error")
    responses = operation["responses"]
    # Since 2026-03 the specification leaves 207 out; its body is that of the success with errors.
    response = responses.get(str(status)) or responses.get("201" if "201" in responses else "200")
    if str(status) not in {*responses, "207"}:
        wrong.append(f"{status} is not among {sorted(responses)}")
    if response.get("content"):
        schema = next(iter(response["content"].values()))["schema"]
        wrong += _check(document, schema, answered, "response")
    return wrong


def _check(document: dict[str, Any], schema: dict[str, Any], value: Any, what: str) -> list[str]:
    whole = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{what} {'/'.join(map(str, error.path))}: {error.message[:200]}" for error in whole.iter_errors(value)]


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    for name in _FILES:
        document = _document(name)
        # Literal paths first: .../batch/read is not the record "batch".
        for template in sorted(document["paths"], key=lambda one: one.count("{")):
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template.replace("2025-09", "2026-09")))
            if re.fullmatch(pattern, path) and method.lower() in document["paths"][template]:
                return document, document["paths"][template][method.lower()]
    return None


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for schema_name, schema in document["components"]["schemas"].items():
        for (of, property_name), real in _REALITY.items():
            if of == schema_name:
                schema["properties"][property_name] = real
        _close(schema)
    return document


def _close(schema: Any) -> None:
    """Turns OpenAPI 3.0's words into JSON Schema's, and lets an object have only the fields it lists."""
    if isinstance(schema, list):
        for one in schema:
            _close(one)
    if not isinstance(schema, dict):
        return
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    for one in schema.values():
        _close(one)
