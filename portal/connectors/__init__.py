"""The company's CRM: its users, whose client a number is, calls written down there, the card shown while it rings."""
