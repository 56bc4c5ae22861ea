"""The people of an account: who they are, how they come in, what they may do."""
