"""Accounts (the provider's abonents), the people who sign in, their roles and sessions, keys, the audit trail."""
