"""Everything about answering a browser, nothing about telephony."""
