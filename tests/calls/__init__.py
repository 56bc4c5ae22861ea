"""Calls: what the switch tells, what the log shows."""
