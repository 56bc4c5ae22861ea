"""The account's link to its provider: settings, what the provider told, and what is still to be asked of it."""
