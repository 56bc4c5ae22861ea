"""Views by what they show."""

from portal.webhooks.pages.views import alerting, capturing, checking, editing, lists, one, resending, trying
from portal.webhooks.pages.views.feature import feature

__all__ = ["alerting", "capturing", "checking", "editing", "feature", "lists", "one", "resending", "trying"]
