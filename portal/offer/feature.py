"""The room's blueprints; the views hang themselves on them."""

from __future__ import annotations

from portal.web.feature import Feature

offer = Feature("offer", __name__)
"""The account's side."""

desk = Feature("offer_desk", __name__, url_prefix="/admin/offer")
"""The operator's side."""
