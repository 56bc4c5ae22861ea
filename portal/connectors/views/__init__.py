"""The page of the CRM, and what can be done on it."""

from portal.connectors.feature import feature
from portal.connectors.views import link, people

__all__ = ["feature", "link", "people"]
