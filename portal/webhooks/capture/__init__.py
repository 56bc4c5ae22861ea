"""A URL of our own that shows what arrives: to see a webhook before there is a CRM."""
