"""Money: an append-only ledger whose sum is the balance, tariffs, the price of a call."""
