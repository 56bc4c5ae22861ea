"""Questions, as the account sees them and as the operator does."""

from portal.helpdesk.feature import desk, helpdesk
from portal.helpdesk.views import inbox, threads

__all__ = ["desk", "helpdesk", "inbox", "threads"]
