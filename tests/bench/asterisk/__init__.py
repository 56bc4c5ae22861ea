"""Many calls through a real Asterisk."""
