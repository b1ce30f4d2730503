"""The reasons that stand in the ledger when records are merged (bokmål)."""

from __future__ import annotations

from typing import Final

MERGED: Final = "{what} er slått sammen i HubSpot; historikken følger med til {into}."
LOOKED_AGAIN: Final = "Det er sett etter på nytt at historikken til de sammenslåtte postene er flyttet til {into}."
NOTHING_TO_MOVE: Final = "Postene er alt slått sammen; historikken er der den skal være."
SURVIVOR_ERASED: Final = "Kontakten de ble slått sammen til, er slettet av personvernhensyn, så de slettes også."
WHAT: Final = {"contact": "Kontakter", "company": "Selskaper"}
