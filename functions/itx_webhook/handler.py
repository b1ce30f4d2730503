"""What ITX posts is verified, put in our own words and handed to the flows. Nothing is decided here."""

from kundeflyt.entry.itx_door import itx_door

handle = itx_door()
