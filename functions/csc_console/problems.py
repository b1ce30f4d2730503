"""What goes wrong, told so that a person knows what happened and what to do next."""

from __future__ import annotations

from typing import Final, Literal, get_args

from csc_console.views import Verdicted

Language = Literal["nb", "sv", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Code = Literal[
    "not_signed_in",
    "not_in_a_group",
    "not_allowed_for_group",
    "not_your_customer",
    "not_an_owner",
    "no_such_route",
    "no_such_record",
    "invalid",
    "unreadable",
    "outdated",
    "decided_meanwhile",
    "claimed_by_another",
    "not_possible_now",
    "another_case_open",
    "on_hold",
    "unavailable",
    "broken",
]

STATUS: Final[dict[Code, int]] = {
    "not_signed_in": 401,
    "not_in_a_group": 403,
    "not_allowed_for_group": 403,
    "not_your_customer": 403,
    "not_an_owner": 403,
    "no_such_route": 404,
    "no_such_record": 404,
    "invalid": 422,
    "unreadable": 415,
    "outdated": 409,
    "decided_meanwhile": 409,
    "claimed_by_another": 409,
    "not_possible_now": 409,
    "another_case_open": 409,
    "on_hold": 409,
    "unavailable": 503,
    "broken": 500,
}


class ProblemError(Exception):
    """The request cannot be done. `about` fills the words in; `detail` stands in their place where it is given.

    `fields` are parts of the request that are wrong, each with how.
    """

    def __init__(
        self,
        code: Code,
        *,
        about: str = "",
        detail: str | None = None,
        fields: tuple[tuple[str, str], ...] = (),
        decided: Verdicted | None = None,
        claimed_by: str | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(f"{code} {about}".strip())
        self.code: Code = code
        self.about = about
        self.detail = detail
        self.fields = fields
        self.decided = decided
        self.claimed_by = claimed_by
        self.version = version


def language_of(header: str | None) -> Language:
    """The first of our languages that a request asks for (Accept-Language); bokmål when it asks for none of them."""
    wanted: list[tuple[float, int, Language]] = []
    for place, part in enumerate((header or "").split(",")):
        tag, _, quality = part.strip().partition(";")
        known = _TAGS.get(tag.strip().lower().split("-")[0])
        weight = _weight(quality)
        if known and weight > 0:
            wanted.append((-weight, place, known))
    return min(wanted)[2] if wanted else "nb"


_TAGS: Final[dict[str, Language]] = {"nb": "nb", "no": "nb", "nn": "nb", "sv": "sv", "en": "en"}


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
