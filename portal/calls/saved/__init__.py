"""How people want the log: saved views, and each one's own columns."""
