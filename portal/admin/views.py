"""The operator's pages."""

from portal.admin.companies import views as companies
from portal.admin.feature import feature
from portal.admin.installation import tasks, views

__all__ = ["companies", "feature", "tasks", "views"]
