"""The page of the CRM, and what can be done on it."""

from portal.connectors.feature import feature
from portal.connectors.views import calls, link, people

__all__ = ["calls", "feature", "link", "people"]
