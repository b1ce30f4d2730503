"""What the console goes by, changed without a deployment."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kundeflyt.domain.rules import FlowRules

Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class CommonReasons(BaseModel):
    """The reasons that are offered for each decision; whoever decides may always write another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inactive: tuple[Reason, ...] = Field(
        default=("Ikke svart i hele perioden", "Virksomheten er avviklet", "Ønsker ikke avtale nå"), max_length=12
    )
    keep: tuple[Reason, ...] = Field(
        default=("Kunden er i dialog", "Ny kontaktperson", "Kontakten har vært for svak"), max_length=12
    )
    needs_more: tuple[Reason, ...] = Field(
        default=("Hvem er rett kontaktperson?", "Finnes det en avtale vi ikke ser?"), max_length=12
    )


class CscConsoleRules(FlowRules):
    """What the console offers; how long a claim holds and a decision can be undone are the common rules' business.

    `mode` and `release_per_minute` have no meaning here: a console is never on hold.
    """

    common_reasons: CommonReasons = CommonReasons()
