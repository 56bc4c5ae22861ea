"""The blueprint of money."""

from __future__ import annotations

from portal.web.feature import Feature

feature = Feature("billing", "portal.billing.views")
