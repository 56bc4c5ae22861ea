"""The page and what can be done on it, section by section."""

from portal.integration.feature import feature
from portal.integration.views import crm_users, keys, named_keys, page, receivers, strategy

__all__ = ["crm_users", "feature", "keys", "named_keys", "page", "receivers", "strategy"]
