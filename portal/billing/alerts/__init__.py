"""Low balance, and money that will soon run out: told once per crossing, on every page and by mail."""
