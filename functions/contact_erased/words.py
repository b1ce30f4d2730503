"""The reasons that stand in the ledger when somebody is forgotten (bokmål)."""

from __future__ import annotations

from typing import Final

ERASED: Final = "Kontakten er slettet av personvernhensyn i HubSpot."
LOOKED_AGAIN: Final = "Det er sett etter på nytt at ingenting om den slettede kontakten er lagret i mellomtiden."
