"""What a company says of itself to its provider: its time zone and whom to ask about what."""
