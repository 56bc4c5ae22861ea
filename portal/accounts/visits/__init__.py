"""The operator in an account, as one of its people sees it: for half an hour, in plain sight, and noted."""
