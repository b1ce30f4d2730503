"""Who may do what in the console: the whole table, in one place.

A route that is not here does not exist for anybody. `own` is how a PFA, who sees their own customers only, is kept to
them: by the customer or the case that the path names, or by a list that holds nothing else. Whoever is also in another
group that the route lets in is not kept to anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from csc_console.views import Group

Method = Literal["GET", "POST"]
Own = Literal["company", "case", "list"]
GROUPS: Final[frozenset[Group]] = frozenset({"csc", "pfa", "ops"})

COMPANY_ID: Final = r"[1-9]\d{0,18}"
CASE_ID: Final = r"[1-9]\d{0,18}-\d{1,12}"
NAME: Final = r"[a-z][a-z_]{0,63}"


@dataclass(frozen=True, kw_only=True)
class Right:
    """What a route is called, and the groups it lets in; `public` routes know nobody."""

    operation: str
    groups: frozenset[Group] = frozenset()
    own: Own | None = None
    public: bool = False

    @property
    def changes(self) -> bool:
        """Somebody does something by it, which is written down."""
        return self.operation in CHANGES

    def lets_in(self, groups: Collection[Group]) -> bool:
        """Whether one of these groups is enough."""
        return self.public or bool(self.groups & set(groups))

    def only_own(self, groups: Collection[Group]) -> bool:
        """Whether this person is let in as a PFA only, and so to their own customers."""
        return self.own is not None and self.groups & set(groups) == {"pfa"}


def _right(operation: str, *groups: Group, own: Own | None = None, public: bool = False) -> Right:
    return Right(operation=operation, groups=frozenset(groups), own=own, public=public)


RIGHTS: Final[Mapping[tuple[Method, str], Right]] = {
    ("GET", "/api/sign-in"): _right("sign_in", public=True),
    ("GET", "/api/me"): _right("me", "csc", "pfa", "ops"),
    ("GET", "/api/cases"): _right("list_cases", "csc", "pfa", own="list"),
    ("GET", "/api/cases/counts"): _right("count_cases", "csc"),
    ("GET", "/api/cases/search"): _right("search_cases", "csc"),
    ("GET", "/api/cases/<case_id>"): _right("get_case", "csc", "pfa", own="case"),
    ("POST", "/api/cases/<case_id>/claim"): _right("claim_case", "csc"),
    ("POST", "/api/cases/<case_id>/renew"): _right("renew_claim", "csc"),
    ("POST", "/api/cases/<case_id>/release"): _right("release_case", "csc"),
    ("POST", "/api/cases/<case_id>/take-over"): _right("take_over_case", "csc"),
    ("POST", "/api/cases/<case_id>/decision"): _right("decide_case", "csc"),
    ("POST", "/api/cases/<case_id>/ask"): _right("ask_for_more", "csc"),
    ("POST", "/api/cases/<case_id>/undo"): _right("undo_decision", "csc"),
    ("POST", "/api/cases/<case_id>/reopen"): _right("reopen_case", "csc"),
    ("POST", "/api/cases/<case_id>/comments"): _right("comment_on_case", "csc"),
    ("GET", "/api/companies/<company_id>/history"): _right("company_history", "csc", "pfa", "ops", own="company"),
    ("GET", "/api/companies/<company_id>/takeovers"): _right("company_takeovers", "csc", "pfa", own="company"),
    ("GET", "/api/my-work"): _right("my_work", "pfa", own="list"),
    ("GET", "/api/flows"): _right("list_flows", "ops"),
    ("GET", "/api/flows/<flow>/held"): _right("list_held", "ops"),
    ("POST", "/api/flows/<flow>/held/release"): _right("release_held", "ops"),
    ("GET", "/api/flows/<flow>/dead-letters"): _right("list_dead_letters", "ops"),
    ("POST", "/api/flows/<flow>/dead-letters/redrive"): _right("redrive_dead_letters", "ops"),
    ("GET", "/api/errors"): _right("last_errors", "ops"),
    ("GET", "/api/rules"): _right("list_rules", "ops"),
    ("GET", "/api/rules/<name>"): _right("rules_history", "ops"),
    ("POST", "/api/rules/<name>/rollback"): _right("roll_back_rules", "ops"),
    ("GET", "/api/audit"): _right("list_changes", "ops"),
}

CHANGES: Final = frozenset(right.operation for (method, _), right in RIGHTS.items() if method == "POST")

_IDS: Final = {"case_id": CASE_ID, "company_id": COMPANY_ID, "flow": NAME, "name": NAME}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"<(\w+)>", lambda found: f"(?P<{found[1]}>{_IDS[found[1]]})", path))


_ROUTES: Final = [(method, _pattern(path), path) for method, path in RIGHTS]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The route a request is for, and what its path names."""

    right: Right
    route: str
    names: Mapping[str, str]


def asked(method: str, path: str) -> Asked | None:
    """The route that a request is for; None when there is none. A fixed path goes before one that names a record."""
    fitting = [
        Asked(right=RIGHTS[known, route], route=route, names=found.groupdict())
        for known, pattern, route in _ROUTES
        if known == method and (found := pattern.fullmatch(path))
    ]
    return min(fitting, key=lambda one: len(one.names), default=None)
