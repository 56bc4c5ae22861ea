"""Who sells and who buys: the details that papers need, with their check digits tested."""
