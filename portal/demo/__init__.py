"""The demo: two companies with a past, so that every page has something true to show within a minute."""
