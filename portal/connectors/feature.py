"""The room's blueprint; the views hang themselves on it."""

from __future__ import annotations

from portal.web.feature import Feature

feature = Feature("connectors", __name__, url_prefix="/connectors")
