"""A provider with the API of the contract's section 1: what it tells of calls, asked through the one door out."""
