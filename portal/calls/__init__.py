"""Calls: the record of each with its legs, the call log, one call's page, click-to-call."""
