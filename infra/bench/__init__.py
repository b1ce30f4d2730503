"""The figures: how fast the product is, what it asks of HubSpot and what it costs, each measured anew by a command."""
