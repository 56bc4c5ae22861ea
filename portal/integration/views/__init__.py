"""The page and what can be done on it, section by section."""

from portal.integration.feature import feature
from portal.integration.views import (
    blacklist,
    crm_users,
    duty,
    fallbacks,
    groups,
    hours,
    keys,
    known_contacts,
    named_keys,
    page,
    provider,
    receivers,
    strategy,
)

__all__ = [
    "blacklist",
    "crm_users",
    "duty",
    "fallbacks",
    "feature",
    "groups",
    "hours",
    "keys",
    "known_contacts",
    "named_keys",
    "page",
    "provider",
    "receivers",
    "strategy",
]
