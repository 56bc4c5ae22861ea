"""Signing in and out, preferences, the live stream, one's own data."""

from portal.accounts.views import (
    audit,
    company,
    confirm,
    links,
    own_passkeys,
    people,
    profile,
    second_factor,
    second_step,
    sign_in,
    visits,
)
from portal.accounts.views.feature import feature as feature

__all__ = [
    "audit",
    "company",
    "confirm",
    "feature",
    "links",
    "own_passkeys",
    "people",
    "profile",
    "second_factor",
    "second_step",
    "sign_in",
    "visits",
]
