"""The address book with many contacts."""
