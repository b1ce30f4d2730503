"""What HubSpot posts is verified, put in our own words and handed to the flows. Nothing is decided here."""

from pathlib import Path

from kundeflyt.entry.door import hubspot_door

handle = hubspot_door(flows=Path(__file__).resolve().parent.parent)
