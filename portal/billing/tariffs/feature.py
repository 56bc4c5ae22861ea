"""The operator's side of money."""

from __future__ import annotations

from portal.web.feature import Feature

desk = Feature("tariffs", "portal.billing.tariffs", url_prefix="/admin/tariffs")
