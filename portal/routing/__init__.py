"""Who rings, in which order and why: the hunt group of new contacts, its strategy, the plan of each call."""
