"""HubSpot's error bodies, in the shape its public specification and real answers have."""

from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse

Json = dict[str, Any]


class Refusal(Exception):
    """HubSpot refuses a request (or one row of a batch); carries the status and what the body says."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        context: dict[str, list[str]] | None = None,
        errors: list[Json] | None = None,
        sub_category: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.context = context or {}
        self.errors = errors or []
        self.sub_category = sub_category

    def body(self) -> Json:
        """The error body of a refused request."""
        body: Json = {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid4()),
            "category": self.category,
        }
        if self.context:
            body["context"] = self.context
        if self.errors:
            body["errors"] = self.errors
        if self.sub_category:
            body["subCategory"] = self.sub_category
        return body

    def row(self, **context: list[str]) -> Json:
        """The error as one entry of a multi-status batch answer."""
        row: Json = {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": self.context | context,
            "errors": self.errors,
            "links": {},
        }
        if self.sub_category:
            row["subCategory"] = self.sub_category
        return row

    def response(self) -> JSONResponse:
        """The whole answer."""
        return JSONResponse(self.body(), self.status)


def invalid(message: str, **context: list[str]) -> Refusal:
    """A request that breaks HubSpot's rules as a whole: 400."""
    return Refusal(400, "VALIDATION_ERROR", message, context=context)


def invalid_property(name: str, code: str, message: str) -> Refusal:
    """A property value HubSpot does not accept: 400, with the property's name and HubSpot's code."""
    return Refusal(
        400,
        "VALIDATION_ERROR",
        f'Property values were not valid: [{{"isValid":false,"message":"{message}","error":"{code}","name":"{name}"}}]',
        errors=[{"message": message, "code": code, "context": {"propertyName": [name]}}],
    )


def not_found(singular: str, *ids: str) -> Refusal:
    """Records HubSpot does not have (any more): 404."""
    return Refusal(
        404,
        "OBJECT_NOT_FOUND",
        f"Could not get some {singular.upper()} objects, they may be deleted or not exist. Check that ids are valid.",
        context={"ids": list(ids)},
    )


def unauthorised() -> Refusal:
    """No token, or the wrong one: 401."""
    return Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or not valid.")


def too_fast(policy: str) -> JSONResponse:
    """More requests than the policy allows: 429 in the body real portals send, without Retry-After."""
    window = {"TEN_SECONDLY_ROLLING": "ten_secondly_rolling", "SECONDLY": "secondly"}[policy]
    return JSONResponse(
        {
            "status": "error",
            "message": f"You have reached your {window} limit.",
            "errorType": "RATE_LIMIT",
            "category": "RATE_LIMITS",
            "correlationId": str(uuid4()),
            "policyName": policy,
        },
        429,
    )
