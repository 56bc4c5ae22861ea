"""The help desk, from both sides."""
