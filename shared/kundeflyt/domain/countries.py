"""Countries, as people write them in a customer system."""

from __future__ import annotations

import unicodedata
from typing import Final

_WRITTEN: Final = {
    "NO": ("norge", "noreg", "norway", "norwegen", "nor", "no", "kongeriket norge"),
    "SE": ("sverige", "sweden", "schweden", "swe", "se"),
    "DK": ("danmark", "denmark", "dänemark", "dnk", "dk"),
    "FI": ("finland", "suomi", "finnland", "fin", "fi"),
    "IS": ("island", "iceland", "ísland", "isl", "is"),
    # Its own ISO code beside Norway: the numbers of Longyearbyen carry the Norwegian calling code.
    "SJ": ("svalbard", "svalbard og jan mayen", "svalbard and jan mayen", "sjm", "sj"),
    "DE": ("tyskland", "germany", "deutschland", "deu", "de"),
    "NL": ("nederland", "nederländerna", "netherlands", "the netherlands", "holland", "nld", "nl"),
    "GB": (
        "storbritannia",
        "storbritannien",
        "united kingdom",
        "great britain",
        "england",
        "uk",
        "gbr",
        "gb",
    ),
    "PL": ("polen", "poland", "polska", "pol", "pl"),
    "EE": ("estland", "estonia", "eesti", "est", "ee"),
    "LV": ("latvia", "lettland", "latvija", "lva", "lv"),
    "LT": ("litauen", "lithuania", "lietuva", "ltu", "lt"),
    "US": ("usa", "us", "united states", "united states of america", "amerikas forente stater"),
}


def _folded(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).casefold().replace(".", "").split())


_CODES: Final = {_folded(word): code for code, words in _WRITTEN.items() for word in words}


def country_code(value: str | None) -> str | None:
    """The country a contact belongs to, from whatever was typed: Norge, Norway, NO.

    Returns the ISO 3166 code of two letters, or None for blank and for what is not recognised; a country is
    never guessed, because the same eight digits are a Norwegian and a Danish telephone number.
    """
    return _CODES.get(_folded(value)) if value else None
