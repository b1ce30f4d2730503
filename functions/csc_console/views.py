"""What the console is told and what it asks, as the API's contract shows it: what all of it has in common.

Ids are HubSpot's unless said otherwise; moments are aware and in UTC. Names and numbers of people are read from HubSpot
while the request lasts and stand nowhere else. Texts are in the language the request asks for.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kundeflyt.domain.cases import DecisionWhat

Group = Literal["csc", "pfa", "ops"]

Id = Annotated[str, Field(pattern=r"^\d{1,19}$", description="A HubSpot id, in digits: too long for a JSON number.")]


class View(BaseModel):
    """Nothing is told or asked that is not written down here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WrongField(View):
    """A part of the request that cannot be used."""

    field: str
    text: str


class Verdicted(View):
    """What somebody else decided meanwhile."""

    what: DecisionWhat
    reason: str
    by: str
    at: AwareDatetime


class Problem(View):
    """What happened and what to do next (RFC 9457); `code` is for programs, `detail` and `next` are for people.

    `decided` and `claimed_by` tell what another person has done with the case meanwhile, `version` how it stands now.
    """

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    next: str
    fields: tuple[WrongField, ...] = ()
    decided: Verdicted | None = None
    claimed_by: str | None = None
    version: int | None = None
    request_id: str | None = None


class OwnerView(View):
    """An adviser; the name is read from HubSpot and is empty when HubSpot does not tell it."""

    id: Id
    name: str = ""


class Me(View):
    """Who is signed in, and which operations (`operationId`) this person may use.

    `owner` is who a PFA is in HubSpot: None when no owner there has the person's verified e-mail address.
    There are no cookies: a request that carries no token is nobody's, so another site cannot send one in this name.
    """

    email: str
    groups: tuple[Group, ...]
    owner: OwnerView | None = None
    may: tuple[str, ...]
    languages: tuple[str, ...] = ("nb", "sv", "en")


class SignIn(View):
    """Where people sign in: Cognito's hosted page, by authorization code with PKCE (S256). Nothing here is secret.

    The ID token goes into the header `Authorization: Bearer …` of every request and lasts `token_minutes`.
    """

    authorize_url: str
    token_url: str
    logout_url: str
    revoke_url: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "email")
    token_minutes: int


class CompanyView(View):
    """The customer; `link` opens it in HubSpot."""

    id: Id
    name: str
    organisation_number: str | None = None
    link: str
