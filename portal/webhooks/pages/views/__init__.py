"""Views by what they show."""

from portal.webhooks.pages.views import checking, editing, lists, one, resending, trying
from portal.webhooks.pages.views.feature import feature

__all__ = ["checking", "editing", "feature", "lists", "one", "resending", "trying"]
