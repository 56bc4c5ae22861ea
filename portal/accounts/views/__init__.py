"""Signing in and out, preferences, the live stream, one's own data."""

from portal.accounts.views import profile, sign_in
from portal.accounts.views.feature import feature as feature

__all__ = ["feature", "profile", "sign_in"]
