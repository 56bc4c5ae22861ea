"""Bills for bank transfer, and the money that came for them."""
