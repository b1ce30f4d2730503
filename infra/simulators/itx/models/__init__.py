"""What ITX knows: messages to phones and messages from them."""
