"""The room's blueprint; the views hang themselves on it."""

from __future__ import annotations

from portal.web.feature import Feature

feature = Feature("admin", __name__, url_prefix="/admin")
