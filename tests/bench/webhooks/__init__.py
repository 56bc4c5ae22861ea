"""The figures of webhooks: how soon, how many, how fairly, and how flat the memory stays."""
