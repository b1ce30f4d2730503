"""What all flows agree on about customers: who looks after them, where they are, and which number is theirs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from kundeflyt.domain.countries import country_code
from kundeflyt.domain.crm import Company, Contact, Owner
from kundeflyt.domain.phones import same_number

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO: Final = frozenset({"", "0", "false", "no", "nei", "none", "ingen", "not applicable", "ikke aktuelt"})


def first_at_work(owner_ids: Iterable[int | None], owners: Mapping[int, Owner]) -> Owner | None:
    """The first of these people who can be given work: whoever has left is passed over."""
    known = (owners.get(owner_id) for owner_id in owner_ids if owner_id)
    return next((owner for owner in known if owner and owner.can_take_tasks), None)


def main_contact(contacts: Sequence[Contact], mainly_here: frozenset[int], property_name: str | None) -> Contact | None:
    """Whom the property points at; else of those with an address one who mainly works there; else the last in touch.

    Whoever works elsewhere too, such as an accountant, is not the customer while there is somebody else to tell.
    """
    for contact in contacts:
        if property_name and says_yes(contact.properties.get(property_name)):
            return contact
    # max() takes the first of equals: of those never in touch, whoever stands first.
    return max(
        contacts,
        key=lambda contact: (bool(contact.email), contact.id in mainly_here, contact.last_active or _NEVER),
        default=None,
    )


def country_of(contact: Contact | None, company: Company | None, default_country: str) -> str | None:
    """The contact's country, else the company's, else the rules'; None when what is written is no country we know.

    Then only international numbers are understood: the same eight digits are several people's.
    """
    for written in (contact.country if contact else None, company.country if company else None):
        if written and written.strip():
            return country_code(written)
    return default_country


def has_number(contact: Contact, number: str | None, default_country: str) -> bool:
    """The number is one of the contact's, however it is written there."""
    country = country_code(contact.country) or default_country
    return any(same_number(own, number, country) for own in (contact.mobile, contact.phone))


def says_yes(value: str | None) -> bool:
    """A checkbox or a stored word counts as yes unless it is empty or says no."""
    return unicodedata.normalize("NFC", value or "").strip().casefold() not in _NO
