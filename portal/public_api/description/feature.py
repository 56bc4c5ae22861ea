"""The page's blueprint; the views hang themselves on it."""

from __future__ import annotations

from portal.web.feature import Feature

feature = Feature("description", __name__, url_prefix="/description")
