"""What a HubSpot portal is made of."""
