"""Missed calls as work: who is to be called back, by when, and what came of it."""
