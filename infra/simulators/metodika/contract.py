"""Holds Metodika to its contract: what comes in, and what is seeded, is checked against infra/contracts."""

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

Json = dict[str, Any]
CONTRACT = Path(__file__).parents[2] / "contracts" / "metodika.openapi.yaml"


class Contract:
    """The contract, read once."""

    def __init__(self) -> None:
        self._document: Json = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
        self._validators = {
            name: self._validator({"$ref": f"#/components/schemas/{name}"})
            for name in self._document["components"]["schemas"]
        }
        self.operations: dict[str, tuple[str, str]] = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
        }

    def fault(self, schema: str, value: Any) -> tuple[str, str] | None:
        """The first thing wrong with a value: (field, what the schema says); None when it keeps the contract."""
        return _first(self._validators[schema], value)

    def fault_in_body(self, operation: str, body: Any) -> tuple[str, str] | None:
        """The first thing wrong with a request's JSON body."""
        schema = self._operation(operation)["requestBody"]["content"]["application/json"]["schema"]
        return _first(self._validator(schema), body)

    def fault_in_query(self, operation: str, query: dict[str, str]) -> tuple[str, str] | None:
        """The first thing wrong with a request's query; a number is compared as one."""
        for parameter in self._operation(operation).get("parameters", ()):
            if parameter.get("in") != "query":
                continue
            name, schema = parameter["name"], parameter["schema"]
            if name not in query:
                if parameter.get("required"):
                    return name, "is missing"
                continue
            digits = schema.get("type") == "integer" and query[name].isdecimal()
            if found := _first(self._validator(schema), int(query[name]) if digits else query[name]):
                return name, found[1]
        return None

    def fault_in_answer(self, operation: str, status: int, body: Any) -> tuple[str, str] | None:
        """The first thing wrong with an answer, a status that the contract does not have among them."""
        answers = self._operation(operation)["responses"]
        if str(status) not in answers:
            return "status", f"{status} is not among {sorted(answers)}"
        answer = answers[str(status)]
        if "$ref" in answer:
            answer = self._document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        if "content" not in answer:
            return None
        return _first(self._validator(answer["content"]["application/json"]["schema"]), body)

    def _operation(self, operation: str) -> Json:
        method, path = self.operations[operation]
        found: Json = self._document["paths"][path][method.lower()]
        return found

    def _validator(self, schema: Json) -> Draft202012Validator:
        whole = {**schema, "components": self._document["components"]}
        return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _first(validator: Draft202012Validator, value: Any) -> tuple[str, str] | None:
    error = next(validator.iter_errors(value), None)
    if error is None:
        return None
    # Only what the rule is, never the value: it may be somebody's address.
    return ".".join(map(str, error.path)), f"breaks the rule {error.validator}: {error.validator_value}"
