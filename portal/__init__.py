"""A self-hosted cabinet that joins a company's IP telephony to its CRM."""
